/** Calls a subscriber until it takes what it is given. */
import { Failure, kindOf } from '../../schemas/failure.ts'
import { pause } from './deadline.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5000

/** With a back-off while the call throws Failure `unavailable`; any other error is thrown on. False = aborted before it succeeded. */
export async function persist(call: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      await call()
      return true
    } catch (error) {
      if (signal.aborted) return false
      if (kindOf(error) !== 'unavailable') throw error
      const asked = error instanceof Failure ? (error.retryAfterSeconds ?? 0) * 1000 : 0
      if (!(await pause(Math.min(Math.max(wait, asked), LONGEST_WAIT_MS), signal))) return false
    }
  }
}
