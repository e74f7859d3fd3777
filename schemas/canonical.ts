/**
 * Canonical bytes of an audit event, version 2: what is written to the bus, what is hashed, and what the archiver copies into
 * columns. Fixed field order, no JSON. The bytes can be made again from the stored columns alone.
 *
 * Layout: u8 version, then the public fields, then the salt and the fields that are committed to, in the order of `CANONICAL_ORDERS[2]`:
 *   text   LEB128 byte length, UTF-8 bytes (lone surrogates become U+FFFD)
 *   word   one of a closed list, written as text
 *   int    64-bit little-endian two's complement
 *   flag   u8, 0 or 1
 *   texts  LEB128 count, then each as text
 *   map    LEB128 count, then per entry: key as text, u8 index into ATTRIBUTE_TYPES, value as text
 * content_hash = SHA-256(salt ‖ committed fields): without the salt nobody can try guesses on it. record_hash = SHA-256(version ‖ public fields ‖
 * content_hash). So a record whose salt and committed fields were blanked still proves itself by its content_hash.
 *
 * Version 1 (canonical-v1.ts) has no salt: content_hash = SHA-256(version ‖ content), record_hash = SHA-256(version ‖ content_hash ‖ arrival).
 * A record without a salt is of version 1.
 */
import { hash, randomFillSync } from 'node:crypto'
import type { AuditEvent } from './audit-event.ts'
import { CanonicalWriter } from './canonical-bytes.ts'
import { readEvent, writeCommitted, writePublic } from './canonical-fields.ts'
import { CANONICAL_VERSION } from './canonical-order.ts'
import { CanonicalReader } from './canonical-reader.ts'
import { readVersion1, writeVersion1 } from './canonical-v1.ts'
import { HEX_DIGITS } from './hex.ts'

const writer = new CanonicalWriter()

export interface Canonical {
  /** All bytes, version first. */
  readonly bytes: Buffer
  /** Where they are divided: in version 2 the salt begins here, in version 1 the arrival. */
  readonly split: number
  /** Of an erased record: its content hash, which its bytes do not give any more. */
  readonly kept?: string
}

const written = (split: number): Canonical => ({ bytes: Buffer.from(writer.buffer.subarray(0, writer.length)), split })

/** Canonical bytes of one event, in the version that it is of. The returned buffer is the caller's own. */
export function encodeCanonical(event: AuditEvent): Canonical {
  writer.restart()
  if (event.salt !== '') return written(write(event, event.salt))
  writer.buffer[writer.length++] = 1
  return written(writeVersion1(writer, event))
}

/** Bytes of a record whose salt and committed fields were blanked; `kept` is the content hash that it had. */
export function encodeErased(event: AuditEvent, kept: string): Canonical {
  writer.restart()
  return { ...written(write(event, '')), kept }
}

/** Appends the event in version 2; the answer is where its salt begins. No salt: a fresh one. `before`: the event written right before it since the start. */
function write(event: AuditEvent, salt?: string, before?: AuditEvent): number {
  writer.reserve(1)
  writer.buffer[writer.length++] = CANONICAL_VERSION
  writePublic(writer, event, before)
  const split = writer.length
  if (salt === undefined) writeFreshSalt()
  else writer.text(salt)
  writeCommitted(writer, event, before)
  return split
}

const SALT_BYTES = 16
/** Random bytes for many salts. */
const salts = Buffer.alloc(1024 * SALT_BYTES)
let nextSalt = salts.length

/** 16 random bytes as hex digits. */
function writeFreshSalt(): void {
  if (nextSalt === salts.length) {
    randomFillSync(salts)
    nextSalt = 0
  }
  writer.hex(salts, nextSalt, nextSalt += SALT_BYTES)
}

/** Records that share memory are cut into pieces of about this size, so that one that is kept long does not keep much more. */
const SLAB = 128 * 1024

/**
 * Canonical bytes of several new events, in order, each with its length as u32 little-endian in the four bytes before it: the layout of an
 * envelope, which so needs no copy of its own. Neighbours share memory, at most about 128 KiB or one event. Events without a salt get one.
 */
export function encodeCanonicals(events: readonly AuditEvent[]): Canonical[] {
  const encoded: Canonical[] = []
  let ends: number[] = []
  const cutSlab = (): void => {
    const slab = Buffer.allocUnsafeSlow(writer.length)
    writer.buffer.copy(slab, 0, 0, writer.length)
    let start = 4
    for (const split of ends) {
      const end = start + slab.readUInt32LE(start - 4)
      encoded.push({ bytes: slab.subarray(start, end), split: split - start })
      start = end + 4
    }
    ends = []
    writer.restart()
  }
  writer.restart()
  let before: AuditEvent | undefined
  for (const event of events) {
    writer.reserve(4)
    const start = (writer.length += 4)
    ends.push(write(event, event.salt === '' ? undefined : event.salt, before))
    writer.buffer.writeUInt32LE(writer.length - start, start - 4)
    before = event
    if (writer.length < SLAB) continue
    cutSlab()
    before = undefined
  }
  if (ends.length > 0) cutSlab()
  return encoded
}

