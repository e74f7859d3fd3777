/**
 * Random OTLP requests, each as three things that must mean the same: the message for the reference encoder, the OTLP/JSON object, and
 * the model that decoding must give.
 */
import fc from 'fast-check'
import { AttributeList } from '../../services/collector/otlp/attribute-list.ts'
import { Double } from '../../services/collector/otlp/model.ts'
import type { AnyValue, DataPoint, Logs, Metric, Metrics, Traces } from '../../services/collector/otlp/model.ts'

/** One value in three forms; `undefined` fields are left out by both encoders. */
export interface Forms<T> {
  readonly message: object
  readonly json: object
  readonly model: T
}

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex')).filter((text) => /[^0]/.test(text))
const maybe = <T>(arbitrary: fc.Arbitrary<T>, none: T) => fc.oneof({ weight: 4, arbitrary }, { weight: 1, arbitrary: fc.constant(none) })
const text = fc.oneof(
  fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('', '__proto__', 'constructor', 'tools/call'),
)
const nanos = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({
  min: 1_700_000_000n * 10n ** 9n, max: 1_800_000_000n * 10n ** 9n,
}))
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n)),
)
const enumeration = fc.integer({ min: 0, max: 30 })
const plain = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)
/** JSON has no infinities, no NaN, and JSON.stringify drops the sign of zero. */
const jsonDouble = (value: number) => (Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value))
const jsonInteger = (value: bigint, asNumber: boolean) => (asNumber && Number.isSafeInteger(Number(value)) ? Number(value) : String(value))

const scalar: fc.Arbitrary<Forms<AnyValue>> = fc.oneof(
  text.map((value) => ({ message: { stringValue: value }, json: { stringValue: value }, model: value })),
  fc.boolean().map((value) => ({ message: { boolValue: value }, json: { boolValue: value }, model: value })),
  fc.tuple(int64, fc.boolean()).map(([value, asNumber]) => (
    { message: { intValue: String(value) }, json: { intValue: jsonInteger(value, asNumber) }, model: plain(value) })),
  fc.double().map((value) => ({ message: { doubleValue: value }, json: { doubleValue: jsonDouble(value) }, model: new Double(value) })),
  fc.uint8Array({ maxLength: 20 }).map((value) => (
    { message: { bytesValue: value }, json: { bytesValue: Buffer.from(value).toString('base64') }, model: value })),
  fc.constant({ message: {}, json: {}, model: null }),
)

/** A type and no interface: fast-check wants it to have an index. */
type Tied = { value: Forms<AnyValue>; list: Forms<AnyValue>; map: Forms<AnyValue>; pairs: Forms<Map<string, AnyValue>> }

const { value: anyValue, pairs } = fc.letrec<Tied>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }).map((values) => ({
    message: { arrayValue: { values: values.map(({ message }) => message) } },
    json: { arrayValue: { values: values.map(({ json }) => json) } },
    model: values.map(({ model }) => model),
  })),
  map: tie('pairs').map(({ message, json, model }) => ({
    message: { kvlistValue: { values: message } }, json: { kvlistValue: { values: json } }, model,
  })),
  pairs: fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map((entries) => ({
    message: entries.map(([key, { message }]) => ({ key, value: message })),
    json: entries.map(([key, { json }]) => ({ key, value: json })),
    model: new Map(entries.map(([key, { model }]) => [key, model])),
  })),
}))

/** The same as attributes of a record. */
const attributeLists = pairs.map(({ message, json, model }) => ({ message, json, model: AttributeList.of(model) }))

const idForms = (text: string) => ({ message: Buffer.from(text, 'hex'), json: text.toUpperCase(), model: text })
const ids = fc.record({ trace: hex(16).map(idForms), span: hex(8).map(idForms), parent: maybe(hex(8), '').map(idForms) })

