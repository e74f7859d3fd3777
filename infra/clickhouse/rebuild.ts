/** From stored columns back to the canonical record: what a verifier needs to compute `record_hash` again. */
import { ATTRIBUTE_TYPES, type AttributeType, type Attributes, type AuditEvent } from '../../schemas/audit-event.ts'
import { type Canonical, encodeCanonical, encodeErased } from '../../schemas/canonical.ts'
import { CANONICAL_FIELDS } from '../../schemas/canonical-order.ts'
import type { Row } from '../../schemas/ports.ts'
import { typesColumn } from './native-events.ts'

const isType = (word: unknown): word is AttributeType => ATTRIBUTE_TYPES.some((type) => type === word)

function attributesOf(values: unknown, types: unknown): Attributes {
  if (!(values instanceof Map) || !Array.isArray(types) || types.length !== values.size) throw new TypeError('a map column and its types differ in length')
  return new Map([...(values as Map<string, string>)].map(([key, text], i) => {
    const type: unknown = types[i]
    if (!isType(type)) throw new TypeError('an attribute has an unknown type')
    return [key, { type, text }]
  }))
}

/** The event in a row of `audit_events` as `Store.query` returns it (`SELECT *`). Throws TypeError when columns are missing. */
function eventFromRow(row: Row): AuditEvent {
  const event: Record<string, unknown> = {}
  for (const { name, kind } of CANONICAL_FIELDS) {
    if (row[name] === undefined) throw new TypeError(`column ${name} is missing`)
    event[name] = kind === 'map' ? attributesOf(row[name], row[typesColumn(name)]) : row[name]
  }
  return event as unknown as AuditEvent
}

/**
 * Canonical bytes of such a row, in the version that it was stored in; `recordHash` of them must equal the row's `record_hash`. Of a row that was
 * erased the content hash is believed, and proved by the record hash. Rows of version 1 that were erased prove nothing (`isProvable`).
 */
export function recordFromRow(row: Row): Canonical {
  const event = eventFromRow(row)
  return isErased(row) ? encodeErased(event, String(row['content_hash'])) : encodeCanonical(event)
}

/** Whether an erasure blanked the row. */
export const isErased = (row: Row): boolean => (row['erasure'] ?? '') !== ''
