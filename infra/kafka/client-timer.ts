/**
 * Workaround for kafkajs 2.2.4 (tulios/kafkajs#1751): each connection sets a timer with a negative delay that sets itself again: 1,000 wake-ups a
 * second for nothing (and a warning from Node 24 on). A timer is only needed while requests wait.
 */
import { createRequire } from 'node:module'

interface Queue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

const WAIT_MS = 10
const PATCHED = Symbol.for('watchkeeper.kafkajs.timer')

/** Safe twice, and without effect on a client whose queue is made otherwise. */
export function stopIdleTimers(): void {
  const load = createRequire(import.meta.url)
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: Record<string | symbol, unknown> }
  if (prototype[PATCHED] === true || typeof prototype['scheduleCheckPendingRequests'] !== 'function') return
  prototype[PATCHED] = true
  prototype['scheduleCheckPendingRequests'] = function (this: Queue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }, Math.max(WAIT_MS, this.throttledUntil - Date.now()))
  }
}
