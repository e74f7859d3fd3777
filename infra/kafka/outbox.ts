/** What waits to be sent. Publishes that arrive while one send is on its way go with the next one together: group commit, in the order they came. */
import { Failure } from '../../schemas/failure.ts'
import type { Clock } from '../../schemas/ports.ts'
import { pause } from './deadline.ts'
import { MOST_BYTES, MOST_RECORDS, OVERHEAD, type Part } from './envelopes.ts'
import { isRefusal, isType, unavailable } from './failures.ts'
import { nowMs, type Settings } from './options.ts'
import { Pieces } from './pieces.ts'
import type { Sender, Sent } from './sender.ts'
import type { TopicShape } from './topics.ts'

/** One publish; its caller hears when none of its parts is left. */
interface Delivery {
  left: number
  readonly since: number
  resolve(): void
  reject(error: Failure): void
}

interface Waiting {
  readonly topic: TopicShape
  /** Whether the bytes of two envelopes behind each other are an envelope. */
  readonly joins: boolean
  readonly part: Part
  readonly delivery: Delivery
}

/** Enough for the broker to be busy while the next is made, small enough to be answered within a request timeout. */
const MOST_SEND_BYTES = 8 * 1024 * 1024
/** Record batch of one partition, below the 1 MiB that consumers ask for at a time. */
const MOST_BATCH_BYTES = 900_000
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 2000

export class Outbox {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #sender: Sender
  readonly #stop = new AbortController()
  #queue: Waiting[] = []
  #head = 0
  #running: Promise<void> | undefined
  /** Encoded bytes that are not yet durable. */
  waitingBytes = 0
  refused = 0
  #trouble = ''
  #troubleAt = 0

  constructor(settings: Settings, sender: Sender) {
    this.#settings = settings
    this.#clock = settings.clock
    this.#sender = sender
  }