const sha256 = (bytes: Buffer): string => hash('sha256', bytes, 'hex')

/** 64 hex digits. Version 2: SHA-256 of the salt and all that it hides; version 1: of what the emitter said. */
export const contentHash = ({ bytes, split, kept }: Canonical): string =>
  kept ?? sha256(bytes[0] === 1 ? bytes.subarray(0, split) : bytes.subarray(split))

/** What a record hash is made from; the memory is used again. */
let hashed = Buffer.alloc(4096)

/** SHA-256 of the whole record, 64 hex digits: over its public part and its content hash. */
export function recordHash(canonical: Canonical, content = contentHash(canonical)): string {
  const { bytes, split } = canonical
  if (bytes[0] === 1) return recordHash1(canonical, content)
  if (hashed.length < split + 32) hashed = Buffer.alloc((split + 32) * 2)
  bytes.copy(hashed, 0, 0, split)
  hashed.write(content, split, 'hex')
  return sha256(hashed.subarray(0, split + 32))
}

const recordHash1 = ({ bytes, split }: Canonical, content: string): string =>
  sha256(Buffer.concat([bytes.subarray(0, 1), Buffer.from(content, 'hex'), bytes.subarray(split)]))

/** The event in `bytes`. Throws RangeError when the bytes are not a whole record of version 1 or 2. */
export function decodeCanonical(bytes: Buffer): AuditEvent {
  if (bytes[0] === 1) return decodeVersion1(bytes).event
  checkVersion(bytes)
  const reader = new CanonicalReader(bytes, 1)
  const event = readEvent(reader)
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return event
}

/** The event in `bytes` of version 1, and where they are divided. Throws RangeError. */
export function decodeVersion1(bytes: Buffer): ReturnType<typeof readVersion1> {
  const reader = new CanonicalReader(bytes, 1)
  const read = readVersion1(reader)
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return read
}

function checkVersion(bytes: Buffer): void {
  if (bytes[0] !== CANONICAL_VERSION) throw new RangeError(`canonical record: version ${bytes[0]} is not ${CANONICAL_VERSION}`)
}

/**
 * A reader behind the version, for those who read the order of version 2 field by field: what is of version 1 is first written anew, without a
 * salt. Throws RangeError for other versions.
 */
export function readerOf(bytes: Buffer): CanonicalReader {
  if (bytes[0] === 1) {
    const { event } = decodeVersion1(bytes)
    writer.restart()
    return new CanonicalReader(written(write(event, '')).bytes, 1)
  }
  checkVersion(bytes)
  return new CanonicalReader(bytes, 1)
}

/** Hex digits of a SHA-256. */
export const HASH_DIGITS = 64

/** A SHA-256 that came as 32 characters of one byte, as hex digits: two loops over it cost less than a text of digits and the calls to write that. */
function writeDigits(digest: string, into: Buffer, at: number): void {
  for (let from = 0, to = at; from < HASH_DIGITS / 2; from++) {
    const byte = digest.charCodeAt(from)
    into[to++] = HEX_DIGITS[byte >>> 4] as number
    into[to++] = HEX_DIGITS[byte & 15] as number
  }
}

/** Writes content hash and record hash behind each other, as ASCII digits; gives `into`. */
export function writeHashes(canonical: Canonical, into: Buffer = Buffer.allocUnsafeSlow(2 * HASH_DIGITS), at = 0): Buffer {
  const { bytes, split, kept } = canonical
  if (bytes[0] === 1 || kept !== undefined) return writeRareHashes(canonical, into, at)
  const content = hash('sha256', bytes.subarray(split), 'binary')
  writeDigits(content, into, at)
  const end = split + HASH_DIGITS / 2
  if (hashed.length < end) hashed = Buffer.alloc(end * 2)
  hashed.set(bytes.subarray(0, split))
  for (let from = 0; from < HASH_DIGITS / 2; from++) hashed[split + from] = content.charCodeAt(from)
  writeDigits(hash('sha256', hashed.subarray(0, end), 'binary'), into, at + HASH_DIGITS)
  return into
}

/** Of version 1, and of what was erased. */
function writeRareHashes(canonical: Canonical, into: Buffer, at: number): Buffer {
  const content = contentHash(canonical)
  into.write(content, at, 'latin1')
  into.write(recordHash(canonical, content), at + HASH_DIGITS, 'latin1')
  return into
}
