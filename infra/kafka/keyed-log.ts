/** Reads and writes single records with keys, without a consumer group. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { FetchedMessage, GroupBroker } from './client.ts'
import { ClusterLink } from './cluster-link.ts'
import { isType } from './failures.ts'
import { type Bounds, Offsets } from './offsets.ts'
import type { Settings } from './options.ts'
import { Sender } from './sender.ts'

export interface KeyedRecord {
  readonly offset: number
  readonly key: string
  /** Null = the key is gone. */
  readonly value: Buffer | null
}

export interface ReadRange {
  readonly partition: number
  readonly from: number
  /** Up to the end of the partition as it is now. */
  readonly each: (record: KeyedRecord) => void
  /** Enough was read. */
  readonly done?: () => boolean
}

type KeyedMessage = FetchedMessage & { readonly key?: Buffer | null }

const FETCH_BYTES = 8 * 1024 * 1024
const READ_UNCOMMITTED = 0
const TRIES = 5
const PAUSE_MS = 300

export class KeyedLog {
  readonly #topic: string
  readonly #link: ClusterLink
  readonly #offsets: Offsets
  readonly #sender: Sender
  #sending: Promise<unknown> = Promise.resolve()

  constructor(topic: string, settings: Settings, kafka: Kafka) {
    this.#topic = topic
    this.#link = new ClusterLink({ kafka, topics: [topic], timeoutMs: settings.requestTimeoutMs })
    this.#offsets = new Offsets(this.#link)
    this.#sender = new Sender(settings, kafka)
  }

  async bounds(partition: number): Promise<Bounds> {
    return await this.#persistently(async () => (await this.#offsets.bounds(this.#topic, [partition])).get(partition)!)
  }

  /** Resolves when all in-sync copies have them. One send at a time: an idempotent producer of kafkajs must not have two. */
  async write(partition: number, records: readonly { readonly key: string; readonly value: Buffer | null }[]): Promise<void> {
    if (records.length === 0) return
    const messages = records.map(({ key, value }) => ({ partition, key, value }))
    const sent = this.#sending.then(async () => this.#sender.send([{ topic: this.#topic, messages }]))
    this.#sending = sent.catch(() => undefined)
    await sent
  }

  /** Answers the offset to go on from: the end as it was at the call, or behind the record at which `done` was said. */
  async read({ partition, from, each, done = () => false }: ReadRange): Promise<number> {
    const { first, end } = await this.bounds(partition)
    // A topic that was made anew is shorter than what was read of the old one.
    let at = from > end ? first : Math.max(from, first)
    while (at < end && !done()) {
      const asked = at
      const messages = (await this.#persistently(async () => await this.#fetch(partition, asked))).filter(({ offset }) => Number(offset) >= asked)
      for (const message of messages) {
        at = Number(message.offset) + 1
        if (message.key != null) each({ offset: at - 1, key: message.key.toString(), value: message.value })
      }
      // Compaction leaves offsets without records, and kafkajs does not say how many.
      if (messages.length === 0) at++
    }
    return at
  }

  async close(): Promise<void> {
    await this.#sending
    await Promise.all([this.#sender.close(), this.#link.close()])
  }

  async #fetch(partition: number, offset: number): Promise<readonly KeyedMessage[]> {
    const topic = this.#topic
    const { responses } = await this.#link.call('fetching', async (cluster) => {
      await cluster.refreshMetadataIfNecessary()
      const [nodeId = ''] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
      const broker = await cluster.findBroker({ nodeId }) as unknown as GroupBroker
      const partitions = [{ partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }]
      return await broker.fetch({ maxWaitTime: 100, minBytes: 1, maxBytes: FETCH_BYTES, isolationLevel: READ_UNCOMMITTED, topics: [{ topic, partitions }] })
    })
    return responses.flatMap((each) => each.partitions).flatMap(({ messages }) => messages)
  }

  /** A leader that has moved is found again. */
  async #persistently<T>(call: () => Promise<T>): Promise<T> {
    for (let left = TRIES; ; left--) {
      try {
        return await call()
      } catch (error) {
        if (left === 1 || isType(error, 'OFFSET_OUT_OF_RANGE', 'TOPIC_AUTHORIZATION_FAILED')) throw error
        await this.#link.refresh().catch(() => undefined)
        await wait(PAUSE_MS)
      }
    }
  }
}
