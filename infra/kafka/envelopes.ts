/** Cuts what one publish brings into envelopes: by partition, then by size. One envelope is the value of one Kafka message. */
import { partitionOf } from '../../schemas/partition-of.ts'
import type { Keyed } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'

/** One message's worth: kafkajs costs 27 µs a message, so about a hundred records go in one. */
export interface Part {
  readonly partition: number
  readonly records: number
  readonly bytes: Buffer
}

export const MOST_RECORDS = 1000
export const MOST_BYTES = 250_000

/** A record batch has 61 bytes of its own and each message some 30; kafkajs puts all messages of a partition in one batch. */
export const OVERHEAD = 1024

/** What a topic takes of one publish. */
export interface Cut<T> {
  readonly parts: Part[]
  /** Records that are too large by themselves, and the encoded bytes of the largest. */
  readonly refused: T[]
  largest: number
}

interface Limits {
  readonly partitions: number
  /** Largest record batch that the broker takes. */
  readonly maxMessageBytes: number
}

/** In the order given per partition. Throws what the topic's codec throws. */
export function envelopesOf<T>(topic: Topic<T>, batch: readonly Keyed<T>[], { partitions, maxMessageBytes }: Limits): Cut<T> {
  const byPartition = new Map<number, T[]>()
  // Records of one key often come behind each other, as those of a trace do.
  let lastKey: string | undefined
  let records: T[] = []
  for (const { key, record } of batch) {
    if (key !== lastKey) {
      const partition = partitionOf(key, partitions)
      records = byPartition.get(partition) ?? []
      byPartition.set(partition, records)
      lastKey = key
    }
    records.push(record)
  }
  const cutter = new Cutter(topic, maxMessageBytes - OVERHEAD)
  for (const [partition, ofPartition] of byPartition) cutter.cut(partition, ofPartition)
  return cutter
}

class Cutter<T> implements Cut<T> {
  readonly parts: Part[] = []
  readonly refused: T[] = []
  largest = 0
  readonly #topic: Topic<T>
  readonly #limit: number

  constructor(topic: Topic<T>, limit: number) {
    this.#topic = topic
    this.#limit = limit
  }

  cut(partition: number, records: readonly T[]): void {
    if (records.length <= MOST_RECORDS) {
      const bytes = this.#topic.codec.encode(records)
      if (bytes.length <= Math.min(MOST_BYTES, this.#limit)) return void this.parts.push({ partition, records: records.length, bytes })
      if (records.length === 1) return this.#alone(partition, records[0] as T, bytes)
    }
    const half = Math.min(MOST_RECORDS, Math.ceil(records.length / 2))
    this.cut(partition, records.slice(0, half))
    this.cut(partition, records.slice(half))
  }

  #alone(partition: number, record: T, bytes: Buffer): void {
    if (bytes.length <= this.#limit) return void this.parts.push({ partition, records: 1, bytes })
    this.refused.push(record)
    this.largest = Math.max(this.largest, bytes.length)
  }
}
