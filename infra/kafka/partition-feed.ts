/** Carries one partition to one member: one call at a time, in order, from where the member wants to start until it is stopped. */
import { setImmediate } from 'node:timers/promises'
import { kindOf } from '../../schemas/failure.ts'
import { PassedGaps } from '../../schemas/passed-gaps.ts'
import type { Envelope, SubscribeOptions } from '../../schemas/ports.ts'
import { giveBack } from '../../schemas/spare-memory.ts'
import type { Topic } from '../../schemas/topics.ts'
import { Bell } from './deadline.ts'
import { unavailable } from './failures.ts'
import type { Bounds } from './offsets.ts'
import { type Budget, type Item, type Message, PartitionBuffer } from './partition-buffer.ts'
import { persist } from './persist.ts'

export interface PartitionFeedOptions<T> {
  readonly topic: Topic<T>
  readonly partition: number
  readonly subscribe: SubscribeOptions<T>
  readonly budget: Budget
  committed(): Promise<number | undefined>
  commit(next: number): Promise<void>
  bounds(): Promise<Bounds>
  /** There is room for more. */
  hungry(): void
  gapMet(): void
  /** The member could not save its state when it lost the partition. */
  notSaved(error: unknown): void
  /** The member cannot go on. */
  failed(error: unknown): void
}

const MAX_BYTES = 4 * 1024 * 1024
const IDLE_MS = 60_000

/** Whether a codec says that the bytes are sound and it is not able to read them. */
const isForLater = (error: unknown): boolean => kindOf(error) === 'unavailable' || kindOf(error) === 'misconfigured'

export class PartitionFeed<T> {
  readonly partition: number
  readonly buffer: PartitionBuffer
  readonly #options: PartitionFeedOptions<T>
  readonly #abort = new AbortController()
  readonly #bell = new Bell()
  readonly #done: Promise<void>
  readonly #maxBytes: number
  readonly #passed = new PassedGaps()
  #started = false
  #broke = false
  #searching = false

