/** Identity of a record at the edge: SHA-256 over length-prefixed parts, cut to 32 hex digits. The same record sent again has the same. */
import { hash } from 'node:crypto'
import type { KeyValues, LogRecord } from '../otlp/model.ts'
import { attributeOf } from './values.ts'

export const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 32)

/** Length in UTF-16 units before the text: no two lists of parts read the same. */
export const part = (text: string): string => `${text.length}:${text}`

/** Digest of tenant, trace id, span id and phase. `tenant` is already a part; ids are 32 and 16 hex digits. */
export const spanEventId = (tenant: string, traceId: string, spanId: string): string => digest(`${tenant}${traceId}${spanId}end`)

/** Keys, types and values in the order sent. */
export function canonicalValues(values: KeyValues): string {
  let text = `${values.size};`
  for (const [key, value] of values) {
    const { type, text: content } = attributeOf(value)
    text += `${part(key)}${type}${part(content)}`
  }
  return text
}

/** The whole log record as one text; resource and scope go before it. */
export function canonicalLog(record: LogRecord): string {
  const body = attributeOf(record.body)
  const head = `${record.at},${record.observedAt},${record.severityNumber},${part(record.severityText)}${part(record.eventName)}`
  return `${head}${body.type}${part(body.text)}${part(record.traceId)}${part(record.spanId)}${canonicalValues(record.attributes)}`
}
