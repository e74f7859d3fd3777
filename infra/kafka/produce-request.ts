/**
 * A produce request as kafkajs 2.2 writes it, byte for byte (KIP-98, versions 3 to 7), but written once: kafkajs copies each value some eight times, into
 * memory that doubles and is new each time. That memory lies outside V8's heap, where 64 MiB of it start a full collection however small the heap is: with
 * requests of 100 events one for every 4,000 of them on Node 26. Here it is written into memory that the request before has given back.
 */
import { crc32c } from '../../schemas/crc32c.ts'
import { Pieces } from './pieces.ts'

/** What kafkajs knows of a message; of ours only the value is set. */
export interface ProducedMessage {
  readonly key?: unknown
  readonly value?: unknown
  readonly timestamp?: unknown
  readonly headers?: unknown
}

export interface ProduceParams {
  readonly acks: number
  readonly timeout: number
  readonly transactionalId?: string | null
  /** Any form of a 64-bit integer that says its digits. */
  readonly producerId: { toString(): string }
  readonly producerEpoch: number
  /** 0: none. */
  readonly compression: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly firstSequence: number; readonly messages: readonly ProducedMessage[] }[]
  }[]
}

type PlainValue = Buffer | Pieces

/** Messages of nothing but a value. */
interface PlainParams extends ProduceParams {
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly firstSequence: number; readonly messages: readonly { readonly value: PlainValue }[] }[]
  }[]
}

/** Bytes of the request's own: transaction, acks, timeout, number of topics. */
const HEAD = 2 + 2 + 4 + 4
/** Of a topic beside its name: length of that, number of partitions. */
const TOPIC_HEAD = 2 + 4
/** Of a partition beside its batch: its number, size of the batch. */
const PARTITION_HEAD = 4 + 4
/** Of a record batch before its first record (KIP-98), and within that what its length and its checksum do not count. */
const BATCH_HEAD = 61
const BEFORE_LENGTH = 12
const BEFORE_BODY = 21
const MAGIC = 2
/** Of a record beside its length, its place and its value: attributes, time, no key, no headers. */
const RECORD_REST = 4
const NO_KEY = 1

const isPlain = ({ key, value, timestamp, headers }: ProducedMessage): boolean =>
  (key === undefined || key === null) && (value instanceof Pieces || Buffer.isBuffer(value)) && timestamp === undefined && headers === undefined

/** Whether `encodeProduce` can write it; everything else is left to kafkajs. */
export const isPlainProduce = (params: ProduceParams): params is PlainParams =>
  params.compression === 0 && (params.transactionalId ?? null) === null &&
  params.topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(isPlain)))

/** For kafkajs itself, which knows values in one place only. */
export const inOnePlace = (params: ProduceParams): ProduceParams => ({
  ...params,
  topicData: params.topicData.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((partition) => ({
      ...partition,
      messages: partition.messages.map((message) => (message.value instanceof Pieces ? { ...message, value: message.value.whole() } : message)),
    })),
  })),
})

/** Bytes of a non-negative number in zigzag varint. */
const varintLength = (value: number): number => (value < 64 ? 1 : value < 8_192 ? 2 : value < 1_048_576 ? 3 : value < 134_217_728 ? 4 : 5)

/** Of a record behind its length. */
function recordLength(index: number, { length }: PlainValue): number {
  return RECORD_REST + varintLength(index) + varintLength(length) + length
}

function batchLength(messages: readonly { readonly value: PlainValue }[]): number {
  let bytes = BATCH_HEAD
  messages.forEach(({ value }, index) => {
    const length = recordLength(index, value)
    bytes += varintLength(length) + length
  })
  return bytes
}

/** Bytes that `encodeProduce` will write. */
export function produceLength({ topicData }: PlainParams): number {
  let bytes = HEAD
  for (const { topic, partitions } of topicData) {
    bytes += TOPIC_HEAD + Buffer.byteLength(topic)
    for (const { messages } of partitions) bytes += PARTITION_HEAD + batchLength(messages)
  }
  return bytes
}

/** Writes the request, without kafkajs's head of every request, from `at` on. The answer is where it ends. */
export function encodeProduce(params: PlainParams, into: Buffer, at: number, nowMs: number): number {
  const { acks, timeout, topicData } = params
  let end = into.writeInt16BE(-1, at)
  end = into.writeInt16BE(acks, end)
  end = into.writeInt32BE(timeout, end)
  end = into.writeInt32BE(topicData.length, end)
  for (const { topic, partitions } of topicData) {
    end = into.writeInt16BE(Buffer.byteLength(topic), end)
    end += into.write(topic, end)
    end = into.writeInt32BE(partitions.length, end)
    for (const { partition, firstSequence, messages } of partitions) {
      const start = into.writeInt32BE(partition, end) + 4
      end = writeBatch({ ...params, firstSequence, messages, nowMs }, into, start)
      into.writeInt32BE(end - start, start - 4)
    }
  }
  return end
}

interface Batch extends Pick<ProduceParams, 'producerId' | 'producerEpoch'> {
  readonly firstSequence: number
  readonly messages: readonly { readonly value: PlainValue }[]
  readonly nowMs: number
}

function writeBatch({ producerId, producerEpoch, firstSequence, messages, nowMs }: Batch, into: Buffer, start: number): number {
  // First offset, and later the length.
  into.writeBigInt64BE(0n, start)
  // No leader epoch.
  into.writeInt32BE(0, start + BEFORE_LENGTH)
  into.writeInt8(MAGIC, start + 16)
  let end = into.writeInt16BE(0, start + BEFORE_BODY)
  end = into.writeInt32BE(messages.length - 1, end)
  end = into.writeBigInt64BE(BigInt(nowMs), end)
  end = into.writeBigInt64BE(BigInt(nowMs), end)
  end = into.writeBigInt64BE(BigInt(producerId.toString()), end)
  end = into.writeInt16BE(producerEpoch, end)
  end = into.writeInt32BE(firstSequence, end)
  end = into.writeInt32BE(messages.length, end)
  for (let index = 0; index < messages.length; index++) end = writeRecord(messages[index]!.value, index, into, end)
  into.writeInt32BE(end - start - BEFORE_LENGTH, start + 8)
  into.writeUInt32BE(crc32c(into, start + BEFORE_BODY, end), start + 17)
  return end
}

function writeRecord(value: PlainValue, index: number, into: Buffer, at: number): number {
  let end = writeVarint(recordLength(index, value), into, at)
  into[end++] = 0
  into[end++] = 0
  end = writeVarint(index, into, end)
  into[end++] = NO_KEY
  end = writeVarint(value.length, into, end)
  for (const piece of value instanceof Pieces ? value.pieces : [value]) {
    into.set(piece, end)
    end += piece.length
  }
  into[end++] = 0
  return end
}

/** A non-negative number in zigzag varint. */
function writeVarint(value: number, into: Buffer, at: number): number {
  let end = at
  let rest = value * 2
  for (; rest > 127; rest = Math.floor(rest / 128)) into[end++] = (rest % 128) | 128
  into[end++] = rest
  return end
}