  /** Why sends fail, '' when they do not: after a while nobody knows, and a service that is not asked because of it would never find out. */
  get trouble(): string {
    return nowMs(this.#clock) - this.#troubleAt < this.#settings.stallMs ? this.#trouble : ''
  }

  /** Failure `rejected` for a record that the topic can never take: nothing of the publish is sent then. */
  async publish(topic: TopicShape, joins: boolean, parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return
    if (this.#stop.signal.aborted) throw closed()
    let bytes = 0
    for (const part of parts) {
      bytes += part.value.length
      if (part.value.length + OVERHEAD > topic.maxMessageBytes) throw tooLarge(topic, part.value.length)
    }
    // A publish larger than the limit is taken alone, or it could never be.
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > this.#settings.maxWaitingBytes) {
      this.refused++
      throw new Failure('unavailable', 'kafka.busy', `Kafka: ${this.waitingBytes} bytes wait to be sent${this.#because()}`, { retryAfterSeconds: 2 })
    }
    this.waitingBytes += bytes
    await new Promise<void>((resolve, reject) => {
      const delivery = { left: parts.length, since: nowMs(this.#clock), resolve, reject }
      for (const part of parts) this.#queue.push({ topic, joins, part, delivery })
      this.#running ??= this.#run()
    })
  }

  /** What waits is sent first, for as long as a delivery may take. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    let wait = FIRST_WAIT_MS
    // What is published in the same turn of the event loop goes together.
    await Promise.resolve()
    while (this.#head < this.#queue.length) {
      const batch = this.#take()
      const error = await this.#send(batch)
      wait = error === undefined ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
      if (error !== undefined) await this.#failed(batch, error, wait)
    }
    this.#running = undefined
  }

  /** From the front, until one partition's record batch or the whole is full. */
  #take(): Waiting[] {
    const sizes = new Map<string, number>()
    const batch: Waiting[] = []
    let total = 0
    for (; this.#head < this.#queue.length; this.#head++) {
      const waiting = this.#queue[this.#head]!
      const place = `${waiting.topic.full}/${waiting.part.partition}`
      const size = waiting.part.value.length + 100
      const before = sizes.get(place) ?? 0
      const limit = Math.min(MOST_BATCH_BYTES, waiting.topic.maxMessageBytes - OVERHEAD)
      if (batch.length > 0 && (total + size > MOST_SEND_BYTES || (before > 0 && before + size > limit))) break
      sizes.set(place, before + size)
      total += size
      batch.push(waiting)
    }
    if (this.#head === this.#queue.length || this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return batch
  }

  async #send(batch: readonly Waiting[]): Promise<unknown> {
    try {
      await this.#sender.send(messagesOf(batch))
    } catch (error) {
      return error ?? new Error('nothing')
    }
    this.#trouble = ''
    for (const waiting of batch) this.#settle(waiting, undefined)
    return undefined
  }

  /**
   * What could not be sent is said so, never tried again behind its caller's back: some of it may be there. One publish that can never be
   * taken must not take the others with it, so each then goes alone.
   */
  async #failed(batch: readonly Waiting[], error: unknown, wait: number): Promise<void> {
    const alone = new Map<Delivery, Waiting[]>()
    for (const waiting of batch) alone.set(waiting.delivery, [...(alone.get(waiting.delivery) ?? []), waiting])
    if (alone.size > 1 && (isRefusal(error) || isType(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'))) {
      for (const one of alone.values()) {
        const again = await this.#send(one)
        if (again !== undefined) this.#giveUp(one, again)
      }
      return
    }
    this.#giveUp(batch, error)
    this.#giveUpOld(error)
    if (!this.#stop.signal.aborted) await pause(wait, this.#stop.signal)
  }

  #giveUp(batch: readonly Waiting[], error: unknown): void {
    const topic = batch[0]!.topic
    const failure = isType(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')
      ? tooLarge(topic, Math.max(...batch.map(({ part }) => part.value.length)))
      : unavailable(error, `write to topic ${topic.full}`)
    this.#trouble = failure.message
    this.#troubleAt = nowMs(this.#clock)
    this.#settings.log.warn({ code: failure.code, topic: topic.full, envelopes: batch.length }, 'kafka publish failed')
    for (const waiting of batch) this.#settle(waiting, failure)
  }

  /** Those behind it have waited as long as they may, too. */
  #giveUpOld(error: unknown): void {
    const oldest = nowMs(this.#clock) - this.#settings.deliveryTimeoutMs
    const old: Waiting[] = []
    const kept: Waiting[] = []
    for (const waiting of this.#queue.slice(this.#head)) (waiting.delivery.since <= oldest || this.#stop.signal.aborted ? old : kept).push(waiting)
    this.#queue = kept
    this.#head = 0
    if (old.length > 0) this.#giveUp(old, error)
  }

  #settle({ part, delivery }: Waiting, failure: Failure | undefined): void {
    this.waitingBytes -= part.value.length
    delivery.left--
    if (failure !== undefined) {
      this.refused++
      delivery.reject(failure)
    } else if (delivery.left === 0) delivery.resolve()
  }

  #because(): string {
    return this.trouble === '' ? '' : `; ${this.trouble}`
  }
}

function messagesOf(batch: readonly Waiting[]): Sent[] {
  const topics = new Map<string, Sent>()
  /** Envelope that is still being joined, by topic and partition. */
  const open = new Map<string, Waiting[]>()
  const close = (joined: readonly Waiting[]): void => {
    const { topic, part } = joined[0]!
    const value = joined.length === 1 ? part.value : new Pieces(joined.flatMap((each) => each.part.value.pieces))
    const messages = topics.get(topic.full) ?? { topic: topic.full, messages: [] }
    topics.set(topic.full, messages)
    messages.messages.push({ partition: part.partition, value })
  }
  for (const waiting of batch) {
    const place = `${waiting.topic.full}/${waiting.part.partition}`
    const before = open.get(place)
    if (before !== undefined && waiting.joins && fits(before, waiting)) before.push(waiting)
    else {
      if (before !== undefined) close(before)
      open.set(place, [waiting])
    }
  }
  for (const joined of open.values()) close(joined)
  return [...topics.values()]
}

function fits(before: readonly Waiting[], { part }: Waiting): boolean {
  let [bytes, records] = [part.value.length, part.records]
  for (const each of before) {
    bytes += each.part.value.length
    records += each.part.records
  }
  return bytes <= MOST_BYTES && records <= MOST_RECORDS
}

const closed = (): Failure => new Failure('unavailable', 'kafka.closed', 'Kafka: the bus is closed')

export const TOO_LARGE = 'kafka.record_too_large'
export const tooLargeMessage = (topic: TopicShape, bytes: number): string =>
  `Kafka: a record of ${bytes} bytes is larger than topic ${topic.full} takes (max.message.bytes ${topic.maxMessageBytes}): raise that, or limit what is sent`
const tooLarge = (topic: TopicShape, bytes: number): Failure => new Failure('rejected', TOO_LARGE, tooLargeMessage(topic, bytes))