  constructor(options: PartitionFeedOptions<T>) {
    this.#options = options
    this.partition = options.partition
    this.#maxBytes = options.subscribe.maxBytes ?? MAX_BYTES
    this.buffer = new PartitionBuffer(options.budget, Math.max(2 * this.#maxBytes, 1024 * 1024))
    this.#done = this.#run()
  }

  /** Throws what `options.commit` throws. */
  async commit(next: number): Promise<void> {
    await this.#passed.commit(next, this.#options.commit)
  }

  /** Bytes to fetch now, 0 = none. */
  room(): number {
    return this.#searching || this.#abort.signal.aborted ? 0 : this.buffer.room()
  }

  /** Something was put into the buffer. */
  wake(): void {
    this.#bell.ring()
  }

  /** The broker does not have the offset asked for: finds out why, notes the gap, and goes on behind it. */
  async outOfRange(): Promise<void> {
    if (this.#searching) return
    this.#searching = true
    try {
      this.buffer.outOfRange(await this.#options.bounds())
    } finally {
      this.#searching = false
      this.#bell.ring()
    }
  }

  /** Aborts the signal, waits for the running call, then lets the member save its state (unless it failed here). Never throws. */
  async stop(): Promise<void> {
    this.#abort.abort()
    this.#bell.ring()
    await this.#done
    this.buffer.clear()
    if (!this.#started || this.#broke) return
    try {
      await this.#options.subscribe.revoked?.(this.partition)
    } catch (error) {
      // A broker that is away takes partitions from all and lets nobody save: each goes on from the state before, which has its own offset.
      if (kindOf(error) === 'unavailable') this.#options.notSaved(error)
      else this.#options.failed(error)
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    try {
      if (!(await this.#begin())) return
      while (!signal.aborted) await this.#step()
    } catch (error) {
      this.#broke = true
      this.#options.failed(error)
    }
  }

  async #begin(): Promise<boolean> {
    const { subscribe, hungry } = this.#options
    const { signal } = this.#abort
    let asked: number | undefined
    if (!(await persist(async () => { asked = await subscribe.assigned?.(this.partition) }, signal))) return false
    // From here on the member may hold state for the partition, so it is told when it loses it.
    this.#started = true
    if (asked !== undefined && (!Number.isInteger(asked) || asked < 0)) throw new RangeError(`assigned() answered ${asked}, which is no offset`)
    let start: number | undefined
    const found = await persist(async () => { start = await this.#startOf(asked) }, signal)
    if (!found || start === undefined) return false
    this.buffer.seek(start)
    hungry()
    return true
  }

  async #startOf(asked: number | undefined): Promise<number> {
    const { committed, bounds, commit } = this.#options
    const known = await committed().catch((error: unknown) => { throw unavailable(error, 'ask for committed offsets') })
    const found = asked ?? known
    if (found !== undefined && found <= (known ?? 0)) {
      this.#passed.begin(known ?? 0)
      return found
    }
    const { first, end } = await bounds().catch((error: unknown) => { throw unavailable(error, 'ask for offsets') })
    // A member that was killed between saving its state and committing is not behind, and may have no record to say so with for a long time.
    if (asked !== undefined && asked > first && asked <= end) await commit(asked)
    this.#passed.begin(found ?? first)
    return found ?? first
  }

  async #step(): Promise<void> {
    const { signal } = this.#abort
    if (this.buffer.isEmpty) return await this.#bell.wait(IDLE_MS)
    const items = this.buffer.take(this.#maxBytes)
    this.#options.hungry()
    let bytes = 0
    try {
      let messages: Message[] = []
      for (const item of items) {
        if (item.kind === 'gap') await this.#gap(item)
        else {
          bytes += item.message.bytes.length
          messages.push(item.message)
        }
      }
      while (messages.length > 0 && !signal.aborted) messages = await this.#deliver(messages)
    } finally {
      this.buffer.release(bytes)
      this.#options.hungry()
    }
    // Others get their turn however much there is to catch up with.
    await setImmediate()
  }

  /** Up to the first that cannot be decoded; answers what is left to do. */
  async #deliver(messages: readonly Message[]): Promise<Message[]> {
    const { subscribe, topic } = this.#options
    const { signal } = this.#abort
    const { envelopes, bad, error } = this.#decoded(messages)
    if (envelopes.length > 0 && !(await persist(() => subscribe.handle(envelopes, signal), signal))) return []
    if (topic.codec.copies === true) for (const { bytes } of messages.slice(0, envelopes.length)) giveBack(bytes)
    if (bad === undefined || signal.aborted) return []
    // What it takes to read it is not here yet, or nobody has it: no reason to go on behind it.
    if (isForLater(error)) return await persist(async () => this.#probe(bad), signal) ? messages.slice(envelopes.length) : []
    const { offset } = bad
    await this.#gap({ kind: 'gap', gap: { first: offset, next: offset + 1, cause: 'undecodable' }, resume: offset + 1 })
    return messages.slice(envelopes.length + 1)
  }

  #probe({ bytes }: Message): void {
    try {
      this.#options.topic.codec.decode(bytes)
    } catch (error) {
      if (isForLater(error)) throw error
    }
  }

  #decoded(messages: readonly Message[]): { readonly envelopes: readonly Envelope<T>[]; readonly bad?: Message; readonly error?: unknown } {
    const envelopes: Envelope<T>[] = []
    for (const message of messages) {
      try {
        envelopes.push({ partition: this.partition, offset: message.offset, records: this.#options.topic.codec.decode(message.bytes) })
      } catch (error) {
        return { envelopes, bad: message, error }
      }
    }
    return { envelopes }
  }

  async #gap({ gap, resume }: Extract<Item, { kind: 'gap' }>): Promise<void> {
    const { topic, subscribe, gapMet, commit } = this.#options
    const { signal } = this.#abort
    gapMet()
    if (!(await persist(() => subscribe.gap({ topic: topic.name, partition: this.partition, ...gap }), signal))) return
    await persist(() => this.#passed.told(gap, resume, commit), signal)
  }
}
