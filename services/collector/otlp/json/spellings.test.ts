import { describe, expect, it } from 'vitest'
import { decode } from '../decode.ts'
import { DECODE_LIMITS, type Signal } from '../model.ts'

const of = (signal: Signal, json: unknown) => decode({ signal, encoding: 'json', bytes: Buffer.from(JSON.stringify(json)) }, DECODE_LIMITS)
const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
/** Every key as the .proto files spell it. In OTLP no key of an object is data. */
const original = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(original)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [snake(key), original(value)]))
}

const [traceId, spanId] = ['0102030405060708090a0b0c0d0e0f10', '0102030405060708']
const attributes = [
  { key: 'aB', value: { stringValue: 'x' } }, { key: 'b', value: { boolValue: true } }, { key: 'c', value: { intValue: '7' } },
  { key: 'd', value: { doubleValue: 1.5 } }, { key: 'e', value: { bytesValue: 'AQID' } },
  { key: 'f', value: { arrayValue: { values: [{ kvlistValue: { values: [{ key: 'gH', value: { stringValue: 'y' } }] } }] } } },
]
const around = { resource: { attributes }, schemaUrl: 'x' }
const scope = { scope: { name: 's', version: '1', attributes }, schemaUrl: 'x' }
const [startTimeUnixNano, endTimeUnixNano, timeUnixNano] = ['1795225724644000123', '1795225724644000124', '1795225724644000125']
const point = { attributes, startTimeUnixNano, timeUnixNano }
const histogram = { aggregationTemporality: 2, dataPoints: [{ ...point, count: '3', sum: 4.5 }] }
const BODIES: Readonly<Record<Signal, unknown>> = {
  traces: { resourceSpans: [{ ...around, scopeSpans: [{ ...scope, spans: [{
    traceId, spanId, parentSpanId: '0102030405060709', traceState: 'a=b', name: 'n', kind: 2, startTimeUnixNano, endTimeUnixNano, attributes,
    events: [{ timeUnixNano, name: 'e', attributes }], links: [{ traceId, spanId }], status: { code: 2, message: 'm' },
  }] }] }] },
  logs: { resourceLogs: [{ ...around, scopeLogs: [{ ...scope, logRecords: [{
    timeUnixNano, observedTimeUnixNano: endTimeUnixNano, severityNumber: 9, severityText: 'INFO', eventName: 'e', body: { stringValue: 'b' }, attributes,
    traceId, spanId,
  }] }] }] },
  metrics: { resourceMetrics: [{ ...around, scopeMetrics: [{ ...scope, metrics: [
    { name: 'sum', unit: 's', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...point, asInt: '7' }] } },
    { name: 'gauge', gauge: { dataPoints: [{ ...point, asDouble: 1.5 }] } }, { name: 'histogram', histogram },
    { name: 'exponential', exponentialHistogram: histogram }, { name: 'summary', summary: { dataPoints: [{ ...point, count: '3', sum: 4.5 }] } },
  ] }] }] },
}
const SIGNALS = Object.keys(BODIES) as Signal[]

/** Each key of several words on its own: all else is as the specification wants it. */
function* oneByOne(json: unknown): Generator<readonly [key: string, body: unknown]> {
  const keys = new Set(JSON.stringify(json).match(/"[a-z]+[A-Z]\w*":/g)?.map((text) => text.slice(1, -2)))
  for (const key of keys) yield [key, JSON.parse(JSON.stringify(json).replaceAll(`"${key}":`, `"${snake(key)}":`)) as unknown]
}

describe('keys of OTLP/JSON', () => {
  it.each(SIGNALS)('mean the same in lowerCamelCase and as the .proto files spell them: %s', (signal) => {
    const body = BODIES[signal]
    const expected = of(signal, body)
    expect(expected.data[0]?.items.length).toBeGreaterThan(0)
    expect(of(signal, original(body))).toEqual(expected)
    for (const [key, mixed] of oneByOne(body)) expect(of(signal, mixed), key).toEqual(expected)
  })

  it('are refused where both spellings stand side by side', () => {
    const twice = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, trace_id: traceId }] }] }] }
    expect(() => of('traces', twice)).toThrow('traceId: is there twice, the second time as trace_id')
    expect(() => of('traces', { resourceSpans: [], resource_spans: null })).toThrow(/resourceSpans: is there twice/)
  })

  it('are told to the sender where they stand instead of what should be there, and else ignored', () => {
    const warning = (signal: Signal, json: unknown) => of(signal, json).warning
    expect(warning('traces', { resourceLogs: [] })).toBe('"resourceSpans" is missing, and nothing was taken from the unknown key "resourceLogs"')
    expect(warning('logs', { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }))
      .toBe('"resourceLogs" is missing, and nothing was taken from the unknown keys "a", "b", "c", "d", "e" and 1 more')
    expect(warning('traces', { resourceSpans: [{ resource: {}, schema_url: '', instrumentationLibrarySpans: [{}] }, { scopeSpans: [{ span: [] }] }] })).toBe(
      '"scopeSpans" is missing, and nothing was taken from the unknown key "instrumentationLibrarySpans"; ' +
      '"spans" is missing, and nothing was taken from the unknown key "span"',
    )
    expect(warning('metrics', { ['k'.repeat(1_000)]: 1 }).length).toBeLessThan(200)
    for (const signal of SIGNALS) {
      expect(warning(signal, {})).toBe('')
      expect(warning(signal, { ...(BODIES[signal] as object), more: 1 })).toBe('')
    }
    expect(warning('traces', { resourceSpans: null, more: 1 })).toBe('')
    expect(warning('traces', { resourceSpans: [{ resource: {} }, { scopeSpans: [{ scope: {} }] }] })).toBe('')
  })
})
