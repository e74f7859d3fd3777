/** What is in the context of an actor's lineages: a few at a time, each forgotten after a while. Plain JSON, bounded. */
import { hash32 } from '../stats/distinct.ts'
import { PRIVATE, SENSITIVE, UNTRUSTED } from './marks.ts'

export interface Lineage {
  readonly id: number
  /** Seconds since 1970 of the latest of its calls that count. */
  at: number
  marks: number
  /** Seconds at which words of strangers, and what is not for everybody, came in first; their events and tools. 0 and null before. */
  untrustedAt: number
  privateAt: number
  untrusted: Reading | null
  private: Reading | null
  /** Number of the site from which words of strangers were fetched last; 0 where it is not known. */
  origin: number
}

/** A call by which something came in. */
export type Reading = readonly [event: string, tool: string]

const TOOL = 64

export interface Limits {
  readonly at: number
  /** Seconds after which lineages are forgotten, and after which this one begins anew. */
  readonly ttl: number
  readonly pause: number
  readonly most: number
}

/** The lineage of that name; the least recent of too many goes. */
export function lineageOf(lineages: Lineage[], name: string, { at, ttl, pause, most }: Limits): Lineage {
  const id = hash32(name)
  for (const one of lineages) if (one.id === id && at - one.at <= pause) return one
  let kept = 0
  for (const one of lineages) if (one.id !== id && at - one.at <= ttl) lineages[kept++] = one
  lineages.length = kept
  if (kept >= most) lineages.shift()
  const fresh: Lineage = { id, at, marks: 0, untrustedAt: 0, privateAt: 0, untrusted: null, private: null, origin: 0 }
  lineages.push(fresh)
  return fresh
}

/** The call by which something comes in. */
export interface Entry {
  readonly at: number
  readonly event: string
  readonly tool: string
  readonly origin: number
}

/** A tool that brings in both, such as one that reads a mailbox, stands for one of the two as soon as another tool stands for the other. */
export function enter(lineage: Lineage, marks: number, { at, event, tool, origin }: Entry): void {
  const name = tool.slice(0, TOOL)
  const reading: Reading = [event, name]
  const same = isSame(lineage)
  const other = same && lineage.private?.[1] !== name
  const graver = (marks & SENSITIVE) !== 0 && (lineage.marks & SENSITIVE) === 0
  if ((marks & PRIVATE) !== 0 && (lineage.private === null || other || graver)) Object.assign(lineage, { privateAt: at, private: reading })
  if ((marks & UNTRUSTED) !== 0 && (lineage.untrusted === null || (other && isSame(lineage)))) Object.assign(lineage, { untrustedAt: at, untrusted: reading })
  if ((marks & UNTRUSTED) !== 0 && origin !== 0) lineage.origin = origin
  lineage.marks |= marks
}

const isSame = ({ untrusted, private: own }: Lineage): boolean => untrusted !== null && own !== null && untrusted[1] === own[1]

/** Both came in before, by two tools: a mailbox alone is read and answered all day. */
export const isLoaded = (lineage: Lineage): boolean => lineage.untrusted !== null && lineage.private !== null && !isSame(lineage)
