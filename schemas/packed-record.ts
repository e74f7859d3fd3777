/**
 * A stored event as a verifier reads it, behind its neighbours in a stream: the place and the hashes that it stands under, then its canonical bytes. It is
 * ClickHouse's RowBinary of those columns, so that a table gives it as it is, and what an evidence folder holds.
 *   u32 partition, i64 offset, u32 offset_index (little-endian), text content_hash, text record_hash, text erasure,
 *   then the canonical record: u8 version and the fields in the order of that version (canonical.ts)
 */
import { hash } from 'node:crypto'
import type { AuditEvent } from './audit-event.ts'
import { CANONICAL_FIELDS, CANONICAL_ORDERS, type CanonicalKind, type CanonicalVersion, CONTENT_FIELDS, PUBLIC_FIELDS } from './canonical-order.ts'
import type { StoredEvent } from './ports.ts'

/** A field as a number: who asks for one of every record looks its name up once. */
export type FieldNumber = number & { readonly field: unique symbol }
export const FIELD = Object.fromEntries(CANONICAL_FIELDS.map(({ name }, number) => [name, number])) as Readonly<Record<keyof AuditEvent, FieldNumber>>

interface Shape {
  /** Kinds of the fields as numbers: every field of every record goes through here. */
  readonly kinds: Uint8Array
  /** Where each field stands, by its number; -1: this version has no such field. */
  readonly places: Int8Array
  /** Number of the first field behind the division: the arrival of version 1, the salt of version 2. */
  readonly split: number
}

const MOST_FIELDS = Math.max(CANONICAL_ORDERS[1].length, CANONICAL_ORDERS[2].length)
const HASH_BYTES = 32
const HASH_DIGITS = 2 * HASH_BYTES
const HEAD_BYTES = 16

const WORD = 2 ** 32
const TEXT = 0
const INT = 1
const FLAG = 2
const TEXTS = 3
const CODES: Readonly<Record<CanonicalKind, number>> = { text: TEXT, int: INT, flag: FLAG, texts: TEXTS, map: 4 }
/** Where a record is not whole. */
const CUT = -1
const ZERO = 48
const LETTERS = 87

