import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { authenticator } from './authenticate.ts'
import { InFlight } from './in-flight.ts'
import type { IngestResult } from './ingest-port.ts'
import { DECODE_LIMITS } from './otlp/model.ts'
import { createReceiver, type ReceivePorts } from './receive.ts'
import { rpcHandlers } from './receive-rpc.ts'

const exporter = new InMemorySpanExporter()
beforeAll(() => void trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })))
afterAll(() => trace.disable())
beforeEach(() => exporter.reset())

const MAX = 1_048_576
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`

function ports(answer: () => Promise<IngestResult>, over: Partial<ReceivePorts> = {}): ReceivePorts {
  let now = 1_700_000_000_000_000_000n
  return {
    ingest: { traces: answer, logs: answer, metrics: answer }, authenticate: authenticator({ tokens: () => [], now: () => 1n }), inFlight: new InFlight(MAX), limits: DECODE_LIMITS,
    maxBodyBytes: MAX,
    clock: { now: () => (now += 5_000_000n) }, untaken: () => undefined, ...over,
  }
}
const result = (over: Partial<IngestResult> = {}) =>
  async (): Promise<IngestResult> => ({ accepted: 4, own: false, rejected: 1, message: '', ...over })

const post = (receive: ReceivePorts, headers: Record<string, string> = {}, body = '{}') =>
  createReceiver(receive).handle({
    method: 'POST', path: '/v1/logs', query: '', peer: '192.0.2.7', body: Buffer.from(body),
    headers: new Map(Object.entries({ 'content-type': 'application/json', ...headers })),
  })
const spans = () => exporter.getFinishedSpans()

describe('spans of export requests', () => {
  it('are not made where nobody takes them', async () => {
    expect((await post(ports(result(), { traced: false }))).status).toBe(200)
    expect(spans()).toEqual([])
  })

  it('say what came, from which tenant, and what became of it', async () => {
    await post(ports(result()))
    expect(spans()).toMatchObject([{
      name: 'ingest logs', kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET },
      attributes: {
        'watchkeeper.signal': 'logs', 'watchkeeper.encoding': 'json', 'watchkeeper.transport': 'otlp/http+json', 'watchkeeper.tenant': 'default',
        'watchkeeper.outcome': 'accepted', 'watchkeeper.accepted': 4, 'watchkeeper.rejected': 1,
      },
    }])
    expect(spans()[0]?.duration[1]).toBeGreaterThanOrEqual(5_000_000)
  })

  it('link to their callers, over HTTP and gRPC, and join them only where the configuration says so', async () => {
    await post(ports(result()), { traceparent: PARENT })
    await rpcHandlers(ports(result())).get('/opentelemetry.proto.collector.logs.v1.LogsService/Export')!
      .answer({ message: Buffer.alloc(0), metadata: new Map([['traceparent', PARENT]]), peer: '192.0.2.7' })
    for (const span of spans()) {
      expect([span.parentSpanContext, span.links.map(({ context }) => context.traceId)]).toEqual([undefined, [TRACE]])
      expect(span.spanContext().traceId).not.toBe(TRACE)
    }
    expect(spans().map(({ attributes }) => attributes['watchkeeper.transport'])).toEqual(['otlp/http+json', 'otlp/grpc'])
    exporter.reset()
    await post(ports(result(), { joinCallers: true }), { traceparent: PARENT })
    expect([spans()[0]?.spanContext().traceId, spans()[0]?.links]).toEqual([TRACE, []])
  })

  it('tell bad data from trouble of ours, and repeat neither', async () => {
    await post(ports(result()), {}, '{"resourceLogs":hunter2')
    await post(ports(() => Promise.reject(new Failure('unavailable', 'log.full', 'hunter2'))))
    await post(ports(() => Promise.reject(new Error('hunter2'))))
    expect(spans().map(({ status, attributes }) => [status.code, attributes['error.type'], attributes['watchkeeper.outcome']])).toEqual([
      [SpanStatusCode.UNSET, 'otlp.undecodable', 'refused'], [SpanStatusCode.ERROR, 'unavailable', 'later'],
      [SpanStatusCode.ERROR, 'unavailable', 'later'],
    ])
    expect(JSON.stringify(spans().map(({ attributes, status, events }) => [attributes, status, events]))).not.toContain('hunter2')
  })

  it('are not made for strangers, nor for what is nothing but our own spans', async () => {
    const tokens = [{ sha256: '0'.repeat(64), tenant: 'acme', name: 'a' }]
    expect((await post(ports(result(), { authenticate: authenticator({ tokens: () => tokens, now: () => 1n }) }))).status).toBe(401)
    expect((await post(ports(result({ accepted: 0, rejected: 0, own: true })))).status).toBe(200)
    expect(spans()).toEqual([])
  })
})
