/** Real exporters of OpenTelemetry, JavaScript and Python, against our receivers over real sockets. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { Metadata } from '@grpc/grpc-js'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import type { SpanExporter } from '@opentelemetry/sdk-trace-node'
import { afterEach, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { IngestResult } from '../../services/collector/ingest-port.ts'
import { Double } from '../../services/collector/otlp/model.ts'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig, OtlpRigOptions } from './otlp-rig.ts'

const SPANS = 40
const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex')
let rig: OtlpRig | undefined
afterEach(async () => {
  await rig?.stop()
  rig = undefined
})

const open = async (options?: OtlpRigOptions): Promise<OtlpRig> => (rig = await openOtlp(options))
// The exporters' own type says so only by number.
const GZIP = 'gzip' as never

interface Sender {
  exporter(rig: OtlpRig, token?: string): SpanExporter
  readonly transport: string
}
const headers = (token?: string): Record<string, string> => (token === undefined ? {} : { authorization: `Bearer ${token}` })
const SENDERS: Readonly<Record<string, Sender>> = {
  'HTTP protobuf': {
    exporter: ({ http }, token) => new ProtoExporter({ url: `${http}/v1/traces`, headers: headers(token) }), transport: 'otlp/http+protobuf',
  },
  'HTTP protobuf, gzip': {
    exporter: ({ http }, token) => new ProtoExporter({ url: `${http}/v1/traces`, compression: GZIP, headers: headers(token) }),
    transport: 'otlp/http+protobuf',
  },
  'HTTP JSON': {
    exporter: ({ http }, token) => new JsonExporter({ url: `${http}/v1/traces`, headers: headers(token) }), transport: 'otlp/http+json',
  },
  gRPC: { exporter: ({ grpc }, token) => new GrpcExporter({ url: `http://${grpc}`, metadata: metadataOf(token) }), transport: 'otlp/grpc' },
  'gRPC, gzip': {
    exporter: ({ grpc }, token) => new GrpcExporter({ url: `http://${grpc}`, compression: GZIP, metadata: metadataOf(token) }),
    transport: 'otlp/grpc',
  },
}

function metadataOf(token?: string): Metadata {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  return metadata
}

/** Makes `SPANS` spans and waits until the exporter says that they are delivered. */
async function send(exporter: SpanExporter): Promise<void> {
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  const tracer = provider.getTracer('mcp', '1.2.3')
  for (let index = 0; index < SPANS; index++) {
    const span = tracer.startSpan('tools/call read_file', { kind: SpanKind.CLIENT })
    span.setAttributes({ 'mcp.method.name': 'tools/call', number: index, half: index + 0.5, yes: true, list: ['a', 'b'], note: 'é😀' })
    span.addEvent('asked', { by: 'user' })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no such file' })
    span.end()
  }
  await provider.forceFlush()
  await provider.shutdown()
}

/** An ingest that is away once, has a defect once, and then works. */
function troubleTwice(): () => IngestResult {
  let calls = 0
  return () => {
    if (++calls === 1) throw new Failure('unavailable', 'log.full', 'full', { retryAfterSeconds: 1 })
    if (calls === 2) throw new Error('defect')
    return { accepted: 1, own: false, rejected: 0, message: '' }
  }
}

