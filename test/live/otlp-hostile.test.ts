/** Bodies made to hurt, through real sockets: each gets its answer, and the next exporter is served as if nothing had been. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig } from './otlp-rig.ts'

const MIB = 1024 * 1024
const PROTOBUF = 'application/x-protobuf'
const GZIP = { 'content-encoding': 'gzip' }
const RECORDED = readFileSync('test/fixtures/otlp/fastmcp/005_v1_traces.bin')

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

const CASES: readonly (readonly [string, string, () => Buffer, Readonly<Record<string, string>>, number])[] = [
  ['malformed protobuf', PROTOBUF, () => Buffer.concat([RECORDED.subarray(0, 500), Buffer.alloc(500, 0xff)]), {}, 400],
  ['a varint without end', PROTOBUF, () => Buffer.alloc(1000, 0x8a), {}, 400],
  ['a length of nearly 2^64', PROTOBUF, () => Buffer.from([0x0a, ...Array<number>(9).fill(0xff), 0x01]), {}, 400],
  ['half a gzip file', PROTOBUF, () => gzipSync(RECORDED).subarray(0, 900), GZIP, 400],
  ['no gzip', PROTOBUF, () => RECORDED, GZIP, 400],
  ['a bomb of 1 GiB', PROTOBUF, manyFiles, GZIP, 413],
  ['100,000 values one in another', PROTOBUF, () => deepProtobuf(100_000), {}, 400],
  ['the same in JSON', 'application/json', () => deepJson(100_000), {}, 400],
  ['the same gzipped', 'application/json', () => gzipSync(deepJson(100_000)), GZIP, 400],
  ['a million brackets', 'application/json', () => Buffer.alloc(MIB, '['), {}, 400],
  ['ten million spans', PROTOBUF, () => gzipSync(
    Buffer.concat([Buffer.from([0x0a, 0x85, 0xda, 0xc4, 0x09, 0x12, 0x80, 0xda, 0xc4, 0x09]), Buffer.alloc(20_000_000, Buffer.from([0x12, 0]))]),
  ), GZIP, 400],
  ['another type', 'application/xml', () => RECORDED, {}, 415],
  ['more than the limit', PROTOBUF, () => Buffer.alloc(64 * MIB + 1), {}, 413],
]

describe('hostile bodies', () => {
  let rig: OtlpRig
  beforeAll(async () => void (rig = await openOtlp()))
  afterAll(async () => rig.stop())

  it.each(CASES)('%s', async (what, type, body, headers, expected) => {
    const path = type === 'application/json' || what.includes('one in another') ? '/v1/logs' : '/v1/traces'
    const answer = await fetch(`${rig.http}${path}`, { method: 'POST', body: body(), headers: { 'content-type': type, ...headers } })
    const said = Buffer.from(await answer.arrayBuffer())
    expect([answer.status, said.length > 0 && said.length < 4200]).toEqual([expected, true])
    const before = rig.spans().length
    const next = await fetch(`${rig.http}/v1/traces`, { method: 'POST', body: RECORDED, headers: { 'content-type': PROTOBUF } })
    expect([next.status, rig.spans().length > before]).toEqual([200, true])
  })
})
