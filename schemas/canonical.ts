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
import { ATTRIBUTE_TYPES, type Attribute, type Attributes, type AuditEvent, AuditEventArrival, AuditEventContent, blankAuditEvent } from './audit-event.ts'

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

/** A growing buffer with the primitive writers. One is reused per encoder; `take` copies the bytes out. */
class Writer {
  buffer = Buffer.allocUnsafe(64 * 1024)
  length = 0

  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.buffer[this.length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.buffer[this.length++] = rest
  }

  text(value: string): void {
    const characters = value.length
    this.reserve(characters * 3 + 5)
    if (characters < 128) {
      const start = this.length
      const bytes = this.buffer.write(value, start + 1)
      if (bytes < 128) {
        this.buffer[start] = bytes
        this.length = start + 1 + bytes
        return
      }
    }
    this.varint(Buffer.byteLength(value))
    this.length += this.buffer.write(value, this.length)
  }

  int(value: bigint): void {
    this.reserve(8)
    this.buffer.writeBigInt64LE(BigInt.asIntN(64, value), this.length)
    this.length += 8
  }

  flag(value: boolean): void {
    this.reserve(1)
    this.buffer[this.length++] = value ? 1 : 0
  }

  texts(values: readonly string[]): void {
    this.reserve(5)
    this.varint(values.length)
    for (const value of values) this.text(value)
  }

  map(values: Attributes): void {
    this.reserve(5)
    this.varint(values.size)
    for (const [key, value] of values) {
      this.text(key)
      this.reserve(1)
      this.buffer[this.length++] = ATTRIBUTE_TYPES.indexOf(value.type)
      this.text(value.text)
    }
  }
}

const writer = new Writer()

function writeFields(fields: readonly CanonicalField[], event: AuditEvent): void {
  for (const { name, kind } of fields) {
    const value = event[name]
    if (kind === 'text') writer.text(value as string)
    else if (kind === 'int') writer.int(value as bigint)
    else if (kind === 'flag') writer.flag(value as boolean)
    else if (kind === 'texts') writer.texts(value as readonly string[])
    else writer.map(value as Attributes)
  }
}

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
  writeFields(CONTENT_FIELDS, event)
  const contentLength = writer.length
  writeFields(ARRIVAL_FIELDS, event)
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

class Reader {
  readonly buffer: Buffer
  position = 0
  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  varint(): number {
    let value = 0
    let shift = 0
    for (;;) {
      const byte = this.buffer[this.position++]
      if (byte === undefined || shift > 28) throw new RangeError('canonical record: length runs past its end')
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
      shift += 7
    }
  }

  text(): string {
    const length = this.varint()
    const start = this.position
    if (start + length > this.buffer.length) throw new RangeError('canonical record: text runs past its end')
    this.position = start + length
    return length === 0 ? '' : this.buffer.toString('utf8', start, this.position)
  }

  value(kind: CanonicalKind): unknown {
    if (kind === 'text') return this.text()
    if (kind === 'int') {
      const value = this.buffer.readBigInt64LE(this.position)
      this.position += 8
      return value
    }
    if (kind === 'flag') return this.buffer[this.position++] === 1
    const count = this.varint()
    if (count > this.buffer.length) throw new RangeError('canonical record: count runs past its end')
    if (kind === 'texts') return Array.from({ length: count }, () => this.text())
    const entries = new Map<string, Attribute>()
    for (let i = 0; i < count; i++) {
      const key = this.text()
      const type = ATTRIBUTE_TYPES[this.buffer[this.position++] ?? -1]
      if (type === undefined) throw new RangeError('canonical record: unknown attribute type')
      entries.set(key, { type, text: this.text() })
    }
    return entries
  }
}

/**
 * The event in `bytes`. Throws RangeError when the bytes are not a whole version 1 record.
 */
export function decodeCanonical(bytes: Buffer): AuditEvent {
  if (bytes[0] !== CANONICAL_VERSION) throw new RangeError(`canonical record: version ${bytes[0]} is not ${CANONICAL_VERSION}`)
  const reader = new Reader(bytes)
  reader.position = 1
  const event: Record<string, unknown> = blankAuditEvent()
  for (const { name, kind } of CANONICAL_FIELDS) event[name] = reader.value(kind)
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return event as unknown as AuditEvent
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
