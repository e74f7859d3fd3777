/** What the parts say of their work in spans, and that nobody's data is in them. */
import { createHash } from 'node:crypto'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { Row } from '../../schemas/ports.ts'
import { tracedDelivery } from '../../services/alerter/tracing.ts'
import { type InsertStore, tracedStore } from '../../services/archiver/traced-store.ts'
import { SqlConfig } from '../../services/sql/config.ts'
import { createSqlEndpoint } from '../../services/sql/endpoint.ts'

const exporter = new InMemorySpanExporter()
beforeAll(() => void trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })))
afterAll(() => trace.disable())
beforeEach(() => exporter.reset())
const spans = () => exporter.getFinishedSpans()
const never = () => Promise.reject(new Error('not asked for here'))

it('archiver: one span an insert, failed ones included', async () => {
  const away = new Failure('unavailable', 'store.away', 'away')
  const store: InsertStore = { insertEvents: async () => undefined, insertLeaves: async () => undefined, insertRows: () => Promise.reject(away), places: never, eventIdsFrom: never, query: never }
  const traced = tracedStore(store)
  await traced.insertEvents([], 'token')
  await expect(traced.insertRows('findings', [{ observed: 'hunter2' } satisfies Row], 'token')).rejects.toBe(away)
  expect(spans().map(({ name, attributes, status }) => [name, attributes, status.code])).toEqual([
    ['insert audit_events', { 'watchkeeper.table': 'audit_events', 'watchkeeper.rows': 0 }, SpanStatusCode.UNSET],
    ['insert findings', { 'watchkeeper.table': 'findings', 'watchkeeper.rows': 1, 'error.type': 'store.away' }, SpanStatusCode.ERROR],
  ])
})

it('alerter: one client span an attempt, without the body and what was answered', async () => {
  const pending = {
    messageId: 'msg_1', tenant: 'acme', alertId: 'a', alertVersion: 1, receiver: 'on-call', line: 'a', body: Buffer.from('hunter2'), severity: 'high' as const, attempts: 1, nextAt: 0n,
    madeAt: 0n, spare: undefined,
  }
  for (const status of [204, 503, 0]) await tracedDelivery(pending, async () => ({ status, text: 'hunter2', retryAfterSeconds: undefined }))
  expect(spans().map(({ kind, attributes, status }) => [
    kind, attributes['http.response.status_code'], attributes['error.type'], status.code,
  ])).toEqual([
    [SpanKind.CLIENT, 204, undefined, SpanStatusCode.UNSET], [SpanKind.CLIENT, 503, '503', SpanStatusCode.ERROR],
    [SpanKind.CLIENT, undefined, 'no_answer', SpanStatusCode.ERROR],
  ])
  expect(spans()[0]?.attributes).toMatchObject({
    'watchkeeper.receiver': 'on-call', 'watchkeeper.attempt': 2, 'watchkeeper.message_id': 'msg_1', 'watchkeeper.tenant': 'acme',
  })
  expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('hunter2')
})

it('SQL: one server span a query, linked to its caller, with a hash where the text would be', async () => {
  const text = "SELECT 'hunter2'"
  const engine = { session: () => Promise.reject(new Error(`engine failed on ${text}`)), catalogue: never }
  const endpoint = createSqlEndpoint(SqlConfig.parse({}), {
    engine, loopback: false, now: () => 0, audited: () => undefined, failed: () => undefined,
  })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = new Map([['traceparent', `00-${traceId}-00f067aa0ba902b7-01`]])
  await endpoint.handle({ method: 'POST', path: '/', query: '', headers, peer: '127.0.0.1', body: Buffer.from(text) })
  const [span] = spans()
  expect(span).toMatchObject({ name: 'SQL query', kind: SpanKind.SERVER, status: { code: SpanStatusCode.ERROR }, links: [{ context: { traceId } }] })
  expect(span?.attributes).toMatchObject({ 'watchkeeper.query_hash': createHash('sha256').update(text).digest('hex'), 'watchkeeper.user': 'default' })
  expect(JSON.stringify([span?.name, span?.attributes, span?.status, span?.events])).not.toContain('hunter2')
})
