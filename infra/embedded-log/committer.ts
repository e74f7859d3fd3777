/**
 * Group commit. What is published while a transaction is being synced goes into the next one together: one transaction, one fdatasync.
 * Offsets are given when the transaction is made, so one that fails leaves no hole.
 */
import { Failure } from '../../schemas/failure.ts'
import type { Clock } from '../../schemas/ports.ts'
import { FrameMemory } from './frame.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { RetentionPlanner } from './retention.ts'
import type { TailCache } from './tail-cache.ts'
import { diskBytes, type GroupOffsets, type TopicLog } from './topic-log.ts'
import { type Part, Transaction } from './transaction.ts'

interface Job {
  readonly topic: TopicLog
  readonly parts: readonly Part[]
  readonly bytes: number
  resolve(): void
  reject(error: unknown): void
}

export interface CommitterOptions {
  readonly store: LmdbStore
  readonly topics: ReadonlyMap<string, TopicLog>
  readonly cache: TailCache
  readonly clock: Clock
  readonly maxBytes: number
  /** Above that of every transaction ever tried. */
  readonly serial: number
}

/** Encoded bytes after which a transaction takes no more publishes (it takes at least one). */
const GROUP_BYTES = 4 * 1024 * 1024
/** Encoded bytes that may wait; more is refused. */
const WAITING_BYTES = 64 * 1024 * 1024

export class Committer {
  readonly #options: CommitterOptions
  readonly #retention: RetentionPlanner
  #serial: number
  readonly #memory = new FrameMemory()
  #jobs: Job[] = []
  #dirty = new Set<GroupOffsets>()
  /** Resolved or rejected with the transaction that takes the dirty offsets. */
  #offsetWaiters: { resolve(): void; reject(error: unknown): void }[] = []
  #running: Promise<void> | undefined
  #closed = false
  waitingBytes = 0
  transactions = 0
  refused = 0
  /** Set when the environment failed in a way that only opening it again can mend. */
  broken: Failure | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#serial = options.serial
    this.#retention = new RetentionPlanner(options.store, options.topics)
  }

  /** Resolves when the parts are on disk. Failure `unavailable` otherwise. */
  async publish(topic: TopicLog, parts: readonly Part[]): Promise<void> {
    this.#assertOpen()
    if (parts.length === 0) return
    const bytes = parts.reduce((sum, part) => sum + part.bytes.length, 0)
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > WAITING_BYTES) {
      this.refused++
      throw new Failure('unavailable', 'log.busy', 'the log is behind with its writes', { retryAfterSeconds: 1 })
    }
    this.waitingBytes += bytes
    await new Promise<void>((resolve, reject) => {
      this.#jobs.push({ topic, parts, bytes, resolve, reject })
      this.#wake()
    })
  }

  /** Makes `offsets.wanted`, as it is when the next transaction is made, durable. */
  async saveOffsets(offsets: GroupOffsets): Promise<void> {
    this.#assertOpen()
    this.#dirty.add(offsets)
    await new Promise<void>((resolve, reject) => {
      this.#offsetWaiters.push({ resolve, reject })
      this.#wake()
    })
  }

  /** Writes what waits, then takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined) await this.#running
  }

  #assertOpen(): void {
    if (this.#closed) throw new Failure('unavailable', 'log.closed', 'the log is closed', { retryAfterSeconds: 1 })
    if (this.broken !== undefined) throw this.broken
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiting) this.#wake()
    })
  }

  get #waiting(): boolean {
    return this.#jobs.length > 0 || this.#dirty.size > 0
  }

  async #run(): Promise<void> {
    // Everything that is published in the same turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting) await this.#turn()
  }

  async #turn(): Promise<void> {
    const taken = this.#takeJobs()
    const offsets = [...this.#dirty]
    const waiters = this.#offsetWaiters
    this.#dirty = new Set()
    this.#offsetWaiters = []
    const now = this.#options.clock.now()
    const { removals, fits } = this.#retention.plan({ now, needed: costOf(taken), maxBytes: this.#options.maxBytes })
    if (!fits) this.#refuse(taken)
    const jobs = fits ? taken : []
    try {
      const pending = { published: jobs, offsets, removals, topics: this.#options.topics, now, memory: this.#memory }
      const transaction = new Transaction(pending, this.#serial++)
      if (!transaction.empty) await this.#write(transaction)
      transaction.apply(this.#options.cache)
      for (const job of [...jobs, ...waiters]) job.resolve()
    } catch (error) {
      if (error instanceof Failure && error.code === 'log.broken') this.broken = error
      this.refused += jobs.length
      for (const job of [...jobs, ...waiters]) job.reject(error)
    } finally {
      for (const job of taken) this.waitingBytes -= job.bytes
      this.#memory.reuse()
    }
  }

  async #write(transaction: Transaction): Promise<void> {
    if (this.broken !== undefined) throw this.broken
    await this.#options.store.write(transaction.write)
    this.transactions++
  }

  #takeJobs(): Job[] {
    let count = 0
    for (let bytes = 0; count < this.#jobs.length; count++) {
      bytes += this.#jobs[count]!.bytes
      if (count > 0 && bytes > GROUP_BYTES) break
    }
    return this.#jobs.splice(0, count)
  }

  #refuse(jobs: readonly Job[]): void {
    const sentence = `the log holds its ${this.#options.maxBytes} bytes and nothing of it may go yet`
    const full = new Failure('unavailable', 'log.full', sentence, { retryAfterSeconds: 2 })
    this.refused += jobs.length
    for (const job of jobs) job.reject(full)
  }
}

/** Disk bytes of the envelopes; the small records beside them are not worth counting before they are there. */
const costOf = (jobs: readonly Job[]): number =>
  jobs.reduce((sum, job) => sum + job.parts.reduce((inner, part) => inner + diskBytes(part.bytes.length + 64), 0), 0)
