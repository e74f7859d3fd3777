/** One job on a stream of bytes that are cut anywhere: the same in this thread and in another. */
import { type LeafJob, type LeafResult, LeafTask } from './leaf-task.ts'
import { type RowJob, type RowResult, RowTask } from './row-task.ts'

export type Job = LeafJob | RowJob
export type ResultOf<J extends Job> = J extends LeafJob ? LeafResult : RowResult

/** A record longer than this is none. */
const LONGEST_REST = 256 * 1024 * 1024
/** Room for what is left of a piece, before the next. A multiple of eight: between threads, V8 copies byte by byte where memory is not aligned alike. */
const HEAD = 64 * 1024

export class RunningTask {
  readonly #task: LeafTask | RowTask
  /** Each piece lies from `#head` on, and what was left over right before it: the same memory for all. */
  #bytes = Buffer.alloc(0)
  #head = HEAD
  /** What is left over. */
  #start = HEAD
  #end = HEAD
  #lost = false

  constructor(job: Job) {
    this.#task = job.kind === 'leaves' ? new LeafTask(job) : new RowTask(job)
  }

  /** The memory of the piece stays the sender's. */
  take(piece: Uint8Array): void {
    this.#makeRoom(piece.length)
    const start = this.#head - (this.#end - this.#start)
    this.#bytes.copyWithin(start, this.#start, this.#end)
    this.#bytes.set(piece, this.#head)
    this.#end = this.#head + piece.length
    this.#start = start + this.#task.take(this.#bytes.subarray(start, this.#end))
    if (this.#end - this.#start <= LONGEST_REST) return
    this.#start = this.#end
    this.#lost = true
  }

  /** Twice as much before the piece at need, so that a long record is not copied anew with every piece of it. */
  #makeRoom(length: number): void {
    const left = this.#bytes.subarray(this.#start, this.#end)
    if (left.length <= this.#head && this.#head + length <= this.#bytes.length) return
    while (this.#head < left.length) this.#head *= 2
    const bytes = Buffer.allocUnsafeSlow(this.#head + Math.max(length, HEAD))
    this.#start = this.#head - left.length
    this.#end = this.#head
    bytes.set(left, this.#start)
    this.#bytes = bytes
  }

  end(): LeafResult | RowResult {
    return this.#task.end(this.#lost ? 1 : this.#end - this.#start)
  }
}
