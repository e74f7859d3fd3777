/** The burst that runs, the largest ones before, and what was made shortly before. Plain JSON, bounded. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Act } from './act.ts'
import type { Params } from './rule.ts'

export interface Burst {
  /** Seconds since 1970 of its first and latest deed; 0 before the first. */
  since: number
  at: number
  things: number
  grave: number
  calls: number
  /** Calls that the turn asked for. */
  asked: number
  /** Latest calls by hash: the same once more is a retry. */
  latest: number[]
  /** Observations of the latest. */
  events: string[]
  /** 0: not told; 1: told low; 2: told to people. */
  told: number
}

export interface Destroyer {
  burst: Burst
  /** Largest burst that was not told; days on which something was destroyed. */
  peak: number
  peakGrave: number
  days: number
  deedDay: number
  /** Latest day on which it made or destroyed something, and how many there were. */
  lastDay: number
  activeDays: number
  toldDays: number
  toldDay: number
  /** Hashes of names of what it made, oldest first. */
  readonly made: number[]
  /** Size that the peers were told of, as a power of two, 1 for being there at all; and the lesson of this step. */
  taught: number
  lesson: number
  /** Of peers only: by power of two how many had a burst as large, and how many there are. */
  sizes: number[]
}

const DAY = 86_400
const MOST_MADE = 40
const MOST_LATEST = 8
const MOST_EVENTS = 10

export const noBurst = (): Burst => ({ since: 0, at: 0, things: 0, grave: 0, calls: 0, asked: 0, latest: [], events: [], told: 0 })
export const newDestroyer = (): Destroyer => ({ burst: noBurst(), peak: 0, peakGrave: 0, days: 0, deedDay: -1, lastDay: -1, activeDays: 0, toldDays: 0, toldDay: -1, made: [], taught: 0, lesson: 0, sizes: [] })

/** A burst of so many things as a power of two, at least 4 things. */
const sizeOf = (things: number): number => (things < 4 ? 0 : Math.min(12, Math.floor(Math.log2(things))))

export const isOver = ({ since, at }: Burst, seconds: number, { pauseMinutes, longestMinutes }: Params): boolean =>
  since === 0 || seconds - at > pauseMinutes * 60 || seconds - since > longestMinutes * 60

/** Learns a burst that is over: one that was told only once it came on enough days. */
export function close(owner: Destroyer, { acceptDays }: Params): void {
  const { things, grave, told, at } = owner.burst
  const day = Math.floor(at / DAY)
  if (told > 0 && day !== owner.toldDay) {
    owner.toldDays++
    owner.toldDay = day
  }
  if (told > 0 && owner.toldDays < acceptDays) return
  owner.peak = Math.max(owner.peak, things)
  owner.peakGrave = Math.max(owner.peakGrave, grave)
  const size = sizeOf(things)
  if (size <= owner.taught) return
  owner.taught = size
  owner.lesson = size
}

/** A day on which it is at work; the first one is told to the peers, whose silence about bursts says something then. */
export function attend(owner: Destroyer, seconds: number): void {
  const day = Math.floor(seconds / DAY)
  owner.lesson = owner.taught === 0 ? 1 : 0
  owner.taught = Math.max(1, owner.taught)
  if (day <= owner.lastDay) return
  owner.lastDay = day
  owner.activeDays++
}

/** The repository in which an issue was made is not made by it: what was made small is remembered under another number than what holds much. */
const small = (name: number): number => (name ^ 1) >>> 0

export function remember({ made }: Destroyer, { names, makes }: Act): void {
  if (makes === 'nothing') return
  for (const name of names) {
    const one = makes === 'large' ? name : small(name)
    if (!made.includes(one)) made.push(one)
  }
  if (made.length > MOST_MADE) made.splice(0, made.length - MOST_MADE)
}

/** What it made itself may go again: every name of it is one of those. */
export const isOwn = ({ made }: Destroyer, { names, tier }: Act): boolean =>
  names.length > 0 && names.every((name) => made.includes(name) || (tier < 2 && made.includes(small(name))))

/** Adds a deed; false where it is the same once more. */
export function add(owner: Destroyer, act: Act, { event_ids: events, request_fit: fit, requested_by: by }: Interaction, seconds: number): boolean {
  const { burst } = owner
  if (burst.latest.includes(act.id)) return false
  burst.latest = [...burst.latest, act.id].slice(-MOST_LATEST)
  burst.at = Math.max(burst.at, seconds)
  burst.things += act.things
  burst.calls++
  if (act.tier === 2) burst.grave++
  if (by === 'user_turn' && fit === 'asked') burst.asked++
  burst.events = [...burst.events, ...events.slice(-1)].slice(-MOST_EVENTS)
  const day = Math.floor(seconds / DAY)
  if (day > owner.deedDay) {
    owner.days++
    owner.deedDay = day
  }
  return true
}

/** Most things that are usual among peers, 0 where nothing is; how much they told at all. */
export function usualAmong(sizes: readonly number[], minPeers: number): { readonly things: number; readonly told: number } {
  let things = 0
  let told = 0
  for (let size = 1; size < sizes.length; size++) {
    told += sizes[size] ?? 0
    if ((sizes[size] ?? 0) >= minPeers) things = 2 ** (size + 1)
  }
  return { things, told }
}
