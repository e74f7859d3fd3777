import type { Clock } from '../../schemas/ports.ts'

/** Less is the work of whoever sets clocks little by little. */
const STEP_MS = 1_000
/** What the machine's clock said when this process's own began. */
let origin = performance.timeOrigin

export const systemClock: Clock = {
  // Milliseconds are what the machine's clock is good for; the monotonic part only keeps two calls apart. It stands while a machine sleeps or is moved, and
  // the machine's own goes on: what it is ahead is made up for. Never back: times of one process are in order.
  now: () => {
    const passed = performance.now()
    const slept = Date.now() - origin - passed
    if (slept > STEP_MS) origin += slept
    return BigInt(Math.round((origin + passed) * 1_000)) * 1_000n
  },
}
