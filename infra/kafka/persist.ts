/** Calls a subscriber until it takes what it is given. */
import { kindOf, pauseMs } from '../../schemas/failure.ts'
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
      if (!(await pause(pauseMs(error, wait, LONGEST_WAIT_MS), signal))) return false
    }
  }
}
