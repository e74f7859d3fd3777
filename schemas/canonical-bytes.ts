/** Primitive writers and readers of the canonical form; see canonical.ts for the layout. */
import { ATTRIBUTE_TYPES, type Attribute, type Attributes } from './audit-event.ts'

/** Short ASCII is written byte by byte: cheaper than a call into native code. */
const SHORT_TEXT = 40

/** A growing buffer with the primitive writers. One is reused for all events; the bytes are copied out at the end. */
export class CanonicalWriter {
  buffer = Buffer.allocUnsafeSlow(64 * 1024)
  view = new DataView(this.buffer.buffer)
  length = 0

  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
    this.view = new DataView(grown.buffer)
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
    if (characters <= SHORT_TEXT && this.ascii(value)) return
    const bytes = Buffer.byteLength(value)
    this.varint(bytes)
    this.length += this.buffer.write(value, this.length, bytes)
  }

  /** Writes length and bytes when all characters are ASCII; writes nothing that counts when one is not. */
  ascii(value: string): boolean {
    const { buffer } = this
    let at = this.length
    buffer[at++] = value.length
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) return false
      buffer[at++] = code
    }
    this.length = at
    return true
  }

  int(value: bigint): void {
    this.reserve(8)
    this.view.setBigInt64(this.length, value, true)
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

const cut = (what: string): RangeError => new RangeError(`canonical record: ${what} runs past its end`)

export class CanonicalReader {
  readonly buffer: Buffer
  readonly view: DataView
  position = 0
  constructor(buffer: Buffer, position: number) {
    this.buffer = buffer
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.position = position
  }

  varint(): number {
    const first = this.buffer[this.position++]
    if (first === undefined) throw cut('length')
    if (first < 128) return first
    let value = first & 127
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.buffer[this.position++]
      if (byte === undefined) throw cut('length')
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw cut('length')
  }

  text(): string {
    const length = this.varint()
    if (length === 0) return ''
    const start = this.position
    const end = start + length
    if (end > this.buffer.length) throw cut('text')
    this.position = end
    return this.buffer.toString('utf8', start, end)
  }

  int(): bigint {
    const value = this.view.getBigInt64(this.position, true)
    this.position += 8
    return value
  }

  flag(): boolean {
    return this.buffer[this.position++] === 1
  }

  count(): number {
    const count = this.varint()
    if (count > this.buffer.length) throw cut('count')
    return count
  }

  texts(): readonly string[] {
    const texts: string[] = []
    for (let left = this.count(); left > 0; left--) texts.push(this.text())
    return texts
  }

  map(): Attributes {
    const entries = new Map<string, Attribute>()
    for (let left = this.count(); left > 0; left--) {
      const key = this.text()
      const type = ATTRIBUTE_TYPES[this.buffer[this.position++] ?? -1]
      if (type === undefined) throw new RangeError('canonical record: unknown attribute type')
      entries.set(key, { type, text: this.text() })
    }
    return entries
  }
}
