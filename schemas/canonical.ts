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
import { CanonicalWriter } from './canonical-bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
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
  writer.restart()
  const contentLength = write(event)
  return { bytes: Buffer.from(writer.buffer.subarray(0, writer.length)), contentLength }
}

/** Appends the event to the writer; the answer is where its content ends. */
function write(event: AuditEvent): number {
  writer.reserve(1)
  writer.buffer[writer.length++] = CANONICAL_VERSION
  writeContent(writer, event)
  const contentEnd = writer.length
  writeArrival(writer, event)
  return contentEnd
}

/** Records that share memory are cut into pieces of about this size, so that one that is kept long does not keep much more. */
const SLAB = 128 * 1024

/**
 * Canonical bytes of several events, in order, each with its length as u32 little-endian in the four bytes before it: the layout of an
 * envelope, which so needs no copy of its own. Neighbours share memory, at most about 128 KiB or one event.
 */
export function encodeCanonicals(events: readonly AuditEvent[]): Canonical[] {
  const encoded: Canonical[] = []
  let ends: number[] = []
  const cutSlab = (): void => {
    const slab = Buffer.allocUnsafeSlow(writer.length)
    writer.buffer.copy(slab, 0, 0, writer.length)
    let start = 4
    for (const contentEnd of ends) {
      const end = start + slab.readUInt32LE(start - 4)
      encoded.push({ bytes: slab.subarray(start, end), contentLength: contentEnd - start })
      start = end + 4
    }
    ends = []
    writer.restart()
  }
  writer.restart()
  for (const event of events) {
    writer.reserve(4)
    const start = (writer.length += 4)
    ends.push(write(event))
    writer.buffer.writeUInt32LE(writer.length - start, start - 4)
    if (writer.length >= SLAB) cutSlab()
  }
  if (ends.length > 0) cutSlab()
  return encoded
}

/** SHA-256 of the content part, 64 hex digits: equal for two deliveries of the same record. */
export const contentHash = (canonical: Canonical): string => hash('sha256', canonical.bytes.subarray(0, canonical.contentLength), 'hex')

/** What a record hash is made from. Arrivals are nearly always of one length, so the memory is used again. */
let hashed = Buffer.alloc(33)

/** SHA-256 over version, content hash and arrival bytes, 64 hex digits. */
export function recordHash({ bytes, contentLength }: Canonical, content = contentHash({ bytes, contentLength })): string {
  const arrival = bytes.length - contentLength
  if (hashed.length !== 33 + arrival) hashed = Buffer.alloc(33 + arrival)
  hashed[0] = CANONICAL_VERSION
  hashed.write(content, 1, 'hex')
  for (let i = 0; i < arrival; i++) hashed[33 + i] = bytes[contentLength + i]!
  return hash('sha256', hashed, 'hex')
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

/** Hex digits of a SHA-256. */
export const HASH_DIGITS = 64

/** Writes content hash and record hash behind each other, as ASCII digits; gives `into`. */
export function writeHashes(canonical: Canonical, into: Buffer = Buffer.allocUnsafeSlow(2 * HASH_DIGITS), at = 0): Buffer {
  const content = contentHash(canonical)
  into.write(content, at, 'latin1')
  into.write(recordHash(canonical, content), at + HASH_DIGITS, 'latin1')
  return into
}