describe.each(Object.entries(SENDERS))('OpenTelemetry JS: %s', (_name, { exporter, transport }) => {
  it('delivers every span as it was made', async () => {
    const rig = await open()
    await send(exporter(rig))
    const spans = rig.spans()
    expect(spans.length).toBe(SPANS)
    expect(rig.traces[0]!.arrival).toMatchObject({ tenant: 'default', transport, peer: '127.0.0.1' })
    expect(rig.traces[0]!.data[0]!.scope).toMatchObject({ name: 'mcp', version: '1.2.3' })
    const span = spans.find(({ attributes }) => attributes.get('number') === 7)
    expect(span).toMatchObject({ name: 'tools/call read_file', kind: 3, statusCode: 2, statusMessage: 'no such file', parentSpanId: '' })
    expect(span!.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(span!.endedAt).toBeGreaterThanOrEqual(span!.startedAt)
    expect(span!.events.map(({ name, attributes }) => [name, [...attributes]])).toEqual([['asked', [['by', 'user']]]])
    expect([...span!.attributes]).toEqual([
      ['mcp.method.name', 'tools/call'], ['number', 7], ['half', new Double(7.5)], ['yes', true], ['list', ['a', 'b']], ['note', 'é😀'],
    ])
  })

  // The JavaScript gRPC exporter (0.223) never comes again, whatever it is told. The README says so; when this fails, it may stop saying it.
  if (transport === 'otlp/grpc') it('hears after trouble that nothing was taken, and leaves it at that', async () => {
    const rig = await open({ answer: troubleTwice() })
    await expect(send(exporter(rig))).rejects.toMatchObject([{ code: 14 }])
    expect([rig.spans().length, rig.untaken.map(({ status }) => status)]).toEqual([0, [14]])
  })
  else it('comes again after trouble, so that nothing is lost', async () => {
    const rig = await open({ answer: troubleTwice() })
    await send(exporter(rig))
    expect(rig.spans().length).toBe(SPANS)
    expect(rig.untaken.length).toBe(2)
  })

  it('takes a partial success for an answer', async () => {
    const rig = await open({ answer: () => ({ accepted: 1, own: false, rejected: 3, message: 'Span: has no ids' }) })
    await send(exporter(rig))
    expect([rig.traces.length, rig.untaken.length]).toEqual([1, 0])
  })

  it('sends for the tenant of its token', async () => {
    const rig = await open({ tokens: [{ sha256: sha256Hex('t0ken'), tenant: 'acme', name: 'agents' }] })
    await send(exporter(rig, 't0ken'))
    expect(rig.traces.map(({ arrival }) => arrival.tenant)).toEqual(['acme'])
    await send(exporter(rig, 'other')).catch(() => {})
    expect([rig.traces.length, rig.untaken[0]?.status]).toEqual([1, transport === 'otlp/grpc' ? 16 : 401])
  })
})

/** A python that has opentelemetry-sdk and opentelemetry-exporter-otlp. */
const PYTHON = process.env['WATCHKEEPER_PYTHON']
const run = promisify(execFile)

const PROGRAM = `
import sys
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
kind, endpoint = sys.argv[1], sys.argv[2]
if kind == 'grpc':
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from grpc import Compression
    spans = OTLPSpanExporter(endpoint=endpoint, insecure=True, compression=Compression.Gzip)
    points = OTLPMetricExporter(endpoint=endpoint, insecure=True)
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http import Compression
    spans = OTLPSpanExporter(endpoint=endpoint + '/v1/traces', compression=Compression.Gzip)
    points = OTLPMetricExporter(endpoint=endpoint + '/v1/metrics')
resource = Resource.create({'service.name': 'py'})
tracing = TracerProvider(resource=resource)
tracing.add_span_processor(BatchSpanProcessor(spans))
tracer = tracing.get_tracer('mcp', '1')
for index in range(${SPANS}):
    with tracer.start_as_current_span('tools/call', attributes={'number': index, 'big': 2 ** 62, 'note': 'é😀', 'list': ['a', 'b']}):
        pass
metering = MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(points, export_interval_millis=3600000)])
metering.get_meter('mcp').create_histogram('mcp.client.operation.duration', unit='s').record(0.25, {'mcp.method.name': 'tools/call'})
assert tracing.force_flush() and metering.force_flush()
tracing.shutdown()
metering.shutdown()
`

if (PYTHON === undefined || !existsSync(PYTHON)) {
  console.warn('the Python exporters are not tested: set WATCHKEEPER_PYTHON to a python with opentelemetry-exporter-otlp')
}
const python = describe.skipIf(PYTHON === undefined || !existsSync(PYTHON))
python('OpenTelemetry Python (set WATCHKEEPER_PYTHON to a python with opentelemetry-exporter-otlp)', () => {
  it.each(['http', 'grpc'] as const)('%s: delivers spans and metrics', async (kind) => {
    const rig = await open()
    await run(PYTHON!, ['-c', PROGRAM, kind, kind === 'http' ? rig.http : rig.grpc], { timeout: 50_000 })
    expect(rig.spans().length).toBe(SPANS)
    const span = rig.spans().find(({ attributes }) => attributes.get('number') === 7)
    expect([...span!.attributes]).toEqual([['number', 7], ['big', 2n ** 62n], ['note', 'é😀'], ['list', ['a', 'b']]])
    expect(rig.traces[0]!.data[0]!.resource.attributes.get('service.name')).toBe('py')
    // Once by the flush and once by the shutdown: cumulative points come again and again.
    const [metric] = rig.metrics.flatMap(({ data }) => data.flatMap(({ items }) => items))
    expect(metric).toMatchObject({ name: 'mcp.client.operation.duration', unit: 's', kind: 'histogram', temporality: 2, points: [{ value: 0.25, count: 1n }] })
    expect([...metric!.points[0]!.attributes]).toEqual([['mcp.method.name', 'tools/call']])
    expect(rig.untaken).toEqual([])
  })

  it.each(['http', 'grpc'] as const)('%s: comes again after trouble, so that nothing is lost', async (kind) => {
    const rig = await open({ answer: troubleTwice() })
    await run(PYTHON!, ['-c', PROGRAM, kind, kind === 'http' ? rig.http : rig.grpc], { timeout: 50_000 })
    expect(rig.spans().length).toBe(SPANS)
    expect(rig.untaken.length).toBe(2)
  })
})
