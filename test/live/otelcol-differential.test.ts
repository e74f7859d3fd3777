/**
 * Our receivers beside those of the official Collector: the same bytes to both, over HTTP and gRPC; status, content type, decoded answer and what was
 * understood are compared. Differences that are meant are listed in `otelcol-differences.ts` and shown in docs/interoperability.md.
 */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { otelcolPrograms } from '../../bench/otelcol-process.ts'
import { Failure } from '../../schemas/failure.ts'
import { referenceDecode } from '../otlp/reference-schema.ts'
import { DIFFERENCES, differencesTable } from './otelcol-differences.ts'
import type { Difference } from './otelcol-differences.ts'
import { callGrpc, framed } from './otelcol-grpc.ts'
import { GRPC_CASES } from './otelcol-grpc-cases.ts'
import { sendHttp } from './otelcol-http.ts'
import { HTTP_CASES } from './otelcol-http-cases.ts'
import { inWords, openPair, watched } from './otelcol-pair.ts'
import type { Pair, Side } from './otelcol-pair.ts'
import { RECORDINGS } from './otelcol-recordings.ts'

const programs = await otelcolPrograms()
if (typeof programs === 'string') console.warn(`skipped: ${programs}`)

const PAGE = readFileSync('docs/interoperability.md', 'utf8')
const documented = (door: Difference['door'], name: string): Difference[] =>
  DIFFERENCES.filter((one) => one.door === door && new RegExp(`^(?:${one.cases.source})$`).test(name))
const met = new Set<Difference>()

/** Bodies that are nearly right: recorded ones with a few bytes changed. `WATCHKEEPER_SEED` for others. */
const SEED = Number(process.env['WATCHKEEPER_SEED'] ?? 1)
const MUTATIONS = 500
/** Why the Collector may refuse what we take: what is documented for whole cases, in its own words. */
const EXPLAINED = /invalid (Trace|Span)ID length|for field (Dropped\w+|Flags|SchemaUrl|BucketCounts|Explicit\w+)|group/i
const damaged = fc.sample(fc.record({
  recording: fc.constantFrom(...RECORDINGS.filter(({ type, body }) => type === 'application/x-protobuf' && body.length < 8_000)), at: fc.oneof(fc.nat(8_000), fc.nat(400)),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }), how: fc.constantFrom('overwrite', 'insert', 'delete'),
}).map(({ recording: { signal, body }, at, bytes, how }) => {
  const from = at % body.length
  const rest = body.subarray(from + (how === 'insert' ? 0 : bytes.length))
  return { path: `/v1/${signal}`, body: Buffer.concat([body.subarray(0, from), how === 'delete' ? Buffer.alloc(0) : bytes, rest]) }
}), { seed: SEED, numRuns: MUTATIONS })

/** Whether a decoder of somebody else reads it. */
function readable(body: Buffer): boolean {
  try {
    referenceDecode('TracesRequest', body)
    return true
  } catch {
    return false
  }
}

it('docs/interoperability.md holds the table of differences as it is listed', () => {
  const [, table] = PAGE.split(/<!-- differences: .*? -->\n/)
  expect(table?.split('\n<!-- end -->')[0]).toBe(differencesTable())
})

describe.skipIf(typeof programs === 'string')('beside the official Collector', () => {
  let pair: Pair
  let trouble: Failure | undefined
  const { otelcol } = programs as Exclude<typeof programs, string>
  beforeAll(async () => {
    pair = await openPair(otelcol, () => {
      if (trouble !== undefined) throw trouble
      return { accepted: 1, own: false, rejected: 0, message: '' }
    })
  })
  afterAll(async () => pair.stop())

  const both = async (send: (side: Side) => Promise<string>): Promise<readonly [string, string]> =>
    inWords(await watched(pair.ours, () => send(pair.ours)), await watched(pair.theirs, () => send(pair.theirs)))

  async function same(door: Difference['door'], name: string, send: (side: Side) => Promise<string>): Promise<void> {
    const [ours, theirs] = await both(send)
    const [known, ...more] = documented(door, name)
    expect(more, 'documented twice').toEqual([])
    if (known !== undefined) met.add(known)
    expect({ ours, theirs }).toEqual(known === undefined ? { ours: theirs, theirs } : { ours: known.ours, theirs: known.theirs })
  }

  it.each(HTTP_CASES)('HTTP: $name', (one) => same('HTTP', one.name, ({ http }) => sendHttp(http, one)))
  it.each(GRPC_CASES)('gRPC: $name', (one) => same('gRPC', one.name, ({ grpc }) => callGrpc(grpc, one)))

  it.each([
    ['away', new Failure('unavailable', 'log.full', 'full', { retryAfterSeconds: 1 })], ['refuses', new Failure('rejected', 'otlp.undecodable', 'no')],
  ] as const)('behind: %s', async (what, failure) => {
    const [{ body } = { body: Buffer.alloc(0) }] = RECORDINGS
    trouble = failure
    await same('HTTP', `behind: ${what}`, ({ http }) => sendHttp(http, { name: '', body }))
    await same('gRPC', `behind: ${what}`, ({ grpc }) => callGrpc(grpc, { name: '', body: framed(body) }))
    trouble = undefined
  })

  it(`takes and refuses the same of ${MUTATIONS} damaged bodies (seed ${SEED})`, async () => {
    for (const { path, body } of damaged) {
      const [ours, theirs] = await both(({ http }) => sendHttp(http, { name: '', path, body }))
      if (ours === theirs) continue
      const why = `${ours} | ${theirs}: ${path} ${body.toString('hex')}`
      // The Collector's reader loses its place in some unknown fields: then a third reader must be of our opinion.
      if (theirs.startsWith('200')) expect({ readable: readable(body), ours }, why).toEqual({ readable: false, ours: '400, code 3; nothing taken' })
      else expect(await saidTo(pair.theirs.http, path, body), why).toMatch(EXPLAINED)
    }
  })

  it('every documented difference was met', () => expect(DIFFERENCES.filter((one) => !met.has(one)).map(({ door, what }) => `${door}: ${what}`)).toEqual([]))
})

const saidTo = async (base: string, path: string, body: Buffer): Promise<string> =>
  (await fetch(`${base}${path}`, { method: 'POST', body: Uint8Array.from(body), headers: { 'content-type': 'application/x-protobuf' } })).text()
