/**
 * Version 1 of the canonical form: all fields in the order of the schema, no salt. Nothing new is written in it; what was stored before version 2,
 * and what waited on the bus when it came, is verified and read by it.
 */
import { type AuditEvent, blankAuditEvent } from './audit-event.ts'
import type { CanonicalWriter } from './canonical-bytes.ts'
import { CANONICAL_ORDERS, type CanonicalField, CONTENT_FIELDS } from './canonical-order.ts'
import type { CanonicalReader } from './canonical-reader.ts'

const ORDER = CANONICAL_ORDERS[1]

function writeField(writer: CanonicalWriter, event: AuditEvent, { name, kind }: CanonicalField): void {
  const value: unknown = event[name]
  if (kind === 'text') writer.text(value as string)
  else if (kind === 'int') writer.int(value as bigint)
  else if (kind === 'flag') writer.flag(value as boolean)
  else if (kind === 'texts') writer.texts(value as readonly string[])
  else writer.map(value as AuditEvent['attributes'])
}

/** Writes the fields behind the version; the answer is where the content ends and the arrival begins. */
export function writeVersion1(writer: CanonicalWriter, event: AuditEvent): number {
  let split = 0
  for (const [place, field] of ORDER.entries()) {
    if (place === CONTENT_FIELDS.length) split = writer.length
    writeField(writer, event, field)
  }
  return split
}

const readField = (reader: CanonicalReader, { name, kind }: CanonicalField): unknown =>
  kind === 'map' && name === 'resource_attributes' ? reader.repeatedMap() : reader[kind]()

/** The event behind the version, and where its content ends. */
export function readVersion1(reader: CanonicalReader): { readonly event: AuditEvent; readonly split: number } {
  const event: Record<string, unknown> = blankAuditEvent()
  let split = 0
  for (const [place, field] of ORDER.entries()) {
    if (place === CONTENT_FIELDS.length) split = reader.position
    event[field.name] = readField(reader, field)
  }
  return { event: event as unknown as AuditEvent, split }
}
