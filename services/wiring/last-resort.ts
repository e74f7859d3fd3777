/**
 * The end of a process that cannot end in order: a thread of it stands in a system call that does not return, and Node's exit waits for its threads. What was
 * acknowledged is on disk, so being killed loses nothing.
 */
import type { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'

/** For requests that are there to hear 503. */
const ANSWERS_MS = 1_000

/** Says why, and ends the process by SIGALRM (exit code 142) a second later. Process 1 of a container without an init is no prey to signals: it aborts. */
export function endWithout(log: Log, { code, message }: Failure): void {
  log.error({ code, after_ms: ANSWERS_MS }, `ending without delay, to be started again: ${message}`)
  setTimeout(() => {
    process.kill(process.pid, 'SIGALRM')
    process.abort()
  }, ANSWERS_MS)
}
