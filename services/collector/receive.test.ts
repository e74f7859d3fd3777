import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { HttpRequest } from '../../schemas/http.ts'
import { RPC_STATUS } from '../../schemas/rpc.ts'
import { authenticator } from './authenticate.ts'
import type { Arrival } from './contracts.ts'
import { InFlight } from './in-flight.ts'
import type { Ingest, IngestResult } from './ingest-port.ts'
import { DECODE_LIMITS } from './otlp/model.ts'
import type { Traces } from './otlp/model.ts'
import { createReceiver } from './receive.ts'
import type { ReceivePorts, Untaken } from './receive.ts'
import { rpcHandlers } from './receive-rpc.ts'

const RECORDED = readFileSync('test/fixtures/otlp/pydantic-ai/004_v1_traces.bin')
const EXPORT_TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const MAX = 64 * 1024 * 1024

interface Rig extends ReceivePorts {
  readonly taken: { readonly signal: string; readonly data: unknown; readonly arrival: Arrival }[]
  readonly refused: Untaken[]
}

const TAKEN: IngestResult = { accepted: 1, own: false, rejected: 0, message: '' }

function rig(answer: () => IngestResult | Promise<IngestResult> = () => TAKEN, ports: Partial<ReceivePorts> = {}): Rig {
  const taken: { signal: string; data: unknown; arrival: Arrival }[] = []
  const refused: Untaken[] = []
  const take = (signal: string) => async (data: unknown, arrival: Arrival) => {
    const result = await answer()
    taken.push({ signal, data, arrival })
    return result
  }
  const ingest: Ingest = { traces: take('traces'), logs: take('logs'), metrics: take('metrics') }
  return {
    ingest, authenticate: authenticator({ tokens: () => [], now: () => 42n }), inFlight: new InFlight(4 * MAX), clock: { now: () => 42n }, limits: DECODE_LIMITS, maxBodyBytes: MAX,
    untaken: (request) => void refused.push(request), taken, refused, ...ports,
  }
}

function request(over: Partial<Omit<HttpRequest, 'headers'>> & { headers?: Record<string, string> } = {}): HttpRequest {
  const { headers, ...rest } = over
  return {
    method: 'POST', path: '/v1/traces', query: '', peer: '192.0.2.7', body: RECORDED, ...rest,
    headers: new Map(Object.entries({ 'content-type': 'application/x-protobuf', ...headers })),
  }
}

async function send(ports: ReceivePorts, over: Parameters<typeof request>[0] = {}) {
  const { status, headers, body } = await createReceiver(ports).handle(request(over))
  return { status, headers, body: Buffer.from(body as Buffer) }
}
const sendJson = (ports: ReceivePorts, body: string, headers: Record<string, string> = {}) =>
  send(ports, { body: Buffer.from(body), headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })

