/** One job on a stream of bytes that are cut anywhere: the same in this thread and in another. */
import { type LeafJob, type LeafResult, LeafTask } from './leaf-task.ts'
import { type RowJob, type RowResult, RowTask } from './row-task.ts'

export type Job = LeafJob | RowJob
export type ResultOf<J extends Job> = J extends LeafJob ? LeafResult : RowResult

/** A record longer than this is none. */
const LONGEST_REST = 256 * 1024 * 1024
/** Room for what is left of a piece, beside the next. */
const SPARE = 64 * 1024

export class RunningTask {
  readonly #task: LeafTask | RowTask
  /** What was left and what came, one behind the other: the same memory for every piece. */
  #bytes = Buffer.alloc(0)
  #rest = 0
  #lost = false

  constructor(job: Job) {
    this.#task = job.kind === 'leaves' ? new LeafTask(job) : new RowTask(job)
  }

  /** The memory of the chunk stays the sender's. */
  take(chunk: Uint8Array): void {
    const end = this.#rest + chunk.length
    if (end > this.#bytes.length) this.#grow(end + SPARE)
    this.#bytes.set(chunk, this.#rest)
    const at = this.#task.take(this.#bytes.subarray(0, end))
    this.#bytes.copyWithin(0, at, end)
    this.#rest = end - at
    if (this.#rest <= LONGEST_REST) return
    this.#rest = 0
    this.#lost = true
  }

  /** At least twice as large, so that a long record is not copied with every piece of it. */
  #grow(length: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length))
    this.#bytes.copy(bytes, 0, 0, this.#rest)
    this.#bytes = bytes
  }

  end(): LeafResult | RowResult {
    return this.#task.end(this.#lost ? 1 : this.#rest)
  }
}
