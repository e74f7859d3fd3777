/**
 * How long an actor is usually silent before it comes back. Who acts in another's name does not know when that one is at work, so it tends to
 * fall into long silences (a longer one covers more of the time), where the owner's own return is unlikely. The lengths are counted in
 * doublings of the shortest; each count is one character of a string, so that a key pays 12 bytes.
 */
import { addCounts, blankCounts } from './counts.ts'

const DOUBLINGS = 12
/** Pretended silences, spread evenly over the doublings. */
const PRIOR = 10

export const NO_SILENCES = blankCounts(DOUBLINGS)

/** `ratio`: length of a silence over the shortest that counts, at least 1. */
const stepOf = (ratio: number): number => Math.min(DOUBLINGS - 1, Math.floor(Math.log2(Math.max(1, ratio))))

/** One more silence of this length; all halve when a count is full. */
export const addSilence = (counts: string, ratio: number): string => addCounts(counts, stepOf(ratio), stepOf(ratio) + 1)

/**
 * Natural logarithm of how much less likely a return is after so long a silence than at any other moment of the silences: the mean hazard over
 * that of the doubling, each returns over time spent waiting. Below 0 it is the usual time to come back.
 */
export function dormancyOf(counts: string, ratio: number): number {
  const here = stepOf(ratio)
  let longer = 0
  let waited = 0
  let hazard = 0
  for (let step = DOUBLINGS - 1; step >= 0; step--) {
    const returns = counts.charCodeAt(step) + PRIOR / DOUBLINGS
    const waiting = (longer + returns / 2) * 2 ** step
    if (step === here) hazard = returns / waiting
    longer += returns
    waited += waiting
  }
  return Math.log(longer / waited / hazard)
}