const event = fc.record({ at: nanos, name: text, attributes: attributeLists }).map(({ at, name, attributes }) => ({
  message: { timeUnixNano: String(at), name, attributes: attributes.message },
  json: { timeUnixNano: String(at), name, attributes: attributes.json },
  model: { at, name, attributes: attributes.model },
}))
const link = ids.map(({ trace, span }) => ({
  message: { traceId: trace.message, spanId: span.message, traceState: 'a=b', flags: 257 },
  json: { traceId: trace.json, spanId: span.json, traceState: 'a=b', flags: 257 },
  model: { traceId: trace.model, spanId: span.model },
}))

const span = fc.record({
  ids, texts: fc.tuple(text, text, text), kind: enumeration, startedAt: nanos, endedAt: nanos, attributes: attributeLists,
  events: fc.array(event, { maxLength: 2 }), links: fc.array(link, { maxLength: 2 }), code: enumeration,
}).map(({ ids, texts: [name, traceState, note], kind, startedAt, endedAt, attributes, events, links, code }) => {
  const common = {
    name, traceState, kind, startTimeUnixNano: String(startedAt), endTimeUnixNano: String(endedAt), status: { code, message: note },
    droppedAttributesCount: 7, flags: 257, droppedLinksCount: 300,
  }
  return {
    message: {
      ...common, traceId: ids.trace.message, spanId: ids.span.message, parentSpanId: ids.parent.message, attributes: attributes.message,
      events: events.map((e) => e.message), links: links.map((l) => l.message),
    },
    json: {
      ...common, traceId: ids.trace.json, spanId: ids.span.json, parentSpanId: ids.parent.json, attributes: attributes.json,
      events: events.map((e) => e.json), links: links.map((l) => l.json),
    },
    model: {
      traceId: ids.trace.model, spanId: ids.span.model, parentSpanId: ids.parent.model, traceState, name, kind, startedAt, endedAt,
      attributes: attributes.model, events: events.map((e) => e.model), links: links.map((l) => l.model), statusCode: code, statusMessage: note,
    },
  }
})

const logRecord = fc.record({
  ids, texts: fc.tuple(text, text), severity: enumeration, at: nanos, observedAt: nanos, attributes: attributeLists, body: anyValue,
})
  .map(({ ids, texts: [severityText, eventName], severity, at, observedAt, attributes, body }) => {
    const common = { timeUnixNano: String(at), observedTimeUnixNano: String(observedAt), severityNumber: severity, severityText, eventName, flags: 1 }
    return {
      message: { ...common, traceId: ids.trace.message, spanId: ids.span.message, attributes: attributes.message, body: body.message },
      json: { ...common, traceId: ids.trace.json, spanId: ids.span.json, attributes: attributes.json, body: body.json },
      model: {
        at, observedAt, severityNumber: severity, severityText, body: body.model, eventName, attributes: attributes.model,
        traceId: ids.trace.model, spanId: ids.span.model,
      },
    }
  })

const sum = fc.option(fc.double({ noNaN: true }), { nil: undefined })
const pointTimes = fc.record({ attributes: attributeLists, startedAt: nanos, at: nanos })
const numberPoint = fc.tuple(pointTimes, fc.option(fc.oneof(fc.double(), int64), { nil: undefined })).map(([point, value]) => {
  const times = { startTimeUnixNano: String(point.startedAt), timeUnixNano: String(point.at) }
  const isInteger = typeof value === 'bigint'
  const given = value === undefined ? {} : isInteger ? { asInt: String(value) } : { asDouble: value }
  const inJson = value === undefined || isInteger ? given : { asDouble: jsonDouble(value) }
  return {
    message: { ...times, ...given, attributes: point.attributes.message, flags: 1 },
    json: { ...times, ...inJson, attributes: point.attributes.json, flags: 1 },
    model: {
      attributes: point.attributes.model, startedAt: point.startedAt, at: point.at, value: value === undefined ? Number.NaN : Number(value),
      count: 0n,
    },
  }
})
const countedPoint = (none: number): fc.Arbitrary<Forms<DataPoint>> => fc.tuple(pointTimes, nanos, sum).map(([point, count, sum]) => {
  const common = { startTimeUnixNano: String(point.startedAt), timeUnixNano: String(point.at), count: String(count) }
  return {
    message: { ...common, attributes: point.attributes.message, ...(sum === undefined ? {} : { sum }) },
    json: { ...common, attributes: point.attributes.json, ...(sum === undefined ? {} : { sum: jsonDouble(sum) }) },
    model: { attributes: point.attributes.model, startedAt: point.startedAt, at: point.at, value: sum ?? none, count },
  }
})

