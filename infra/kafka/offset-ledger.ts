/** Commits of one subscription: the newest of each partition, one request at a time, through rebalances. */
import { Failure } from '../../schemas/failure.ts'
import { NOT_ASSIGNED } from '../../schemas/ports.ts'
import { Bell } from './deadline.ts'
import { unavailable } from './failures.ts'
import type { Membership } from './offsets.ts'

export interface OffsetLedgerOptions {
  readonly topic: string
  readonly partitions: number
  /** Longest time until a commit is given up. */
  readonly timeoutMs: number
  membership(): Membership | undefined
  holds(partition: number): boolean
  commit(membership: Membership, next: ReadonlyMap<number, number>): Promise<void>
}

interface Wish {
  readonly partition: number
  readonly next: number
  readonly until: number
  resolve(): void
  reject(error: Failure): void
}

const RETRY_MS = 200

export class OffsetLedger {
  readonly #options: OffsetLedgerOptions
  readonly #bell = new Bell()
  #wishes: Wish[] = []
  #running: Promise<void> | undefined
  /** No commit is tried for longer than until then. */
  #latest = Infinity

  constructor(options: OffsetLedgerOptions) {
    this.#options = options
  }

  /** Resolves when the broker has it. Failure `unavailable` when the partition has gone elsewhere, or the broker does not answer. */
  async commit(partition: number, next: number): Promise<void> {
    const { topic, partitions, timeoutMs } = this.#options
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions || !Number.isInteger(next) || next < 0) {
      throw new RangeError(`${topic}: offset ${next} of partition ${partition} cannot be committed`)
    }
    if (!this.#options.holds(partition)) throw this.#gone(partition)
    await new Promise<void>((resolve, reject) => {
      this.#wishes.push({ partition, next, until: performance.now() + timeoutMs, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** The membership has changed. */
  wake(): void {
    this.#bell.ring()
  }

  /** The subscription ends: commits get so long and no longer. Whoever has the partition next starts at its saved state, or reads again what was not committed. */
  hurry(ms: number): void {
    this.#latest = Math.min(this.#latest, performance.now() + ms)
    this.#bell.ring()
  }

  async settled(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Commits of one turn of the event loop go together.
    await Promise.resolve()
    while (this.#wishes.length > 0) {
      const wishes = this.#wishes.splice(0)
      const left = await this.#attempt(wishes)
      if (left.length === 0) continue
      this.#wishes.unshift(...left)
      await this.#bell.wait(RETRY_MS)
    }
    this.#running = undefined
  }

  /** Answers those that are to be tried again. */
  async #attempt(wishes: readonly Wish[]): Promise<Wish[]> {
    const mine = wishes.filter((wish) => this.#options.holds(wish.partition))
    for (const wish of wishes) if (!mine.includes(wish)) wish.reject(this.#gone(wish.partition))
    const membership = this.#options.membership()
    let cause: unknown
    if (membership !== undefined && mine.length > 0) {
      try {
        // The last word on a partition counts: a group may also be sent back.
        await this.#options.commit(membership, new Map(mine.map(({ partition, next }) => [partition, next])))
        for (const wish of mine) wish.resolve()
        return []
      } catch (error) {
        cause = error
      }
    }
    const now = performance.now()
    const isLate = ({ until }: Wish): boolean => Math.min(until, this.#latest) <= now
    for (const wish of mine) if (isLate(wish)) wish.reject(this.#latest <= now ? this.#ended(wish.partition) : unavailable(cause, `commit offsets of topic ${this.#options.topic}`))
    return mine.filter((wish) => !isLate(wish))
  }

  #ended(partition: number): Failure {
    return new Failure('unavailable', NOT_ASSIGNED, `Kafka: partition ${partition} of ${this.#options.topic} is let go of before its offset could be committed`)
  }

  #gone(partition: number): Failure {
    return new Failure('unavailable', NOT_ASSIGNED, `Kafka: partition ${partition} of ${this.#options.topic} has gone to another member`)
  }
}
