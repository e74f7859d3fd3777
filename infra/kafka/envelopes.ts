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

/** In the order given per partition. Throws what the topic's codec throws. */
export function envelopesOf<T>(topic: Topic<T>, batch: readonly Keyed<T>[], partitions: number): Part[] {
  const byPartition = new Map<number, T[]>()
  for (const { key, record } of batch) {
    const partition = partitionOf(key, partitions)
    const records = byPartition.get(partition)
    if (records === undefined) byPartition.set(partition, [record])
    else records.push(record)
  }
  return [...byPartition].flatMap(([partition, records]) => cut(topic, partition, records))
}

function cut<T>(topic: Topic<T>, partition: number, records: readonly T[]): Part[] {
  if (records.length <= MOST_RECORDS) {
    const bytes = topic.codec.encode(records)
    if (bytes.length <= MOST_BYTES || records.length === 1) return [{ partition, records: records.length, bytes }]
  }
  const half = Math.min(MOST_RECORDS, Math.ceil(records.length / 2))
  return [...cut(topic, partition, records.slice(0, half)), ...cut(topic, partition, records.slice(half))]
}