describe('OTLP/HTTP', () => {
  it('hands decoded telemetry to ingest and answers in the same encoding', async () => {
    const ports = rig()
    const { status, headers, body } = await send(ports)
    expect([status, headers['content-type'], body.length]).toEqual([200, 'application/x-protobuf', 0])
    expect(ports.taken[0]).toMatchObject({
      signal: 'traces', arrival: { tenant: 'default', transport: 'otlp/http+protobuf', peer: '192.0.2.7', receivedAt: 42n },
    })
    expect((ports.taken[0]!.data as Traces).flatMap(({ items }) => items).length).toBeGreaterThan(0)
    const json = await sendJson(ports, '{"resourceSpans":[]}')
    expect([json.status, json.headers['content-type'], json.body.toString()]).toEqual([200, 'application/json', '{}'])
  })

  it('takes JSON with the names of the .proto files, and says what it passed over', async () => {
    const ports = rig()
    const spans = '[{"scope_spans":[{"spans":[{"trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708","name":"tools/call"}]}]}]'
    const taken = await sendJson(ports, `{"resource_spans":${spans}}`)
    expect([taken.status, taken.body.toString()]).toEqual([200, '{}'])
    expect((ports.taken[0]!.data as Traces)[0]?.items).toMatchObject([{ spanId: '0102030405060708', name: 'tools/call' }])
    const empty = await sendJson(rig(() => ({ ...TAKEN, accepted: 0 })), `{"ResourceSpans":${spans}}`)
    expect([empty.status, JSON.parse(empty.body.toString())]).toEqual([200, { partialSuccess: {
      rejectedSpans: '0', errorMessage: '"resourceSpans" is missing, and nothing was taken from the unknown key "ResourceSpans"',
    } }])
    const both = await sendJson(rig(() => ({ ...TAKEN, rejected: 1, message: 'a span: bad' })), `{"resourceSpans":[{"x":1}]}`)
    expect(JSON.parse(both.body.toString())).toMatchObject({ partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringMatching(/^a span: bad; "scopeSpans"/) } })
  })

  it.each(['traces', 'logs', 'metrics'])('has /v1/%s, and takes an empty request', async (signal) => {
    const ports = rig()
    expect((await send(ports, { path: `/v1/${signal}`, body: Buffer.alloc(0) })).status).toBe(200)
    expect((await send(ports, { path: `/v1/${signal}`, body: gzipSync(Buffer.alloc(0)), headers: { 'content-encoding': 'gzip' } })).status).toBe(200)
    expect(ports.taken.map((one) => one.signal)).toEqual([signal, signal])
  })

  it('takes nothing at all neither for gzip nor for JSON', async () => {
    const ports = rig()
    expect((await send(ports, { body: Buffer.alloc(0), headers: { 'content-encoding': 'gzip' } })).status).toBe(400)
    expect((await send(ports, { body: Buffer.alloc(0), headers: { 'content-type': 'application/json' } })).status).toBe(400)
  })

  it('gives a refusal of the server the form of OTLP', () => {
    const ports = rig()
    const head = { method: 'POST', path: '/v1/traces', query: '', headers: new Map([['content-type', 'application/json']]), peer: '' }
    const { status, headers, body } = createReceiver(ports).dress(head, { status: 503, headers: { 'retry-after': '1' }, body: 'busy\n' })
    expect([status, headers, JSON.parse(String(body))]).toEqual([503, { 'retry-after': '1', 'content-type': 'application/json' }, { code: 14, message: 'busy' }])
    expect(ports.refused).toMatchObject([{ status: 503, signal: 'traces' }])
  })

  it('inflates gzip', async () => {
    const ports = rig()
    expect((await send(ports, { body: gzipSync(RECORDED), headers: { 'content-encoding': 'GZIP' } })).status).toBe(200)
    expect((await send(ports)).status).toBe(200)
    expect(ports.taken[0]!.data).toEqual(ports.taken[1]!.data)
  })

  it('says what was not taken, with 200', async () => {
    const { status, body } = await sendJson(rig(() => ({ ...TAKEN, rejected: 3, message: 'no ids' })), '{}')
    expect([status, JSON.parse(body.toString())]).toEqual([200, { partialSuccess: { rejectedSpans: '3', errorMessage: 'no ids' } }])
  })

  it.each([
    ['another path', { path: '/v1/profiles' }, 404, {}],
    ['a path with a slash more', { path: '/v1/traces/' }, 404, {}],
    ['another method', { method: 'GET' }, 405, { allow: 'POST' }],
    ['a preflight', { method: 'OPTIONS', headers: { origin: 'https://example.test' } }, 405, { allow: 'POST' }],
    ['a web page', { headers: { origin: 'http://rebound.test:4318' } }, 403, {}],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415, {}],
    ['no type', { headers: { 'content-type': '' } }, 415, {}],
    ['another coding', { headers: { 'content-encoding': 'zstd' } }, 415, { 'accept-encoding': 'gzip' }],
    ['two layers of gzip', { headers: { 'content-encoding': 'gzip, gzip' } }, 415, { 'accept-encoding': 'gzip' }],
    ['a length over the limit', { headers: { 'content-length': String(MAX + 1) } }, 413, {}],
    ['a cut-off body', { body: RECORDED.subarray(0, 1000) }, 400, {}],
    ['a body that is no gzip', { headers: { 'content-encoding': 'gzip' } }, 400, {}],
  ] as const)('refuses %s', async (_what, over, expected, headers) => {
    const ports = rig()
    const answer = await send(ports, over as Parameters<typeof send>[1])
    expect(answer.status).toBe(expected)
    expect(answer.headers).toMatchObject(headers)
    expect(answer.body.length).toBeGreaterThan(0)
    expect(ports.taken).toEqual([])
    expect(ports.refused).toMatchObject([{ status: expected }])
    // What the head decides is decided before the body is read.
    const early = createReceiver(ports).admit(request(over as Parameters<typeof request>[0]))
    expect(early?.status).toBe(expected === 400 ? undefined : expected)
  })

  it('refuses a body over the limit after inflating', async () => {
    expect((
      await send(rig(undefined, { maxBodyBytes: 10_000 }), { body: gzipSync(Buffer.alloc(10_001)), headers: { 'content-encoding': 'gzip' } })
    ).status).toBe(413)
  })

  it('answers with a Status in the encoding of the request', async () => {
    const { headers, body } = await sendJson(rig(), '{"resourceSpans":1}')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body.toString())).toEqual({ code: 3, message: 'resourceSpans: is no array' })
  })

  it('keeps a tenant to its token', async () => {
    const sha256 = createHash('sha256').update('secret').digest('hex')
    const ports = rig(undefined, { authenticate: authenticator({ tokens: () => [{ sha256, tenant: 'acme', name: 'gateway' }], now: () => 42n }) })
    const refused = await send(ports, { headers: { 'x-tenant': 'acme' } })
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    expect((await send(ports, { headers: { authorization: 'Bearer secret', 'x-tenant': 'other' } })).status).toBe(200)
    expect(ports.taken.map(({ arrival }) => arrival.tenant)).toEqual(['acme'])
  })

  it.each([
    ['away', new Failure('unavailable', 'log.full', 'The log is full.', { retryAfterSeconds: 30 }), '3'],
    ['away for a moment', new Failure('unavailable', 'log.busy', 'The log is busy.', { retryAfterSeconds: 0.2 }), '1'],
    ['our defect', new TypeError('x is not a function'), '2'],
    ['misconfigured', new Failure('misconfigured', 'x', 'y'), '2'],
  ])('asks to come again when ingest is %s, and never says 500', async (_what, error, seconds) => {
    const ports = rig(() => Promise.reject(error))
    const { status, headers } = await send(ports)
    expect([status, headers['retry-after']]).toEqual([503, seconds])
    expect(ports.refused[0]!.cause).toBe(error)
    expect(ports.inFlight.used).toBe(0)
  })

  it('shows nothing of our defects', async () => {
    const { body } = await sendJson(rig(() => Promise.reject(new Error('/secret/path'))), '{}')
    expect(body.toString()).not.toContain('/secret/path')
  })

  it('refuses for good what ingest rejects', async () => {
    expect((await send(rig(() => Promise.reject(new Failure('rejected', 'x', 'no'))))).status).toBe(400)
  })

  it('holds back when too many bytes are being worked on, and takes them afterwards', async () => {
    let finish = (_: IngestResult): void => {}
    const waiting = new Promise<IngestResult>((resolve) => (finish = resolve))
    const ports = rig(() => waiting, { inFlight: new InFlight(RECORDED.length + 10) })
    const first = send(ports)
    const second = await send(ports)
    expect([second.status, second.headers['retry-after']]).toEqual([503, '1'])
    finish(TAKEN)
    expect((await first).status).toBe(200)
    expect((await send(ports)).status).toBe(200)
    expect(ports.inFlight.used).toBe(0)
  })
})

