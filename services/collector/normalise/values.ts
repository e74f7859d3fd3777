/** OTLP values as text: the typed attributes of a record, and JSON text for arguments. Nesting is bounded by the decoder. */
import type { Attribute } from '../../../schemas/audit-event.ts'
import { isJson } from '../../../schemas/json-text.ts'
import { type AnyValue, Double, type KeyValues } from '../otlp/model.ts'

const ABSENT: Attribute = { type: 'null', text: '' }
const TRUE: Attribute = { type: 'bool', text: 'true' }
const FALSE: Attribute = { type: 'bool', text: 'false' }

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

/** JSON has no NaN and no infinity: those become text. A whole double keeps its point, so that its type survives. */
function jsonDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
}

/** The value as JSON text: integers of any size exact, bytes as base64 text, keys in the order sent. */
export function jsonText(value: AnyValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null) return 'null'
  if (typeof value !== 'object') return String(value)
  if (value instanceof Double) return jsonDouble(value.value)
  if (value instanceof Uint8Array) return `"${base64(value)}"`
  if (value instanceof Map) return jsonObject(value as KeyValues)
  return `[${(value as readonly AnyValue[]).map(jsonText).join(',')}]`
}

/** A JSON object with the map's entries. */
export function jsonObject(entries: KeyValues): string {
  let text = ''
  for (const [key, value] of entries) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${jsonText(value)}`
  return `{${text}}`
}

/** A JSON object whose members came as JSON text each; what is none is text. */
export function jsonObjectOfTexts(entries: KeyValues): string {
  const members = [...entries].map(([key, value]) => `${JSON.stringify(key)}:${typeof value === 'string' && isJson(value) ? value.trim() : jsonText(value)}`)
  return `{${members.join(',')}}`
}

/** The value with the type it had. */
export function attributeOf(value: AnyValue): Attribute {
  if (typeof value === 'string') return { type: 'string', text: value }
  if (typeof value === 'boolean') return value ? TRUE : FALSE
  if (typeof value === 'number' || typeof value === 'bigint') return { type: 'int', text: String(value) }
  if (value === null) return ABSENT
  if (value instanceof Double) return { type: 'double', text: String(value.value) }
  if (value instanceof Uint8Array) return { type: 'bytes', text: base64(value) }
  return { type: 'json', text: jsonText(value) }
}

export function attributesOf(values: KeyValues): Map<string, Attribute> {
  const attributes = new Map<string, Attribute>()
  for (const [key, value] of values) attributes.set(key, attributeOf(value))
  return attributes
}
