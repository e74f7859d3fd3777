import { AttributeList } from '../../services/collector/otlp/attribute-list.ts'

/** What was decoded, in arrays and texts: `AttributeList` keeps its entries to itself, so that who compares or prints objects takes any two for the same. */
export function plain(value: unknown): unknown {
  if (value instanceof Map || value instanceof AttributeList) return [...value].map(([key, one]: readonly [unknown, unknown]) => [key, plain(one)])
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? [value.constructor.name, Object.entries(value).map(([key, one]) => [key, plain(one)])] : value
}
