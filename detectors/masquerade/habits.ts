/**
 * How often which action was used: two lists of numbers in order of the action's id, plain JSON. Bounded: over the limit all counts halve, which
 * drops what was used once, until it holds. Of the peers' habits only this is kept.
 */
import { inserted } from '../stats/short-list.ts'

export interface Habits {
  ids: number[]
  counts: number[]
  total: number
}

/** All counts halve at so many uses: what was usual long ago fades. */
const MOST_USES = 20_000

/** Of all who have none; never added to. */
const NONE: number[] = []
export const noHabits = (): Habits => ({ ids: NONE, counts: NONE, total: 0 })

/** Where the id is or would stand; below 0 it is not there: -1 - place. */
function placeOf(ids: readonly number[], id: number): number {
  let from = 0
  let to = ids.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((ids[middle] as number) < id) from = middle + 1
    else to = middle
  }
  return ids[from] === id ? from : -1 - from
}

export function usesOf({ ids, counts }: Habits, id: number): number {
  const at = placeOf(ids, id)
  return at < 0 ? 0 : (counts[at] as number)
}

/** Adds uses; gives how many there are now. */
export function use(habits: Habits, id: number, times: number): number {
  const at = placeOf(habits.ids, id)
  habits.total += times
  if (at >= 0) return (habits.counts[at] = (habits.counts[at] as number) + times)
  habits.ids = inserted(habits.ids, -1 - at, id)
  habits.counts = inserted(habits.counts, -1 - at, times)
  return times
}

/** Holds the limits: `most` different actions, and a total that forgets. */
export function shorten(habits: Habits, most: number, uses = MOST_USES): void {
  while (habits.ids.length > most || habits.total > uses) halve(habits)
}

function halve(habits: Habits): void {
  const ids: number[] = []
  const counts: number[] = []
  let total = 0
  for (let at = 0; at < habits.ids.length; at++) {
    const count = (habits.counts[at] as number) >> 1
    if (count === 0) continue
    ids.push(habits.ids[at] as number)
    counts.push(count)
    total += count
  }
  Object.assign(habits, { ids, counts, total })
}
