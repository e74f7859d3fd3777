/** `watchkeeper serve` with its own traces switched on: its spans arrive at a receiver over OTLP/HTTP, the last ones when it is asked to end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { type HttpServer, startHttpServer } from '../../infra/http/server.ts'
import { DECODE_LIMITS, type Span } from '../../services/collector/otlp/model.ts'
import { decodeTraces } from '../../services/collector/otlp/protobuf/traces.ts'

const RECORDED = readFileSync('test/fixtures/otlp/pydantic-ai/004_v1_traces.bin')
const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-traces-'))
const spans: Span[] = []
let receiver: HttpServer
let server: ServerProcess

beforeAll(async () => {
  receiver = await startHttpServer({
    name: 'receiver', host: '127.0.0.1', port: 0, maxBodyBytes: 16_777_216,
    async handle({ path, body }) {
      if (path === '/v1/traces') spans.push(...decodeTraces(body, DECODE_LIMITS).flatMap(({ items }) => items))
      return { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: '' }
    },
  })
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({
    assembler: { quiet_seconds: 0.5 }, telemetry: { traces: { otlp_endpoint: `http://127.0.0.1:${receiver.address.port}`, sample_ratio: 1 } },
  }))
  server = await startServer({ dataDir: join(folder, 'data'), config, env: { OTEL_BSP_SCHEDULE_DELAY: '100' } })
})
afterAll(async () => {
  await stopServer(server)
  await receiver.stop()
  rmSync(folder, { recursive: true, force: true })
})

const named = (name: string) => spans.filter((span) => span.name === name)

it('sends a span for a request, for what the parts make of it, and for a query', async () => {
  const response = await fetch(`${server.otlpHttp}/v1/traces`, {
    method: 'POST', body: RECORDED, headers: { 'content-type': 'application/x-protobuf' },
  })
  expect(response.status).toBe(200)
  await ask(server, "SELECT 'hunter2'")
  const awaited = ['ingest traces', 'watch events', 'assemble', 'watch interactions', 'insert audit_events', 'insert interactions', 'SQL query']
  await expect.poll(() => awaited.filter((name) => named(name).length === 0), { timeout: 30_000 }).toEqual([])
  const [ingest] = named('ingest traces')
  expect(ingest?.kind).toBe(2)
  expect(Object.fromEntries(ingest!.attributes)).toMatchObject({
    'watchkeeper.signal': 'traces', 'watchkeeper.encoding': 'protobuf', 'watchkeeper.tenant': 'default', 'watchkeeper.outcome': 'accepted',
    'watchkeeper.rejected': 0,
  })
  expect(Number(ingest!.attributes.get('watchkeeper.accepted'))).toBeGreaterThan(0)
  expect(
    JSON.stringify(spans.map(({ name, attributes, statusMessage }) => [name, [...attributes].map(String), statusMessage])),
  ).not.toContain('hunter2')
})

it('sends the last spans when it is asked to end', async () => {
  const before = named('ingest logs').length
  await fetch(`${server.otlpHttp}/v1/logs`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  await stopServer(server)
  expect(server.child.exitCode).toBe(0)
  expect(named('ingest logs').length).toBe(before + 1)
})
