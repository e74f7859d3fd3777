/** Cuts what one publish brings into envelopes: by partition, then by size. One envelope is the value of one Kafka message. */
import { crc32c } from '../../schemas/crc32c.ts'
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

/** Header of every message: CRC-32C of its value. Brokers check what they take but not what they give, and kafkajs checks neither. */
export const CRC_HEADER = 'crc32c'

export function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.allocUnsafe(4)
  crc.writeUInt32BE(crc32c(bytes))
  return crc
}

export const crcFits = (bytes: Buffer, crc: Buffer): boolean => crc.length === 4 && crc.readUInt32BE(0) === crc32c(bytes)
