/**
 * What actors of one kind tell each other: that one of them has used an action 3, 12, 48, 192 or 768 times. So it is said rarely, and the
 * peers' habits are known within a factor of four. An actor's own part is taken out again when it is compared with the others.
 */
import { type Habits, noHabits, shorten, use, usesOf } from './habits.ts'

const FIRST = 3
const FACTOR = 4
const LEVELS = 5
/** Lesson: id · 8 + level. */
const BASE = 8
/** The peers' uses may add up to this. */
const MOST_USES = 2 ** 40

/** Levels that an actor has told of its actions (as counts), and their weight together. */
export interface Taught {
  readonly levels: Habits
  weight: number
}

export const nothingTaught = (): Taught => ({ levels: noHabits(), weight: 0 })

const weightOf = (level: number): number => (level === 0 ? 0 : FIRST * FACTOR ** (level - 1))

/** The lesson due for an action that was used so often, 0 where there is none; counts as told. */
export function lessonOf(taught: Taught, id: number, uses: number, most: number): number {
  const told = usesOf(taught.levels, id)
  if (told >= LEVELS || uses < FIRST * FACTOR ** told) return 0
  use(taught.levels, id, 1)
  taught.weight += weightOf(told + 1) - weightOf(told)
  shorten(taught.levels, most)
  return id * BASE + told + 1
}

/** Takes a lesson into the habits of the peers. */
export function hear(peers: Habits, lesson: number, most: number): void {
  const level = lesson % BASE
  use(peers, Math.floor(lesson / BASE), weightOf(level) - weightOf(level - 1))
  shorten(peers, most, MOST_USES)
}

/** How often the others use an action, and all of theirs. */
export function othersOf(peers: Habits, { levels, weight }: Taught, id: number): { readonly uses: number; readonly total: number } {
  return { uses: Math.max(0, usesOf(peers, id) - weightOf(usesOf(levels, id))), total: Math.max(0, peers.total - weight) }
}
