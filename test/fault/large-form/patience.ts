/**
 * Ends waits that get nowhere. How long work takes says how fast a machine is; that nothing moves any more says that the product hangs. So a wait has no
 * end of its own: it fails when nothing has changed for two minutes, which is longer than all time-outs of ours behind each other (a session 10 s, a
 * rebalance 15 s, a send 48 s).
 */
const STILL_MS = 120_000

export class Patience {
  #seen = ''
  #since = performance.now()

  /** True when `state` has been the same for too long. */
  isOver(state: unknown): boolean {
    const text = JSON.stringify(state) ?? ''
    if (text !== this.#seen) {
      this.#seen = text
      this.#since = performance.now()
    }
    return performance.now() - this.#since > STILL_MS
  }
}
