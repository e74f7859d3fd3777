/** Bodies made to hurt, and what each must be answered. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const MIB = 1024 * 1024
const PROTOBUF = 'application/x-protobuf'
const GZIP = { 'content-encoding': 'gzip' }
/** A request that is as it should be. */
export const recordedBody = (): Buffer => readFileSync('test/fixtures/otlp/fastmcp/005_v1_traces.bin')

/** 1 GiB of zeroes as 256 gzip files of 4 MiB, one after the other: valid gzip, about 1 MB, made at once. */
const manyFiles = () => Buffer.concat(Array<Buffer>(256).fill(gzipSync(Buffer.alloc(4 * MIB), { level: 9 })))

/** AnyValue in lists, `depth` deep, as a log body. */
function deepProtobuf(depth: number): Buffer {
  const heads: Buffer[] = []
  let size = 0
  const wrap = (tag: number) => {
    const length: number[] = []
    let rest = size
    for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
    const head = Buffer.from([tag, ...length, rest])
    heads.push(head)
    size += head.length
  }
  for (let level = 0; level < depth; level++) {
    wrap(0x0a)
    wrap(0x2a)
  }
  for (const tag of [0x2a, 0x12, 0x12, 0x0a]) wrap(tag)
  return Buffer.concat(heads.toReversed())
}

const deepJson = (depth: number) =>
  Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(depth)}{}${']}}'.repeat(depth)}}]}]}]}`)

export interface Hostile {
  readonly what: string
  readonly path: '/v1/traces' | '/v1/logs'
  readonly headers: Readonly<Record<string, string>>
  body(): Buffer
  readonly status: number
}

function hostile(what: string, type: string, body: () => Buffer, more: { readonly headers?: Readonly<Record<string, string>>; readonly status: number }): Hostile {
  const path = type === 'application/json' || what.includes('one in another') ? '/v1/logs' : '/v1/traces'
  return { what, path, body, headers: { 'content-type': type, ...more.headers }, status: more.status }
}

export const HOSTILE: readonly Hostile[] = [
  hostile('malformed protobuf', PROTOBUF, () => Buffer.concat([recordedBody().subarray(0, 500), Buffer.alloc(500, 0xff)]), { status: 400 }),
  hostile('a varint without end', PROTOBUF, () => Buffer.alloc(1000, 0x8a), { status: 400 }),
  hostile('a length of nearly 2^64', PROTOBUF, () => Buffer.from([0x0a, ...Array<number>(9).fill(0xff), 0x01]), { status: 400 }),
  hostile('half a gzip file', PROTOBUF, () => gzipSync(recordedBody()).subarray(0, 900), { headers: GZIP, status: 400 }),
  hostile('no gzip', PROTOBUF, recordedBody, { headers: GZIP, status: 400 }),
  hostile('a bomb of 1 GiB', PROTOBUF, manyFiles, { headers: GZIP, status: 413 }),
  hostile('100,000 values one in another', PROTOBUF, () => deepProtobuf(100_000), { status: 400 }),
  hostile('the same in JSON', 'application/json', () => deepJson(100_000), { status: 400 }),
  hostile('the same gzipped', 'application/json', () => gzipSync(deepJson(100_000)), { headers: GZIP, status: 400 }),
  hostile('a million brackets', 'application/json', () => Buffer.alloc(MIB, '['), { status: 400 }),
  hostile('ten million spans', PROTOBUF, () => gzipSync(
    Buffer.concat([Buffer.from([0x0a, 0x85, 0xda, 0xc4, 0x09, 0x12, 0x80, 0xda, 0xc4, 0x09]), Buffer.alloc(20_000_000, Buffer.from([0x12, 0]))]),
  ), { headers: GZIP, status: 400 }),
  hostile('another type', 'application/xml', recordedBody, { status: 415 }),
  hostile('more than the limit', PROTOBUF, () => Buffer.alloc(64 * MIB + 1), { status: 413 }),
]
