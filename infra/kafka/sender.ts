/** One idempotent kafkajs producer at a time, with one send outstanding. */
import { CompressionTypes, type Kafka, type Producer, type RecordMetadata, type TopicMessages } from 'kafkajs'
import { within } from './deadline.ts'
import type { Settings } from './options.ts'
import type { Pieces } from './pieces.ts'

export interface SentMessage {
  readonly partition: number
  readonly key?: string
  readonly value: Buffer | Pieces | null
}

const CODECS = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, zstd: CompressionTypes.ZSTD }

/** What is sent to one topic. */
export interface Sent {
  readonly topic: string
  readonly messages: SentMessage[]
}

/**
 * Workarounds for kafkajs 2.2.4:
 * - `idempotent` with sends side by side loses acknowledged records when a broker stalls: a failed send gives its sequence number back and another takes it
 *   (measured: 17 of 171,000 lost). So one send at a time, and never another on a producer whose send has failed: the next one has a new producer id.
 * - A retry chooses partitions again: ours are explicit.
 * - `disconnect` waits for requests that may never be answered: it is not waited for.
 */
export class Sender {
  readonly #settings: Settings
  readonly #kafka: Kafka
  #producer: Promise<Producer> | undefined
  /** Producers that were given up after a failed send. */
  replaced = 0

  constructor(settings: Settings, kafka: Kafka) {
    this.#settings = settings
    this.#kafka = kafka
  }

  /** Resolves when all in-sync copies have it. After a rejection any part of it may be written, now or a little later. */
  async send(sent: readonly Sent[]): Promise<readonly RecordMetadata[]> {
    const { compression, requestTimeoutMs } = this.#settings
    const producer = await this.#connected()
    // kafkajs passes values on and looks into none before `produce-once.ts` does, which knows pieces.
    const topicMessages = sent as unknown as TopicMessages[]
    const answered = producer.sendBatch({ topicMessages, acks: -1, timeout: requestTimeoutMs, compression: CODECS[compression] })
    try {
      // kafkajs ends its attempts by itself; the deadline is for a call that never settles.
      return await within(this.#settings.deliveryTimeoutMs * 4, 'sending', answered)
    } catch (error) {
      this.replaced++
      this.#drop()
      throw error
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer !== undefined) await within(this.#settings.requestTimeoutMs, 'disconnecting', producer.then((each) => each.disconnect())).catch(() => undefined)
  }

  async #connected(): Promise<Producer> {
    this.#producer ??= this.#connect()
    const mine = this.#producer
    try {
      return await mine
    } catch (error) {
      if (this.#producer === mine) this.#producer = undefined
      throw error
    }
  }

  async #connect(): Promise<Producer> {
    const { deliveryTimeoutMs, requestTimeoutMs } = this.#settings
    const retries = Math.max(1, Math.ceil(deliveryTimeoutMs / requestTimeoutMs) - 1)
    const producer = this.#kafka.producer({
      idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, metadataMaxAge: 60_000,
      createPartitioner: () => ({ message }) => message.partition ?? 0,
      retry: { retries, initialRetryTime: 100, maxRetryTime: 1000 },
    })
    await within(requestTimeoutMs * 4, 'connecting', producer.connect()).catch((error: unknown) => {
      void producer.disconnect().catch(() => undefined)
      throw error
    })
    return producer
  }

  #drop(): void {
    const producer = this.#producer
    this.#producer = undefined
    void producer?.then((each) => each.disconnect()).catch(() => undefined)
  }
}
