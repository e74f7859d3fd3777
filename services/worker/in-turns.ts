import { setImmediate as othersFirst } from 'node:timers/promises'

/** One envelope after the other, and whoever else has something to do between them: what one observation shows does not wait for a backlog of calls. */
export async function inTurns<T>(envelopes: readonly T[], take: (envelope: T) => void): Promise<void> {
  for (const [at, envelope] of envelopes.entries()) {
    if (at > 0) await othersFirst()
    take(envelope)
  }
}

/** Bytes of calls or steps that are handed over, and so decoded, at once. */
export const TURN_BYTES = 1024 * 1024

/** How long calls and steps may wait for others: a call is judged seconds after it began, when all of it was seen. */
export const GATHER_MS = 100