const KINDS = [
  ['gauge', 'gauge', numberPoint], ['sum', 'sum', numberPoint], ['histogram', 'histogram', countedPoint(Number.NaN)],
  ['exponential_histogram', 'exponentialHistogram', countedPoint(Number.NaN)], ['summary', 'summary', countedPoint(0)],
] as const
const metric: fc.Arbitrary<Forms<Metric>> = fc.oneof(...KINDS.map(([kind, key, point]) =>
  fc.record({ name: text, unit: text, temporality: fc.integer({ min: 0, max: 2 }), points: fc.array(point, { maxLength: 3 }) })
    .map(({ name, unit, temporality, points }) => {
      const extra = kind === 'gauge' || kind === 'summary' ? {} : { aggregationTemporality: temporality }
      return {
        message: { name, unit, description: 'not read', [key]: { ...extra, dataPoints: points.map(({ message }) => message) } },
        json: { name, unit, description: 'not read', [key]: { ...extra, dataPoints: points.map(({ json }) => json) } },
        model: { name, unit, kind, temporality: extra.aggregationTemporality ?? 0, points: points.map(({ model }) => model) },
      }
    })))

interface Names {
  readonly groups: string
  readonly scoped: string
  readonly items: string
}

function request<T>(item: fc.Arbitrary<Forms<T>>, names: Names) {
  const scoped = fc.record({ name: text, version: text, attributes: attributeLists, items: fc.array(item, { maxLength: 3 }) })
  const group = fc.record({ attributes: attributeLists, scoped: fc.array(scoped, { maxLength: 2 }) })
  return fc.array(group, { maxLength: 2 }).map((groups) => ({
    message: { groups: groups.map((one) => ({
      resource: { attributes: one.attributes.message, droppedAttributesCount: 1 }, schemaUrl: 'https://example.test/1',
      scoped: one.scoped.map((s) => ({
        scope: { name: s.name, version: s.version, attributes: s.attributes.message }, items: s.items.map((i) => i.message),
      })),
    })) },
    json: { [names.groups]: groups.map((one) => ({
      resource: { attributes: one.attributes.json, droppedAttributesCount: 1 }, schemaUrl: 'https://example.test/1', unknown: { nested: [1, 'x'] },
      [names.scoped]: one.scoped.map((s) => ({
        scope: { name: s.name, version: s.version, attributes: s.attributes.json }, [names.items]: s.items.map((i) => i.json),
      })),
    })) },
    model: groups.flatMap((one) => one.scoped.map((s) => ({
      resource: { attributes: one.attributes.model }, scope: { name: s.name, version: s.version, attributes: s.attributes.model },
      items: s.items.map((i) => i.model),
    }))),
  }))
}

export const tracesRequest: fc.Arbitrary<Forms<Traces>> = request(span, { groups: 'resourceSpans', scoped: 'scopeSpans', items: 'spans' })
export const logsRequest: fc.Arbitrary<Forms<Logs>> = request(logRecord, { groups: 'resourceLogs', scoped: 'scopeLogs', items: 'logRecords' })
export const metricsRequest: fc.Arbitrary<Forms<Metrics>> = request(metric, { groups: 'resourceMetrics', scoped: 'scopeMetrics', items: 'metrics' })
