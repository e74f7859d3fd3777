/**
 * Group commit. What is published while a transaction is being synced goes into the next one together: one transaction, one fdatasync.
 * Offsets are given when the transaction is made, so one that fails leaves no hole.
 */
import { Failure } from '../../schemas/failure.ts'
import type { Clock } from '../../schemas/ports.ts'
import type { CommitWatch } from './commit-watch.ts'
import { FrameMemory } from './frame.ts'
import { type LmdbStore, OVERRUN } from './lmdb-store.ts'
import { RetentionPlanner } from './retention.ts'
import type { TailCache } from './tail-cache.ts'
import { diskBytes, type GroupOffsets, type TopicLog } from './topic-log.ts'
import { type Part, Transaction } from './transaction.ts'

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

interface Job extends Waiter {
  readonly topic: TopicLog
  readonly parts: readonly Part[]
  readonly bytes: number
}

export interface CommitterOptions {
  readonly store: LmdbStore
  readonly topics: ReadonlyMap<string, TopicLog>
  readonly cache: TailCache
  readonly clock: Clock
  readonly maxBytes: number
  /** Above that of every transaction ever tried. */
  readonly serial: number
  /** Told of each commit. */
  readonly watch?: Pick<CommitWatch, 'began' | 'ended'>
  /** Told once, when nothing more is taken. */
  gaveUp?(failure: Failure): void
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
  #offsetWaiters: Waiter[] = []
  #running: Promise<void> | undefined
  #closed = false
  #gaveUp: () => void = () => undefined
  readonly #over = new Promise<void>((resolve) => {
    this.#gaveUp = resolve
  })
  waitingBytes = 0
  transactions = 0
  refused = 0
  /** Why the last write failed, unless for want of room: '' when it did not. */
  trouble = ''
  /** Why nothing is taken any more, for good. */
  #givenUp: Failure | undefined
  /** The turn that runs. */
  #current: { readonly jobs: readonly Job[]; readonly waiters: readonly Waiter[] } = { jobs: [], waiters: [] }
  /** Its write failed, and may be on disk nonetheless. */
  #doubtful: Transaction | undefined

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
    }).catch((error: unknown) => {
      this.refused++
      throw error
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

  /** Refuses what waits and whatever comes, for good: a commit does not end, or must not be followed by another. What of it is on disk is found out at the next start. */
  giveUp(failure: Failure): void {
    if (this.#givenUp !== undefined) return
    this.#givenUp = failure
    this.trouble = failure.message
    const { jobs, waiters } = this.#current
    for (const job of this.#jobs) this.waitingBytes -= job.bytes
    for (const each of [...jobs, ...waiters, ...this.#jobs, ...this.#offsetWaiters]) each.reject(failure)
    this.#jobs = []
    this.#dirty = new Set()
    this.#offsetWaiters = []
    this.#gaveUp()
    this.#options.gaveUp?.(failure)
  }

  get givenUp(): boolean {
    return this.#givenUp !== undefined
  }

  /** Writes what waits, then takes nothing more. Does not wait for a commit that was given up. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#running !== undefined && this.#givenUp === undefined) await Promise.race([this.#running, this.#over])
  }

  #assertOpen(): void {
    if (this.#givenUp !== undefined) throw this.#givenUp
    if (this.#closed) throw new Failure('unavailable', 'log.closed', 'the log is closed', { retryAfterSeconds: 1 })
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiting) this.#wake()
    })
  }

  get #waiting(): boolean {
    return this.#givenUp === undefined && (this.#jobs.length > 0 || this.#dirty.size > 0)
  }

  async #run(): Promise<void> {
    // Everything that is published in the same turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting) await this.#turn()
  }

  async #turn(): Promise<void> {
    const jobs = this.#takeJobs()
    const offsets = [...this.#dirty]
    const waiters = this.#offsetWaiters
    this.#dirty = new Set()
    this.#offsetWaiters = []
    this.#current = { jobs, waiters }
    this.#options.watch?.began()
    try {
      await this.#settleDoubt()
      const written = await this.#commit(jobs, offsets)
      for (const job of [...written, ...waiters]) job.resolve()
    } catch (error) {
      this.trouble = error instanceof Failure && error.code !== 'log.disk_full' ? error.message : ''
      for (const each of [...jobs, ...waiters]) each.reject(error)
      if (error instanceof Failure && error.code === OVERRUN) this.giveUp(error)
    } finally {
      this.#options.watch?.ended()
      this.#current = { jobs: [], waiters: [] }
      for (const job of jobs) this.waitingBytes -= job.bytes
      this.#memory.reuse()
    }
  }

  /** Those of the jobs for which there was room; the others are refused. */
  async #commit(jobs: readonly Job[], offsets: readonly GroupOffsets[]): Promise<readonly Job[]> {
    const { clock, maxBytes, topics, cache } = this.#options
    const now = clock.now()
    const { removals, fits } = this.#retention.plan({ now, needed: costOf(jobs), maxBytes })
    if (!fits) this.#refuse(jobs)
    const published = fits ? jobs : []
    const transaction = new Transaction({ published, offsets, removals, topics, now, memory: this.#memory }, this.#serial++)
    if (!transaction.empty) await this.#write(transaction)
    transaction.apply(cache)
    return published
  }

  async #write(transaction: Transaction): Promise<void> {
    this.#doubtful = transaction
    await this.#options.store.write(transaction.write)
    this.#doubtful = undefined
    this.trouble = ''
    this.transactions++
  }

  /** Behind a write that failed: has the store mended, and takes the transaction for done where it is there. Its callers were told that it may be. */
  async #settleDoubt(): Promise<void> {
    const doubtful = this.#doubtful
    if (doubtful === undefined) return
    const { store, cache } = this.#options
    await store.mend()
    if (doubtful.isIn(store)) doubtful.apply(cache)
    this.#doubtful = undefined
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
    for (const job of jobs) job.reject(full)
  }
}

/** Disk bytes of the envelopes; the small records beside them are not worth counting before they are there. */
const costOf = (jobs: readonly Job[]): number =>
  jobs.reduce((sum, job) => sum + job.parts.reduce((inner, part) => inner + diskBytes(part.bytes.length + 64), 0), 0)
