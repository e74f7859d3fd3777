/**
 * Tells when a commit does not end. Time is counted in beats of a timer and not by the clock, so that a process or machine that was stopped meanwhile
 * is not taken for a disk that is. A second watch stands on a thread of its own: where the commit holds up the event loop as well, it alone can
 * still end the process.
 */
import { Worker } from 'node:worker_threads'

export interface CommitWatchOptions {
  /** Beats of `limitMs / 10` that a commit may take are ten. */
  readonly limitMs: number
  /** Called once. */
  stuck(): void
  /** What the watch on its own thread writes to standard error before it ends the process; undefined: there is none. */
  readonly lastWords?: string | undefined
}

const BEATS = 10
/** The event loop's own watch has had its time by then. */
const BEATS_ALONE = 20

/** Plain JavaScript, because Node runs no other on a thread of its own. Commits have numbers; 0 is none. */
const GUARD = `
const { workerData: { running, beatMs, beats, lastWords } } = require('node:worker_threads')
let [seen, count] = [0, 0]
setInterval(() => {
  const now = Atomics.load(running, 0)
  count = now !== 0 && now === seen ? count + 1 : 0
  seen = now
  if (count < beats) return
  require('node:fs').writeSync(2, lastWords + '\\n')
  process.kill(process.pid, 'SIGALRM')
}, beatMs)
`
const SMALL = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, codeRangeSizeMb: 1, stackSizeMb: 1 }
const MOST = 0x7fff_ffff

export class CommitWatch {
  readonly #running = new Int32Array(new SharedArrayBuffer(4))
  readonly #timer: NodeJS.Timeout
  readonly #guard: Worker | undefined
  #number = 0

  constructor({ limitMs, stuck, lastWords }: CommitWatchOptions) {
    const beatMs = Math.max(1, Math.round(limitMs / BEATS))
    let [seen, count] = [0, 0]
    this.#timer = setInterval(() => {
      const now = Atomics.load(this.#running, 0)
      count = now !== 0 && now === seen ? count + 1 : 0
      seen = now
      if (count === BEATS) stuck()
    }, beatMs).unref()
    if (lastWords === undefined) return
    const workerData = { running: this.#running, beatMs, beats: BEATS_ALONE, lastWords }
    this.#guard = new Worker(GUARD, { eval: true, workerData, resourceLimits: SMALL })
    this.#guard.unref()
  }

  began(): void {
    this.#number = this.#number === MOST ? 1 : this.#number + 1
    Atomics.store(this.#running, 0, this.#number)
  }

  ended(): void {
    Atomics.store(this.#running, 0, 0)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#guard?.terminate()
  }
}
