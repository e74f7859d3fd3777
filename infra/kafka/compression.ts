/**
 * What record batches may be compressed with: gzip, which kafkajs has, and zstd where Node has it. Brokers compress on their own where a topic's
 * `compression.type` says so, so what is read is looked at too: what cannot be read here is sound, and must not be passed over like damage.
 */
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Failure } from '../../schemas/failure.ts'

/** By the number that the attributes of a record batch hold. */
const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const MASK = 0x07
const ZSTD = 4

type Squeeze = (bytes: Buffer) => Promise<Buffer>
type Callback = (error: Error | null, bytes: Buffer) => void
type OneShot = (bytes: Buffer, done: Callback) => void

/** A codec as kafkajs wants it. */
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress: Squeeze
}

/** The types are those of Node 20, which has no zstd. */
const { zstdCompress, zstdDecompress } = zlib as unknown as { readonly zstdCompress?: OneShot; readonly zstdDecompress?: OneShot }

/** Undefined before Node 22.15. */
const zstd: Codec | undefined = zstdCompress === undefined || zstdDecompress === undefined ? undefined : {
  compress: async ({ buffer }) => await promisify(zstdCompress)(buffer),
  decompress: promisify(zstdDecompress),
}

/** Gives kafkajs what it leaves to others. */
export function addCodecs(codecs: Record<number, () => unknown>): void {
  if (zstd !== undefined) codecs[ZSTD] = () => zstd
}

const isReadable = (name: string): boolean => name === 'none' || name === 'gzip' || (name === 'zstd' && zstd !== undefined)

const unreadable = (sentence: string): Failure => new Failure('misconfigured', 'kafka.compression', `Kafka: ${sentence}`)

/** What to do about zstd is another thing than about what no process of ours reads. */
const remedy = (name: string, otherwise: string): string =>
  (name === 'zstd' ? `run this process on Node 22.15 or newer (this is ${process.versions.node})` : otherwise)

/** Failure `misconfigured` where this process cannot write so. */
export function checkCodec(name: string): void {
  if (!isReadable(name)) throw unreadable(`compression ${name} is configured, which this process does not have: choose none or gzip, or ${remedy(name, 'another one')}`)
}

/** `setting` is the topic's `compression.type`, the brokers' own where it has none. Failure `misconfigured` where records would come out of it that cannot be read. */
export function checkCompressionOf(topic: string, setting: string | undefined): void {
  const name = setting ?? 'producer'
  if (name === 'producer' || name === 'uncompressed' || isReadable(name)) return
  throw unreadable(`topic ${topic} has compression.type ${name}, which this process cannot read: set compression.type=producer on the topic` +
    (name === 'zstd' ? `, or ${remedy(name, '')}` : ''))
}

/** Throws the same for a record batch that is as it was written, and compressed otherwise. */
export function checkAttributes(attributes: number): void {
  const number = attributes & MASK
  const name = NAMES[number] ?? `number ${number}`
  if (isReadable(name)) return
  throw unreadable(`there are records compressed with ${name}, which this process cannot read; none of them is passed over: ` +
    `set compression.type=producer on the topic for what comes, and ${remedy(name, 'let others copy those records uncompressed to another prefix, or go on there')}`)
}
