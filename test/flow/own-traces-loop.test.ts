/** Our own spans sent to our own collector: they are taken, skipped, and no reason for new ones. */
import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { type HttpServer, startHttpServer } from '../../infra/http/server.ts'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import { startTraces } from '../../infra/otel/traces.ts'
import type { Publisher } from '../../schemas/ports.ts'
import { authenticator } from '../../services/collector/authenticate.ts'
import { InFlight } from '../../services/collector/in-flight.ts'
import type { Ingest, IngestResult } from '../../services/collector/ingest-port.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { DECODE_LIMITS, type Traces } from '../../services/collector/otlp/model.ts'
import { createPipeline } from '../../services/collector/pipeline.ts'
import { createReceiver } from '../../services/collector/receive.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'

const RECORDED = readFileSync('test/fixtures/otlp/pydantic-ai/004_v1_traces.bin')
const MAX = 1_048_576
const DELAY_MS = 20

let server: HttpServer | undefined
afterEach(async () => {
  delete process.env['OTEL_BSP_SCHEDULE_DELAY']
  delete process.env['OTEL_EXPORTER_OTLP_HEADERS']
  await server?.stop()
})

interface Request {
  readonly traces: Traces
  readonly result: IngestResult
}

/** A collector over a real socket, with the real steps but for the bus. `taken` sees each request of spans. */
async function openCollector(taken: (request: Request) => void, authorised: (header: string | undefined) => void): Promise<string> {
  const nowhere: Publisher = { publish: async () => undefined, broadcast: async () => undefined }
  const pipeline = createPipeline({
    bus: nowhere, normaliser: createNormaliser({ mcpPaths: ['/mcp'] }), redactor: createRedactor(createKeyedHash(Buffer.alloc(32, 1))),
    telemetry: { received: () => undefined, receivedMetrics: () => undefined },
  })
  const ingest: Ingest = {
    ...pipeline,
    async traces(traces, arrival) {
      const result = await pipeline.traces(traces, arrival)
      taken({ traces, result })
      return result
    },
  }
  const receiver = createReceiver({
    ingest, authenticate: authenticator({ tokens: () => [], now: () => 1n }), inFlight: new InFlight(MAX), limits: DECODE_LIMITS, maxBodyBytes: MAX, untaken: () => undefined,
    clock: { now: () => BigInt(Date.now()) * 1_000_000n },
  })
  server = await startHttpServer({
    name: 'OTLP/HTTP', host: '127.0.0.1', port: 0, maxBodyBytes: MAX,
    handle: (request) => {
      authorised(request.headers.get('x-key'))
      return receiver.handle(request)
    },
  })
  return `http://127.0.0.1:${server.address.port}`
}

it('sends the span of a request to our own collector once, and makes none of that', async () => {
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = String(DELAY_MS)
  process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'x-key=k3y'
  const requests: Request[] = []
  const keys: (string | undefined)[] = []
  const endpoint = await openCollector((request) => requests.push(request), (key) => keys.push(key))
  const exported = () => requests.filter(({ result: { own } }) => own).flatMap(({ traces: sent }) => sent.flatMap(({ items }) => items))
  const traces = startTraces({ endpoint, sampleRatio: 1, version: '1.2.3', changed: (trouble) => expect(trouble).toBeUndefined() })
  try {
    // The second request comes after the export of the first: a span of that export would go out with the second's, or before it.
    for (const count of [1, 2]) {
      const response = await fetch(`${endpoint}/v1/traces`, { method: 'POST', body: RECORDED, headers: { 'content-type': 'application/x-protobuf' } })
      expect(response.status).toBe(200)
      await expect.poll(() => exported().length, { interval: 5 }).toBeGreaterThanOrEqual(count)
    }
  } finally {
    await traces.stop()
  }
  expect(requests.map(({ result: { accepted, own } }) => [accepted > 0, own])).toEqual([[true, false], [false, true], [true, false], [false, true]])
  expect(keys).toEqual([undefined, 'k3y', undefined, 'k3y'])
  const [group] = requests[1]!.traces
  expect([...group?.resource.attributes ?? []]).toEqual([
    ['service.name', 'watchkeeper'], ['service.version', '1.2.3'], ['watchkeeper.telemetry', 'true'],
  ])
  expect(exported().map(({ name, kind }) => [name, kind])).toEqual([['ingest traces', 2], ['ingest traces', 2]])
})

it('says once that nobody takes them, ends soon all the same, and leaves the API as it was', async () => {
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = String(DELAY_MS)
  server = await startHttpServer({
    name: 'Refuser', host: '127.0.0.1', port: 0, maxBodyBytes: MAX, handle: async () => ({ status: 400, headers: {}, body: 'no' }),
  })
  const { trace } = await import('@opentelemetry/api')
  const said: (string | undefined)[] = []
  let heard = (): void => undefined
  const told = new Promise<void>((resolve) => (heard = resolve))
  const traces = startTraces({
    endpoint: `http://127.0.0.1:${server.address.port}/`, sampleRatio: 1, version: '1', changed: (trouble) => {
      said.push(trouble)
      heard()
    },
  })
  trace.getTracer('test').startSpan('one').end()
  await told
  trace.getTracer('test').startSpan('two').end()
  await Promise.all([traces.stop(), traces.stop()])
  expect(said).toEqual([expect.any(String)])
  expect(trace.getTracer('test').startSpan('three').isRecording()).toBe(false)
})

it('refuses to be a second SDK in one process', async () => {
  const options = { endpoint: 'http://127.0.0.1:9', sampleRatio: 1, version: '1', changed: () => undefined }
  const first = startTraces(options)
  expect(() => startTraces(options)).toThrow(/Another OpenTelemetry SDK/)
  await first.stop()
})

it('keeps the part that is asked for', async () => {
  const { trace } = await import('@opentelemetry/api')
  const traces = startTraces({ endpoint: 'http://127.0.0.1:9', sampleRatio: 0, version: '1', changed: () => undefined })
  expect(trace.getTracer('test').startSpan('x').isRecording()).toBe(false)
  await traces.stop()
})
