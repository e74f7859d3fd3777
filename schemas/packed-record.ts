/**
 * A stored event as a verifier reads it, behind its neighbours in a stream: the place and the hashes that it stands under, then its canonical bytes. It is
 * ClickHouse's RowBinary of those columns, so that a table gives it as it is, and what an evidence folder holds.
 *   u32 partition, i64 offset, u32 offset_index (little-endian), text content_hash, text record_hash, text erasure,
 *   then the canonical record: u8 version and the fields in the order of that version (canonical.ts)
 */
import { hash } from 'node:crypto'
import type { AuditEvent } from './audit-event.ts'
import { CANONICAL_ORDERS, type CanonicalKind, type CanonicalVersion, CONTENT_FIELDS, PUBLIC_FIELDS } from './canonical-order.ts'
import type { StoredEvent } from './ports.ts'

type FieldName = keyof AuditEvent

interface Shape {
  readonly kinds: readonly CanonicalKind[]
  readonly places: ReadonlyMap<FieldName, number>
  /** Number of the first field behind the division: the arrival of version 1, the salt of version 2. */
  readonly split: number
}

const shapeOf = (version: CanonicalVersion, split: number): Shape => ({
  kinds: CANONICAL_ORDERS[version].map(({ kind }) => kind), places: new Map(CANONICAL_ORDERS[version].map(({ name }, place) => [name, place])), split,
})
const SHAPES: Readonly<Record<number, Shape | undefined>> = { 1: shapeOf(1, CONTENT_FIELDS.length), 2: shapeOf(2, PUBLIC_FIELDS.length) }
const MOST_FIELDS = Math.max(CANONICAL_ORDERS[1].length, CANONICAL_ORDERS[2].length)
const HASH_DIGITS = 64
const HEAD_BYTES = 16

/** The bytes end in the middle of a record. */
class Cut extends Error {}
const CUT = new Cut()

/** Reads one record after the other; what it tells is of the record that `next` came to. */
export class PackedCursor {
  readonly #bytes: Buffer
  readonly #starts = new Int32Array(MOST_FIELDS + 1)
  #shape: Shape = SHAPES[2] as Shape
  #at = 0
  #start = 0
  #contentAt = 0
  #recordAt = 0
  #erasureAt = 0
  #canonicalAt = 0
  partition = 0
  offset = 0
  offsetIndex = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Where the record begins that is not whole yet; the length of the bytes when all were read. */
  get rest(): number {
    return this.#at
  }

  /** False at the end, and where the record there is not whole. Throws RangeError for a version that nobody knows. */
  next(): boolean {
    this.#start = this.#at
    try {
      this.#read()
      return true
    } catch (error) {
      if (error !== CUT) throw error
      this.#at = this.#start
      return false
    }
  }

  #read(): void {
    const bytes = this.#bytes
    const start = this.#start
    if (start + HEAD_BYTES > bytes.length) throw CUT
    this.partition = bytes.readUInt32LE(start)
    this.offset = Number(bytes.readBigInt64LE(start + 4))
    this.offsetIndex = bytes.readUInt32LE(start + 12)
    this.#at = this.#contentAt = start + HEAD_BYTES
    this.#text()
    this.#recordAt = this.#at
    this.#text()
    this.#erasureAt = this.#at
    this.#text()
    this.#canonicalAt = this.#at
    const version = this.#byte()
    const shape = SHAPES[version]
    if (shape === undefined) throw new RangeError(`packed record: canonical version ${version} is not known`)
    this.#shape = shape
    const { kinds } = shape
    for (let field = 0; field < kinds.length; field++) {
      this.#starts[field] = this.#at
      this.#skip(kinds[field] as CanonicalKind)
    }
    this.#starts[kinds.length] = this.#at
  }

  #skip(kind: CanonicalKind): void {
    if (kind === 'text') this.#text()
    else if (kind === 'int') this.#forward(8)
    else if (kind === 'flag') this.#forward(1)
    else {
      for (let left = this.#varint(); left > 0; left--) {
        this.#text()
        if (kind === 'texts') continue
        this.#forward(1)
        this.#text()
      }
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw CUT
    return this.#bytes[this.#at++] as number
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      if (scale > 268_435_456) throw new RangeError('packed record: a length is none')
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  #text(): void {
    this.#forward(this.#varint())
  }

  #forward(count: number): void {
    this.#at += count
    if (this.#at > this.#bytes.length) throw CUT
  }

  #textAt(place: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const before = this.#at
    this.#at = place
    const length = this.#varint()
    const text = this.#bytes.toString(encoding, this.#at, this.#at + length)
    this.#at = before
    return text
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

  text(name: FieldName): string {
    const place = this.#shape.places.get(name)
    return place === undefined ? '' : this.#textAt(this.#starts[place] as number)
  }

  int(name: FieldName): bigint {
    return this.#bytes.readBigInt64LE(this.#starts[this.#shape.places.get(name) as number] as number)
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

const NOTHING = Buffer.alloc(0)
let hashed = Buffer.alloc(4096)

/** SHA-256 of `before ‖ content ‖ behind`. */
function hashOf(before: Buffer, content: string, behind: Buffer): string {
  const length = before.length + HASH_DIGITS / 2 + behind.length
  if (hashed.length < length) hashed = Buffer.alloc(length * 2)
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
