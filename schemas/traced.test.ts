import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { beforeEach, describe, expect, it } from 'vitest'
import { Failure } from './failure.ts'
import { parentageOf, traced } from './traced.ts'

const exporter = new InMemorySpanExporter()
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
beforeEach(() => exporter.reset())

describe('traced', () => {
  it('ends its span with the work and hands the result on', async () => {
    expect(await traced(tracer, { name: 'work', kind: SpanKind.CLIENT, attributes: { n: 1 } }, async (span) => span.isRecording())).toBe(true)
    expect(exporter.getFinishedSpans()).toMatchObject([{ name: 'work', kind: SpanKind.CLIENT, attributes: { n: 1 }, status: { code: SpanStatusCode.UNSET } }])
  })

  it.each([
    [new Failure('unavailable', 'log.full', 'holds hunter2'), 'log.full'],
    [new TypeError('holds hunter2'), 'TypeError'],
    ['hunter2', 'string'],
  ])('says the class of what was thrown (%o), never its words', async (thrown, type) => {
    await expect(traced(tracer, { name: 'work' }, () => Promise.reject(thrown as Error))).rejects.toBe(thrown)
    const [span] = exporter.getFinishedSpans()
    expect(span).toMatchObject({ attributes: { 'error.type': type }, status: { code: SpanStatusCode.ERROR }, events: [] })
    expect(JSON.stringify([span?.attributes, span?.status])).not.toContain('hunter2')
  })

  it('records nothing, and works, where no provider is registered', async () => {
    expect(await traced(trace.getTracer('none'), { name: 'work' }, async (span) => span.isRecording())).toBe(false)
  })
})

describe('parentageOf', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const spanId = '00f067aa0ba902b7'
  const sent = `00-${traceId}-${spanId}-01`

  it('links to the caller, and joins it only when told to', () => {
    const linked = parentageOf(sent, false)
    expect(linked.links).toMatchObject([{ context: { traceId, spanId, traceFlags: 1, isRemote: true } }])
    expect(trace.getSpanContext(linked.parent)).toBeUndefined()
    const joined = parentageOf(sent, true)
    expect([joined.links, trace.getSpanContext(joined.parent)]).toEqual([[], { traceId, spanId, traceFlags: 1, isRemote: true }])
  })

  it('reads what a later version sends', () => {
    expect(parentageOf(`cc-${traceId}-${spanId}-00-more`, false).links).toMatchObject([{ context: { traceId, spanId, traceFlags: 0 } }])
  })

  it.each([
    undefined, '', 'x', `ff-${traceId}-${spanId}-01`, `00-${'0'.repeat(32)}-${spanId}-01`, `00-${traceId}-${'0'.repeat(16)}-01`, `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`, `00-${traceId}-${spanId}-01x`, ` ${sent}`, `00-${'a'.repeat(100_000)}`,
  ])('takes nothing from %s', (text) => {
    for (const join of [false, true]) expect(parentageOf(text, join)).toEqual({ parent: ROOT_CONTEXT, links: [] })
  })
})