describe('OTLP/gRPC', () => {
  const call = (ports: ReceivePorts, message: Buffer, metadata: Record<string, string> = {}) =>
    rpcHandlers(ports).get(EXPORT_TRACES)!.answer({ message, metadata: new Map(Object.entries(metadata)), peer: '192.0.2.7' })

  it('has the three services', () => {
    expect([...rpcHandlers(rig()).keys()]).toEqual([
      EXPORT_TRACES, '/opentelemetry.proto.collector.logs.v1.LogsService/Export', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    ])
  })

  it('hands over the same telemetry as HTTP', async () => {
    const ports = rig()
    expect(await call(ports, RECORDED)).toEqual({ status: RPC_STATUS.ok, message: Buffer.alloc(0) })
    await send(ports)
    expect(ports.taken[0]!.data).toEqual(ports.taken[1]!.data)
    expect(ports.taken[0]!.arrival).toMatchObject({ tenant: 'default', transport: 'otlp/grpc', peer: '192.0.2.7' })
  })

  it('refuses a stranger on the metadata alone, and admits whom it knows', () => {
    const ports = rig(
      undefined, { authenticate: ({ authorization }) => (authorization === 'Bearer yes' ? { tenant: 'acme', name: 'a' } : { refusal: 'no' }) },
    )
    const admit = (metadata: Record<string, string>) =>
      rpcHandlers(ports).get(EXPORT_TRACES)!.admit({ metadata: new Map(Object.entries(metadata)), peer: '192.0.2.7' })
    expect(admit({ authorization: 'Bearer yes' })).toBeUndefined()
    expect(admit({})).toMatchObject({ status: RPC_STATUS.unauthenticated, reason: 'no' })
    expect(ports.refused).toMatchObject([{ transport: 'otlp/grpc', peer: '192.0.2.7', status: RPC_STATUS.unauthenticated }])
  })

  it('tells bad data from trouble', async () => {
    expect(await call(rig(), Buffer.from([0x0a, 0x80]))).toMatchObject({ status: RPC_STATUS.invalidArgument })
    expect(await call(rig(undefined, { maxBodyBytes: 10 }), RECORDED)).toMatchObject({ status: RPC_STATUS.resourceExhausted })
    expect(await call(rig(() => Promise.reject(new Error('x'))), RECORDED)).toMatchObject({ status: RPC_STATUS.unavailable })
    expect(await call(rig(undefined, { authenticate: () => ({ refusal: 'no' }) }), RECORDED)).toMatchObject({
      status: RPC_STATUS.unauthenticated, reason: 'no',
    })
  })
})
