/** One job on a stream of bytes that are cut anywhere: the same in this thread and in another. */
import { type LeafJob, type LeafResult, LeafTask } from './leaf-task.ts'
import { type RowJob, type RowResult, RowTask } from './row-task.ts'

export type Job = LeafJob | RowJob
export type ResultOf<J extends Job> = J extends LeafJob ? LeafResult : RowResult

/** A record longer than this is none. */
const LONGEST_REST = 256 * 1024 * 1024

export class RunningTask {
  readonly #task: LeafTask | RowTask
  #rest = Buffer.alloc(0)
  #lost = false

  constructor(job: Job) {
    this.#task = job.kind === 'leaves' ? new LeafTask(job) : new RowTask(job)
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    // A copy: the chunk's memory is the sender's.
    this.#rest = Buffer.from(bytes.subarray(this.#task.take(bytes)))
    if (this.#rest.length <= LONGEST_REST) return
    this.#rest = Buffer.alloc(0)
    this.#lost = true
  }

  end(): LeafResult | RowResult {
    return this.#task.end(this.#lost ? 1 : this.#rest.length)
  }
}
