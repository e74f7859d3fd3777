/** How many events the bursts of an actor usually come to: who comes for a single call seldom stays for five. */
import { addCounts, blankCounts } from './counts.ts'

/** Events of a burst that are looked at. */
export const MOST_EVENTS = 6
/** Bursts that are pretended, and the share of these that goes on from each event to the next. */
const PRIOR = 6
const GOES_ON = 0.42

/** How many bursts came to one event, to two and so on. */
export const NO_LENGTHS = blankCounts(MOST_EVENTS)

/** One more burst of so many events. The first count is the largest. */
export const addLength = (lengths: string, events: number): string => addCounts(lengths, 0, events)

/** Natural logarithm of one over the share of bursts that come to so many events. */
export function lengthRarity(lengths: string, events: number): number {
  const at = Math.min(events, MOST_EVENTS) - 1
  return Math.abs(Math.log(Math.min(1, (lengths.charCodeAt(at) + PRIOR * GOES_ON ** at) / (lengths.charCodeAt(0) + PRIOR))))
}