const shapeOf = (version: CanonicalVersion, split: number): Shape => ({
  kinds: Uint8Array.from(CANONICAL_ORDERS[version], ({ kind }) => CODES[kind]), split,
  places: Int8Array.from(CANONICAL_FIELDS, ({ name }) => CANONICAL_ORDERS[version].findIndex((field) => field.name === name)),
})
const SHAPES: Readonly<Record<number, Shape | undefined>> = { 1: shapeOf(1, CONTENT_FIELDS.length), 2: shapeOf(2, PUBLIC_FIELDS.length) }
/** Reads one record after the other; what it tells is of the record that `next` came to. */
export class PackedCursor {
  readonly #bytes: Buffer
  /** The memory of the bytes, of which they begin at `#from`: asking a Buffer for it costs as much as reading ten fields. */
  readonly #memory: ArrayBufferLike
  readonly #from: number
  readonly #starts = new Int32Array(MOST_FIELDS + 1)
  #shape: Shape = SHAPES[2] as Shape
  #at = 0
  #start = 0
  #behind = 0
  #contentAt = 0
  #recordAt = 0
  #erasureAt = 0
  #canonicalAt = 0
  partition = 0
  offset = 0
  offsetIndex = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#memory = bytes.buffer
    this.#from = bytes.byteOffset
  }

  /** Where the record begins that is not whole yet; the length of the bytes when all were read. */
  get rest(): number {
    return this.#at
  }

  /** False at the end, and where the record there is not whole. Throws RangeError for a version that nobody knows. */
  next(): boolean {
    this.#start = this.#at
    const end = this.#read(this.#at)
    if (end === CUT) return false
    this.#at = end
    return true
  }

  /** Where the record that begins at `start` ends. */
  #read(start: number): number {
    const bytes = this.#bytes
    if (start + HEAD_BYTES > bytes.length) return CUT
    this.partition = bytes.readUInt32LE(start)
    this.offset = bytes.readUInt32LE(start + 4) + bytes.readInt32LE(start + 8) * WORD
    this.offsetIndex = bytes.readUInt32LE(start + 12)
    this.#contentAt = start + HEAD_BYTES
    this.#recordAt = this.#text(this.#contentAt)
    this.#erasureAt = this.#text(this.#recordAt)
    this.#canonicalAt = this.#text(this.#erasureAt)
    const version = this.#canonicalAt === CUT ? undefined : bytes[this.#canonicalAt]
    if (version === undefined) return CUT
    const shape = SHAPES[version]
    if (shape === undefined) throw new RangeError(`packed record: canonical version ${version} is not known`)
    this.#shape = shape
    return this.#fields(this.#canonicalAt + 1, shape.kinds)
  }

  #fields(from: number, kinds: Uint8Array): number {
    const [bytes, starts] = [this.#bytes, this.#starts]
    const { length } = bytes
    let at = from
    for (let field = 0; field < kinds.length; field++) {
      starts[field] = at
      const kind = kinds[field] as number
      if (kind === TEXT) {
        const first = bytes[at] as number
        // Nearly all are short.
        at = first < 128 ? at + 1 + first : this.#text(at)
      } else if (kind === INT) at += 8
      else if (kind === FLAG) at += 1
      else at = this.#list(at, kind)
      if (at === CUT || at > length) return CUT
    }
    starts[kinds.length] = at
    return at
  }

  /** Behind a list of texts, or of entries of a map, that begins at `from`. */
  #list(from: number, kind: number): number {
    let left = this.#varint(from)
    let at = this.#behind
    for (; left > 0 && at !== CUT; left--) {
      at = this.#text(at)
      if (kind !== TEXTS && at !== CUT) at = this.#text(at + 1)
    }
    return at
  }

  /** The number at `from`; `#behind` is then behind it, or CUT. */
  #varint(from: number): number {
    const bytes = this.#bytes
    let value = 0
    let at = from
    for (let scale = 1; ; scale *= 128) {
      if (scale > 268_435_456) throw new RangeError('packed record: a length is none')
      const byte = bytes[at++]
      if (byte === undefined) {
        this.#behind = CUT
        return 0
      }
      value += (byte & 127) * scale
      if (byte < 128) {
        this.#behind = at
        return value
      }
    }
  }

  /** Behind the text that begins at `from`. */
  #text(from: number): number {
    if (from === CUT) return CUT
    const first = this.#bytes[from]
    if (first === undefined) return CUT
    if (first < 128) return from + 1 + first > this.#bytes.length ? CUT : from + 1 + first
    const length = this.#varint(from)
    return this.#behind === CUT || this.#behind + length > this.#bytes.length ? CUT : this.#behind + length
  }

  #textAt(place: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const length = this.#varint(place)
    return this.#bytes.toString(encoding, this.#behind, this.#behind + length)
  }

  /** As stored, not as computed. */
  get storedContentHash(): string {
    return this.#textAt(this.#contentAt, 'latin1')
  }

  get storedRecordHash(): string {
    return this.#textAt(this.#recordAt, 'latin1')
  }

  /** Which erasure blanked the row; '' for none. */
  get erasure(): string {
    return this.#bytes[this.#erasureAt] === 0 ? '' : this.#textAt(this.#erasureAt)
  }

  text(field: FieldNumber): string {
    const place = this.#shape.places[field] as number
    return place < 0 ? '' : this.#textAt(this.#starts[place] as number)
  }

  /** Of the field's bytes, where they begin; a text begins with its length. Both are 0 where records of this version have no such field. */
  fieldAt(field: FieldNumber): number {
    const place = this.#shape.places[field] as number
    return place < 0 ? 0 : this.#starts[place] as number
  }

  /** Of the field's bytes, where the next field begins. */
  fieldEnd(field: FieldNumber): number {
    const place = this.#shape.places[field] as number
    return place < 0 ? 0 : this.#starts[place + 1] as number
  }

  /** Whether the text is this one, shorter than 128 bytes. */
  isText(field: FieldNumber, ascii: Uint8Array): boolean {
    const from = this.fieldAt(field)
    let same = this.#bytes[from] === ascii.length
    for (let at = 0; same && at < ascii.length; at++) same = this.#bytes[from + 1 + at] === ascii[at]
    return same
  }

  isNegative(field: FieldNumber): boolean {
    return (this.#bytes[this.fieldAt(field) + 7] as number) > 127
  }

  /** Whether the record is of the version that is written now, and whole: no removal blanked it. */
  get isPlain(): boolean {
    return this.#shape === SHAPES[2] && this.#bytes[this.#erasureAt] === 0
  }

  int(field: FieldNumber): bigint {
    return this.#bytes.readBigInt64LE(this.fieldAt(field))
  }

  /** Of an erased row: whether everything that its content hash once hid is blank, as it must be now that nothing proves it. */
  isBlank(): boolean {
    if (this.#shape === SHAPES[1]) return false
    return this.#bytes.subarray(this.#starts[this.#shape.split] as number, this.#at).every((byte) => byte === 0)
  }

  /** The whole record in the stream. Shares its memory. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at)
  }

  /** Canonical bytes. Shares the stream's memory. */
  get canonical(): Buffer {
    return this.#bytes.subarray(this.#canonicalAt, this.#at)
  }

  /** The content hash made again (of an erased row, which has none to make, the stored one) and the record hash: what the leaf must hold. 64 hex digits each. */
  hashes(): { readonly content: string; readonly record: string } {
    const content = this.#contentHash()
    return { content, record: this.#recordHash(content) }
  }

  /**
   * Makes both hashes again and writes the record hash, 32 bytes, into `into` at `at`: the same as `hashes`, without texts of hex digits. The answer is whether the
   * stored hashes are these.
   */
  prove(into: Uint8Array, at: number): boolean {
    if (!this.isPlain) return this.#proveOther(into, at)
    const split = this.#starts[this.#shape.split] as number
    const length = split - this.#canonicalAt
    makeRoom(length + HASH_BYTES)
    hashed.set(this.#view(this.#canonicalAt, split))
    const content = hash('sha256', this.#view(split, this.#at), 'binary')
    const isContent = this.#isStored(this.#contentAt, content, hashed, length)
    const record = hash('sha256', new Uint8Array(hashedMemory, 0, length + HASH_BYTES), 'binary')
    return this.#isStored(this.#recordAt, record, into, at) && isContent
  }

  #proveOther(into: Uint8Array, at: number): boolean {
    const { content, record } = this.hashes()
    into.set(Buffer.from(record, 'hex'), at)
    return record === this.storedRecordHash && content === this.storedContentHash
  }

  /** Cheaper than a Buffer of the same bytes. */
  #view(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#memory, this.#from + from, to - from)
  }

  /** Writes `digest`, a string of one character a byte, into `into` at `at`. Whether the text at `place` has its hex digits. */
  #isStored(place: number, digest: string, into: Uint8Array, at: number): boolean {
    const bytes = this.#bytes
    let differing = (bytes[place] as number) ^ HASH_DIGITS
    for (let byte = 0; byte < HASH_BYTES; byte++) {
      const value = digest.charCodeAt(byte)
      const digits = DIGITS[value] as number
      into[at + byte] = value
      differing |= ((bytes[place + 1 + 2 * byte] as number) ^ (digits & 255)) | ((bytes[place + 2 + 2 * byte] as number) ^ (digits >>> 8))
    }
    return differing === 0
  }

  #contentHash(): string {
    const split = this.#starts[this.#shape.split] as number
    if (this.#shape === SHAPES[1]) return hash('sha256', this.#bytes.subarray(this.#canonicalAt, split), 'hex')
    return this.erasure === '' ? hash('sha256', this.#bytes.subarray(split, this.#at), 'hex') : this.storedContentHash
  }

  #recordHash(content: string): string {
    const split = this.#starts[this.#shape.split] as number
    if (this.#shape === SHAPES[1]) return hashOf(this.#bytes.subarray(this.#canonicalAt, this.#canonicalAt + 1), content, this.#bytes.subarray(split, this.#at))
    return hashOf(this.#bytes.subarray(this.#canonicalAt, split), content, NOTHING)
  }
}

const digitOf = (value: number): number => (value < 10 ? ZERO : LETTERS) + value
/** Both hex digits of each byte, as ASCII, the first one lowest. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, value) => digitOf(value >>> 4) | (digitOf(value & 15) << 8))

const NOTHING = Buffer.alloc(0)
/** What is put together to be hashed. */
let hashedMemory = new ArrayBuffer(4096)
let hashed = Buffer.from(hashedMemory)

function makeRoom(length: number): void {
  if (hashed.length >= length) return
  hashedMemory = new ArrayBuffer(length * 2)
  hashed = Buffer.from(hashedMemory)
}

/** SHA-256 of `before ‖ content ‖ behind`. */
function hashOf(before: Buffer, content: string, behind: Buffer): string {
  const length = before.length + HASH_DIGITS / 2 + behind.length
  makeRoom(length)
  before.copy(hashed, 0)
  hashed.fill(0, before.length, before.length + HASH_DIGITS / 2)
  hashed.write(content.slice(0, HASH_DIGITS), before.length, 'hex')
  behind.copy(hashed, before.length + HASH_DIGITS / 2)
  return hash('sha256', hashed.subarray(0, length), 'hex')
}

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head: number[] = []
  let rest = bytes.length
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128)
  return Buffer.concat([Buffer.from([...head, rest]), bytes])
}

/** A stored event in this form. `erasure`: what blanked it, '' for nothing. */
export function packRecord({ bytes, partition, offset, offsetIndex, hashes, hashesAt }: StoredEvent, erasure = ''): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(partition)
  head.writeBigInt64LE(BigInt(offset), 4)
  head.writeUInt32LE(offsetIndex, 12)
  const digits = (from: number): Buffer => textBytes(hashes.toString('latin1', hashesAt + from, hashesAt + from + HASH_DIGITS))
  return Buffer.concat([head, digits(0), digits(HASH_DIGITS), textBytes(erasure), bytes])
}

