/** ExportMetricsServiceRequest in JSON. */
import { undecodable } from '../budget.ts'
import type { Budget } from '../budget.ts'
import type { DataPoint, DecodeLimits, Metric, Metrics } from '../model.ts'
import { keyValues } from './any-value.ts'
import { asDouble, asEnum, asInteger, asList, asNanos, asObject, asText, field } from './fields.ts'
import type { JsonObject } from './fields.ts'
import { decodeScopedJson } from './scoped.ts'
import type { UnknownKeys } from './unknown-keys.ts'

const KINDS: readonly (readonly [string, Metric['kind']])[] = [
  ['gauge', 'gauge'], ['sum', 'sum'], ['histogram', 'histogram'], ['exponentialHistogram', 'exponential_histogram'], ['summary', 'summary'],
]

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeMetricsJson(bytes: Buffer, limits: DecodeLimits, unknown?: UnknownKeys): Metrics {
  return decodeScopedJson({ bytes, limits, unknown }, { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics', read: readMetric })
}

/** Undefined for a metric without data of a kind that we know. */
function readMetric(metric: JsonObject, budget: Budget): Metric | undefined {
  budget.part('metrics')
  const found = KINDS.filter(([name]) => (field(metric, name) ?? null) !== null)
  if (found.length > 1) throw undecodable('metric: has data of more than one kind')
  const [name, kind] = found[0] ?? []
  if (name === undefined || kind === undefined) return undefined
  const data = asObject(field(metric, name), `metric.${name}`)
  return {
    name: asText(field(metric, 'name'), 'metric.name'),
    unit: asText(field(metric, 'unit'), 'metric.unit'),
    kind,
    temporality: kind === 'gauge' || kind === 'summary' ? 0 : asEnum(field(data, 'aggregationTemporality'), `metric.${name}.aggregationTemporality`),
    points: asList(field(data, 'dataPoints'), `metric.${name}.dataPoints`).map((point) => readPoint(point, kind, budget)),
  }
}

function readPoint(json: unknown, kind: Metric['kind'], budget: Budget): DataPoint {
  budget.item('dataPoints')
  const point = asObject(json, 'dataPoint')
  const isNumber = kind === 'sum' || kind === 'gauge'
  return {
    attributes: keyValues(field(point, 'attributes'), budget, 'dataPoint.attributes'),
    startedAt: asNanos(field(point, 'startTimeUnixNano'), 'dataPoint.startTimeUnixNano'),
    at: asNanos(field(point, 'timeUnixNano'), 'dataPoint.timeUnixNano'),
    value: isNumber ? numberOf(point) : sumOf(point, kind),
    count: isNumber ? 0n : asNanos(field(point, 'count'), 'dataPoint.count'),
  }
}

/** NaN where the point says that it has no value. */
function numberOf(point: JsonObject): number {
  const asInt = field(point, 'asInt') ?? null
  if (asInt !== null) return Number(asInteger(asInt, 'dataPoint.asInt'))
  const double = field(point, 'asDouble') ?? null
  return double === null ? Number.NaN : asDouble(double, 'dataPoint.asDouble')
}

/** NaN where a histogram has no sum; a summary's sum is no optional field and 0 by default. */
function sumOf(point: JsonObject, kind: Metric['kind']): number {
  const sum = field(point, 'sum') ?? null
  if (sum !== null) return asDouble(sum, 'dataPoint.sum')
  return kind === 'summary' ? 0 : Number.NaN
}
