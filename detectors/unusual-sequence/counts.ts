/**
 * How often which tool, and which step from one tool to the next, was used: one list of numbers in order of id, eight bytes each; plain JSON. Bounded: over the
 * limit all counts halve, which drops what was used once.
 */
import { hash32 } from '../stats/distinct.ts'
import { remembering } from '../stats/remembering.ts'
import { inserted } from '../stats/short-list.ts'

/** Sorted; each is id (30 bits) · 2^17 + level told to others (3 bits) · 2^14 + count (14 bits). */
export type Counts = number[]

const ENTRY = 131_072
const LEVEL = 16_384
const MOST_COUNT = LEVEL - 1

const mixed = (one: number, other: number): number => {
  let hash = Math.imul(one ^ (other >>> 16), 0x85ebca6b) ^ Math.imul(other, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f)
  return ((hash ^ (hash >>> 15)) >>> 2) || 1
}

/** Number of a tool, or of an agent, by its name; 30 bits, never 0. */
export const toolId = remembering((tool: string): number => (hash32(tool) >>> 2) || 1)
/** Stands before the first call of a run. */
export const BEGIN = 0
export const useId = (tool: number): number => mixed(tool, 0x5bd1e995)
export const stepId = (from: number, to: number): number => mixed(from, to)
/** The same id as one group of actors uses it. */
export const groupId = (id: number, group: number): number => mixed(id, group + 1)

function placeOf(counts: Counts, id: number): number {
  let from = 0
  let to = counts.length
  const wanted = id * ENTRY
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((counts[middle] as number) < wanted) from = middle + 1
    else to = middle
  }
  return from
}

const holds = (counts: Counts, at: number, id: number): boolean => at < counts.length && Math.floor((counts[at] as number) / ENTRY) === id

export function countOf(counts: Counts, id: number): number {
  const at = placeOf(counts, id)
  return holds(counts, at, id) ? (counts[at] as number) % LEVEL : 0
}

/** Level that was told to others. */
export function levelOf(counts: Counts, id: number): number {
  const at = placeOf(counts, id)
  return holds(counts, at, id) ? Math.floor((counts[at] as number) / LEVEL) % 8 : 0
}

const FIRST = 3
const FACTOR = 4
const LEVELS = 5
/** Uses that a level stands for: 3, 12, 48, 192, 768. */
export const weightOf = (level: number): number => (level === 0 ? 0 : FIRST * FACTOR ** (level - 1))

/** One more use; gives the level that others are to be told now, 0 for none. */
export function use(holder: { counts: Counts }, id: number, most: number): number {
  const { counts } = holder
  const at = placeOf(counts, id)
  if (!holds(counts, at, id)) {
    holder.counts = inserted(counts, at, id * ENTRY + 1)
    if (holder.counts.length > most) halve(holder.counts)
    return 0
  }
  const entry = counts[at] as number
  const count = entry % LEVEL
  if (count < MOST_COUNT) counts[at] = entry + 1
  const level = Math.floor(entry / LEVEL) % 8
  if (level >= LEVELS || count + 1 < weightOf(level + 1)) return 0
  counts[at] = (counts[at] as number) + LEVEL
  return level + 1
}

function halve(counts: Counts): void {
  let kept = 0
  for (const entry of counts) {
    const count = (entry % LEVEL) >> 1
    if (count > 0) counts[kept++] = entry - (entry % LEVEL) + count
  }
  counts.length = kept
}