/** What stands before canonical bytes for which no hashes are stored: the place is written into it. */
const BARE_HEAD = Buffer.concat([Buffer.alloc(HEAD_BYTES), textBytes('0'.repeat(HASH_DIGITS)), textBytes('0'.repeat(HASH_DIGITS)), textBytes('')])

/** What each of them has before its canonical bytes. */
export const BARE_HEAD_BYTES = BARE_HEAD.length

/** Records that nobody stored hashes with, behind each other: noughts stand where the hashes would. */
export function packBare(records: readonly Omit<StoredEvent, 'hashes' | 'hashesAt'>[]): Buffer {
  const packed = Buffer.allocUnsafe(records.reduce((sum, { bytes }) => sum + BARE_HEAD.length + bytes.length, 0))
  let at = 0
  for (const { bytes, partition, offset, offsetIndex } of records) {
    packed.set(BARE_HEAD, at)
    packed.writeUInt32LE(partition, at)
    packed.writeUInt32LE(offset % WORD, at + 4)
    packed.writeUInt32LE(Math.floor(offset / WORD), at + 8)
    packed.writeUInt32LE(offsetIndex, at + 12)
    packed.set(bytes, at + BARE_HEAD.length)
    at += BARE_HEAD.length + bytes.length
  }
  return packed
}
