/** Cuts what one publish brings into envelopes: by partition, then by size. One envelope is the value of one Kafka message. */
import { partitionOf } from '../../schemas/partition-of.ts'
import type { Keyed } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { Pieces } from './pieces.ts'

/** One message's worth: kafkajs costs 27 µs a message, so about a hundred records go in one. */
export interface Part {
  readonly partition: number
  readonly records: number
  readonly value: Pieces
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

/** What a record of each topic takes, as far as is known: by it envelopes are cut before they are encoded. */
export class RecordSizes {
  readonly #bytes = new Map<string, number>()

  /** How many records of the topic most likely fit into so many bytes. */
  fitting(topic: string, bytes: number): number {
    return Math.max(1, Math.floor(bytes / (this.#bytes.get(topic) ?? 1)))
  }

  /** The latest envelopes count most. */
  learn(topic: string, records: number, bytes: number): void {
    const each = bytes / records
    this.#bytes.set(topic, ((this.#bytes.get(topic) ?? each) * 3 + each) / 4)
  }
}

/** In the order given per partition. Throws what the topic's codec throws. */
export function envelopesOf<T>(topic: Topic<T>, batch: readonly Keyed<T>[], { partitions, maxMessageBytes }: Limits, sizes: RecordSizes): Cut<T> {
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
  const cutter = new Cutter(topic, maxMessageBytes - OVERHEAD, sizes)
  for (const [partition, ofPartition] of byPartition) cutter.cut(partition, ofPartition)
  return cutter
}

/** Of an envelope's limit that is aimed at: records differ, and one that does not fit is encoded again in halves. */
const AIM = 0.8

class Cutter<T> implements Cut<T> {
  readonly parts: Part[] = []
  readonly refused: T[] = []
  largest = 0
  readonly #topic: Topic<T>
  /** Of a record that is an envelope by itself. */
  readonly #limit: number
  readonly #sizes: RecordSizes

  constructor(topic: Topic<T>, limit: number, sizes: RecordSizes) {
    this.#topic = topic
    this.#limit = limit
    this.#sizes = sizes
  }

  get #most(): number {
    return Math.min(MOST_BYTES, this.#limit)
  }

  cut(partition: number, records: readonly T[]): void {
    const likely = Math.min(MOST_RECORDS, this.#sizes.fitting(this.#topic.name, this.#most * AIM))
    const pieces = Math.ceil(records.length / likely)
    if (pieces === 1) return this.#piece(partition, records)
    const each = Math.ceil(records.length / pieces)
    for (let from = 0; from < records.length; from += each) this.#piece(partition, records.slice(from, from + each))
  }

  #piece(partition: number, records: readonly T[]): void {
    const value = valueOf(this.#topic, records)
    this.#sizes.learn(this.#topic.name, records.length, value.length)
    if (value.length <= this.#most) return void this.parts.push({ partition, records: records.length, value })
    if (records.length === 1) return this.#alone(partition, records[0] as T, value)
    const half = Math.ceil(records.length / 2)
    this.cut(partition, records.slice(0, half))
    this.cut(partition, records.slice(half))
  }

  #alone(partition: number, record: T, value: Pieces): void {
    if (value.length <= this.#limit) return void this.parts.push({ partition, records: 1, value })
    this.refused.push(record)
    this.largest = Math.max(this.largest, value.length)
  }
}

/** One envelope of these records. */
export const valueOf = <T>({ codec }: Topic<T>, records: readonly T[]): Pieces => new Pieces(codec.pieces?.(records) ?? [codec.encode(records)])
