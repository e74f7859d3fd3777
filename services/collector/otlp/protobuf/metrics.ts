/** ExportMetricsServiceRequest (metrics.proto). Buckets, quantiles and exemplars are not read. */
import { AttributeList } from '../attribute-list.ts'
import type { DataPoint, DecodeLimits, Metric, Metrics } from '../model.ts'
import { readKeyValue } from './any-value.ts'
import { BYTES, FIXED64, VARINT } from './reader.ts'
import type { Reader } from './reader.ts'
import { decodeScoped } from './scoped.ts'

/** The two shapes of Metric.data: gauges and summaries have no temporality. */
const DATA: Readonly<Record<number, string>> = { 1: 'data_points' }
const TEMPORAL_DATA: Readonly<Record<number, string>> = { 1: 'data_points', 2: 'aggregation_temporality' }
const METRIC = { 1: 'name', 3: 'unit', 5: 'gauge', 7: 'sum', 9: 'histogram', 10: 'exponential_histogram', 11: 'summary' }
const KINDS: ReadonlyMap<number, Metric['kind']> = new Map([
  [(5 << 3) | BYTES, 'gauge'], [(7 << 3) | BYTES, 'sum'], [(9 << 3) | BYTES, 'histogram'],
  [(10 << 3) | BYTES, 'exponential_histogram'], [(11 << 3) | BYTES, 'summary'],
])
/** What the fields of a point are called; number points and the others share numbers with other meanings. */
const NUMBER_POINT = { 2: 'start_time_unix_nano', 3: 'time_unix_nano', 4: 'as_double', 6: 'as_int', 7: 'attributes' }
const COUNTED_POINT = { 2: 'start_time_unix_nano', 3: 'time_unix_nano', 4: 'count', 5: 'sum' }
const ATTRIBUTES_TAG: Readonly<Record<Metric['kind'], number>> = {
  sum: (7 << 3) | BYTES, gauge: (7 << 3) | BYTES, summary: (7 << 3) | BYTES, histogram: (9 << 3) | BYTES, exponential_histogram: (1 << 3) | BYTES,
}

interface OpenMetric extends Omit<Metric, 'points'> {
  name: string
  unit: string
  kind: Metric['kind']
  temporality: number
  points: DataPoint[]
}
type OpenPoint = { -readonly [K in keyof DataPoint]: K extends 'attributes' ? AttributeList : DataPoint[K] }

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeMetrics(bytes: Buffer, limits: DecodeLimits): Metrics {
  return decodeScoped(bytes, limits, { resourceMessage: 'ResourceMetrics', scopeMessage: 'ScopeMetrics', items: 'Metric', counted: false, read: readMetric })
}

/** Undefined for a metric without data of a kind that we know. */
function readMetric(reader: Reader): Metric | undefined {
  reader.budget.part('Metric')
  const metric: OpenMetric = { name: '', unit: '', kind: 'gauge', temporality: 0, points: [] }
  let known = false
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Metric')
    const kind = KINDS.get(tag)
    if (kind !== undefined) {
      known = true
      readData(reader, metric, kind)
    } else if (tag === ((1 << 3) | BYTES)) metric.name = reader.key('Metric.name')
    else if (tag === ((3 << 3) | BYTES)) metric.unit = reader.key('Metric.unit')
    else reader.skip(tag, 'Metric', METRIC)
  }
  return known ? metric : undefined
}

function readData(reader: Reader, metric: OpenMetric, kind: Metric['kind']): void {
  const outer = reader.enter('Metric.data')
  // A second kind replaces the first: they are a oneof.
  if (metric.kind !== kind) metric.points = []
  metric.kind = kind
  const hasTemporality = kind !== 'gauge' && kind !== 'summary'
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Metric.data')
    if (tag === ((1 << 3) | BYTES)) metric.points.push(readPoint(reader, kind))
    else if (hasTemporality && tag === ((2 << 3) | VARINT)) metric.temporality = reader.int32('Metric.aggregation_temporality')
    else reader.skip(tag, 'Metric.data', hasTemporality ? TEMPORAL_DATA : DATA)
  }
  reader.leave(outer)
}

function readPoint(reader: Reader, kind: Metric['kind']): DataPoint {
  reader.budget.item('Metric.data_points')
  const outer = reader.enter('Metric.data_points')
  const point: OpenPoint = { attributes: new AttributeList(), startedAt: 0n, at: 0n, value: Number.NaN, count: 0n }
  const isNumber = kind === 'sum' || kind === 'gauge'
  if (kind === 'summary') point.value = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag('DataPoint')
    if (tag === ATTRIBUTES_TAG[kind]) readKeyValue(reader, point.attributes, 'DataPoint.attributes')
    else if (tag === ((2 << 3) | FIXED64)) point.startedAt = reader.fixed64('DataPoint.start_time_unix_nano')
    else if (tag === ((3 << 3) | FIXED64)) point.at = reader.fixed64('DataPoint.time_unix_nano')
    else if (!(isNumber ? readNumberField(reader, tag, point) : readCountedField(reader, tag, point))) {
      reader.skip(tag, 'DataPoint', isNumber ? NUMBER_POINT : COUNTED_POINT)
    }
  }
  reader.leave(outer)
  return point
}

function readNumberField(reader: Reader, tag: number, point: OpenPoint): boolean {
  if (tag === ((4 << 3) | FIXED64)) point.value = reader.double('NumberDataPoint.as_double')
  else if (tag === ((6 << 3) | FIXED64)) point.value = Number(reader.sfixed64('NumberDataPoint.as_int'))
  else return false
  return true
}

function readCountedField(reader: Reader, tag: number, point: OpenPoint): boolean {
  if (tag === ((4 << 3) | FIXED64)) point.count = reader.fixed64('DataPoint.count')
  else if (tag === ((5 << 3) | FIXED64)) point.value = reader.double('DataPoint.sum')
  else return false
  return true
}
