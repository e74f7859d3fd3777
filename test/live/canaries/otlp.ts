/** Requests of one record each, as protobuf and as JSON. */
import { referenceEncode } from '../../otlp/reference-schema.ts'

export type Value = Readonly<Record<string, unknown>>
export const text = (value: string): Value => ({ stringValue: value })
export const list = (...values: readonly Value[]): Value => ({ arrayValue: { values } })
export const keyed = (values: Readonly<Record<string, Value>>): Value => ({ kvlistValue: { values: attributes(values) } })
export const bytes = (value: string): Value => ({ bytesValue: Buffer.from(value) })

export interface Attribute {
  readonly key: string
  readonly value: Value
}
export const attributes = (values: Readonly<Record<string, Value>>): Attribute[] => Object.entries(values).map(([key, value]) => ({ key, value }))

export type SignalName = 'traces' | 'logs' | 'metrics'

/** Ids are hex. */
export interface Group {
  resource: { attributes: Attribute[] }
  scope: { name: string; version: string; attributes: Attribute[] }
  schemaUrl: string
  item: Record<string, unknown>
}

const NAMES = {
  traces: { message: 'TracesRequest', groups: 'resourceSpans', scoped: 'scopeSpans', items: 'spans' },
  logs: { message: 'LogsRequest', groups: 'resourceLogs', scoped: 'scopeLogs', items: 'logRecords' },
  metrics: { message: 'MetricsRequest', groups: 'resourceMetrics', scoped: 'scopeMetrics', items: 'metrics' },
} as const

const isId = (key: string): boolean => key === 'traceId' || key === 'spanId' || key === 'parentSpanId'

/** Ids as bytes, for protobuf. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, isId(key) && typeof one === 'string' ? Buffer.from(one, 'hex') : withBytes(one)]))
}

/** Bytes as base64, for JSON. */
function withBase64(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value)) return value.map(withBase64)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withBase64(one)]))
}

export function protobufOf(signal: SignalName, groups: readonly Group[]): Buffer {
  const message = { groups: groups.map(({ resource, scope, schemaUrl, item }) => ({ resource, schemaUrl, scoped: [{ scope, items: [item] }] })) }
  return referenceEncode(NAMES[signal].message, withBytes(message) as object)
}

export function jsonOf(signal: SignalName, groups: readonly Group[]): Buffer {
  const { groups: outer, scoped, items } = NAMES[signal]
  const message = { [outer]: groups.map(({ resource, scope, schemaUrl, item }) => ({ resource, schemaUrl, [scoped]: [{ scope, [items]: [item] }] })) }
  return Buffer.from(JSON.stringify(withBase64(message)))
}
