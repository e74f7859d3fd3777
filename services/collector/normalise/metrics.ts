/** MCP metrics, point by point, as sent. Cumulative points stay points: nothing is summed. */
import type { MetricPoint } from '../../../schemas/metric-point.ts'
import type { DataPoint, KeyValues, Metric } from '../otlp/model.ts'
import { clampTime } from './clock.ts'
import type { Emitter } from './compile.ts'
import type { Source } from './emitters/table.ts'
import { canonicalGroup, type Group } from './group.ts'
import { canonicalValues, digest, part } from './identity.ts'
import { compileNames, nameOf } from './names.ts'
import { plainText } from './readings.ts'
import { attributeOf } from './values.ts'

/** Families of metrics that speak of MCP, and counters named after a method and its object (`tools/call x`). */
export const METRIC_PREFIXES = ['mcp.', 'kong.gen_ai.mcp.'] as const
const NAMES = compileNames(['{method} {target}'])

/** Attributes of points, the first usable wins. */
export const METRIC_LABELS = {
  method: [{ key: 'mcp.method.name' }],
  tool: [
    { key: 'gen_ai.tool.name' }, { key: 'mcp.tool.name' },
    { key: 'kong.gen_ai.mcp.primitive_name', where: { key: 'kong.gen_ai.mcp.primitive', is: 'tool' } },
  ],
  server: [{ key: 'mcp.server.name' }, { key: 'mcp.server.origin' }, { key: 'mcp.backend' }, { key: 'kong.service.name' }],
} as const satisfies Readonly<Record<string, readonly Source[]>>
/** Kong sets it on every point: what is measured is not the server. */
const KONG = 'kong.workspace.name'

const SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['ms', 1e-3],
  ['us', 1e-6],
  ['µs', 1e-6],
  ['ns', 1e-9],
  ['min', 60],
  ['h', 3_600],
])
const TEMPORALITIES = ['', 'delta', 'cumulative'] as const
const DURATION = '.duration'

export const isMcpMetric = ({ name }: Metric): boolean =>
  METRIC_PREFIXES.some((prefix) => name.startsWith(prefix)) || nameOf(NAMES, name) !== undefined

const firstOf = (attributes: KeyValues, sources: readonly Source[]): string => {
  for (const { key, where } of sources) {
    if (where !== undefined && plainText(attributes.get(where.key)) !== where.is) continue
    const text = plainText(attributes.get(key))
    if (text !== '') return text
  }
  return ''
}

/** Mean of a histogram, else the value, in seconds; NaN where it is no duration or nothing was counted. */
function secondsOf(metric: Metric, point: DataPoint, emitter: Emitter | undefined): number {
  const isDuration = metric.name.endsWith(DURATION)
  const unit = isDuration ? (emitter?.table.metrics?.durationUnit ?? metric.unit) : metric.unit
  const factor = SECONDS.get(unit)
  if (factor === undefined) return Number.NaN
  const counted = metric.kind !== 'sum' && metric.kind !== 'gauge'
  return (counted ? point.value / Number(point.count) : point.value) * factor
}

export interface MetricContext {
  readonly group: Group
  readonly emitter: Emitter | undefined
  /** The tenant as a part of an identity. */
  readonly tenantPart: string
}

/** A server that is not named is the one that measures, unless that is a gateway or a client. */
function serverOf({ name }: Metric, { attributes }: DataPoint, { group, emitter }: MetricContext): string {
  const named = firstOf(attributes, METRIC_LABELS.server)
  const isOther = name.startsWith('mcp.client.') || emitter?.table.vantage.server === 'gateway' || attributes.has(KONG)
  return named !== '' || isOther || (emitter === undefined && !name.startsWith('mcp.server.')) ? named : group.template.source
}

/** The points of one MCP metric. */
export function pointsOf(metric: Metric, context: MetricContext): MetricPoint[] {
  const { group, emitter, tenantPart } = context
  const named = nameOf(NAMES, metric.name)
  const stream = `${tenantPart}${canonicalGroup(group)}${part(metric.name)}${part(metric.unit)}${metric.kind}${metric.temporality}`
  const { tenant, source, received_at } = group.template
  return metric.points.map((point) => ({
    point_id: digest(`${stream}${canonicalValues(point.attributes)}${point.at}`),
    tenant,
    source,
    received_at,
    metric: metric.name,
    unit: metric.unit,
    kind: metric.kind,
    temporality: TEMPORALITIES[metric.temporality] ?? '',
    method: firstOf(point.attributes, METRIC_LABELS.method) || (named?.method ?? ''),
    tool: firstOf(point.attributes, METRIC_LABELS.tool) || (named?.method === 'tools/call' ? named.object : ''),
    server: serverOf(metric, point, context),
    started_at: clampTime(point.startedAt),
    at: clampTime(point.at),
    count: point.count,
    sum: point.value,
    value_seconds: secondsOf(metric, point, emitter),
    attributes: new Map([...point.attributes].map(([key, value]) => [key, attributeOf(value).text])),
  }))
}
