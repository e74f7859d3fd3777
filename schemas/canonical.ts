/**
 * Canonical bytes of an audit event, version 1: what is written to the bus, what is hashed, and what the archiver copies into
 * columns. Fixed field order, no JSON. The bytes can be made again from the stored columns alone.
 *
 * Layout: u8 version, then the content fields, then the arrival fields, in the order of `CANONICAL_FIELDS`:
 *   text   LEB128 byte length, UTF-8 bytes (lone surrogates become U+FFFD)
 *   word   one of a closed list, written as text
 *   int    64-bit little-endian two's complement
 *   flag   u8, 0 or 1
 *   texts  LEB128 count, then each as text
 *   map    LEB128 count, then per entry: key as text, u8 index into ATTRIBUTE_TYPES, value as text
 * content_hash = SHA-256(version ‖ content bytes). record_hash = SHA-256(version ‖ content_hash ‖ arrival bytes).
 */
import { hash } from 'node:crypto'
import { type AuditEvent, AuditEventArrival, AuditEventContent, blankAuditEvent } from './audit-event.ts'
import { CanonicalReader, CanonicalWriter } from './canonical-bytes.ts'
import { readEvent, writeArrival, writeContent } from './canonical-fields.ts'

export const CANONICAL_VERSION = 1
export type CanonicalKind = 'text' | 'int' | 'flag' | 'texts' | 'map'

export interface CanonicalField {
  readonly name: keyof AuditEvent
  readonly kind: CanonicalKind
}

const kindOf = (value: unknown): CanonicalKind =>
  typeof value === 'bigint' ? 'int' : typeof value === 'boolean' ? 'flag' : Array.isArray(value) ? 'texts' : value instanceof Map ? 'map' : 'text'

const blank = blankAuditEvent()
const fieldsOf = (shape: object): CanonicalField[] =>
  (Object.keys(shape) as (keyof AuditEvent)[]).map((name) => ({ name, kind: kindOf(blank[name]) }))

export const CONTENT_FIELDS: readonly CanonicalField[] = fieldsOf(AuditEventContent.shape)
export const ARRIVAL_FIELDS: readonly CanonicalField[] = fieldsOf(AuditEventArrival.shape)
export const CANONICAL_FIELDS: readonly CanonicalField[] = [...CONTENT_FIELDS, ...ARRIVAL_FIELDS]

const writer = new CanonicalWriter()

export interface Canonical {
  /** All bytes, version first. */
  readonly bytes: Buffer
  /** Length of version ‖ content. */
  readonly contentLength: number
}

/** Canonical bytes of one event. The returned buffer is the caller's own. */
export function encodeCanonical(event: AuditEvent): Canonical {
  writer.length = 0
  writer.buffer[writer.length++] = CANONICAL_VERSION
  writeContent(writer, event)
  const contentLength = writer.length
  writeArrival(writer, event)
  return { bytes: Buffer.from(writer.buffer.subarray(0, writer.length)), contentLength }
}

/** SHA-256 of the content part, 64 hex digits: equal for two deliveries of the same record. */
export const contentHash = (canonical: Canonical): string => hash('sha256', canonical.bytes.subarray(0, canonical.contentLength), 'hex')

/** SHA-256 over version, content hash and arrival bytes, 64 hex digits. */
export function recordHash(canonical: Canonical, content = contentHash(canonical)): string {
  const arrival = canonical.bytes.subarray(canonical.contentLength)
  const input = Buffer.allocUnsafe(33 + arrival.length)
  input[0] = CANONICAL_VERSION
  input.write(content, 1, 'hex')
  arrival.copy(input, 33)
  return hash('sha256', input, 'hex')
}

/**
 * The event in `bytes`. Throws RangeError when the bytes are not a whole version 1 record.
 */
export function decodeCanonical(bytes: Buffer): AuditEvent {
  if (bytes[0] !== CANONICAL_VERSION) throw new RangeError(`canonical record: version ${bytes[0]} is not ${CANONICAL_VERSION}`)
  const reader = new CanonicalReader(bytes, 1)
  const event = readEvent(reader)
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return event
}

const varintLength = (value: number): number => (value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5)

const lengthOf = (value: unknown): number => {
  if (typeof value === 'bigint') return 8
  const length = Buffer.byteLength(value as string)
  return varintLength(length) + length
}

/** The canonical form of an event whose bytes are there already: finds where its content ends without walking it. */
export function canonicalOf(event: AuditEvent, bytes: Buffer): Canonical {
  let arrival = 0
  for (const { name } of ARRIVAL_FIELDS) arrival += lengthOf(event[name])
  return { bytes, contentLength: bytes.length - arrival }
}
