/** A growing buffer with the little-endian primitives of ClickHouse's Native format. */
import { lengthOf, SHORT_TEXT, writeAscii } from '../../schemas/ascii.ts'
import { writeInt64 } from '../../schemas/int64.ts'

const TWO_TO_32 = 4_294_967_296
/** Up to here no number needs a division. */
const SMALL = 0x7fff_ffff

/** How many bytes `varint` takes. */
function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

export class ByteWriter {
  buffer: Buffer
  length = 0
  #view: DataView

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(64, capacity))
    this.#view = new DataView(this.buffer.buffer)
  }

  /** Makes room for `bytes` more. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
    this.#view = new DataView(grown.buffer)
  }

  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest > 127) {
      this.buffer[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.length++] = rest
  }

  /** Length and UTF-8. Lone surrogates become U+FFFD. */
  text(value: string): void {
    const characters = lengthOf(value)
    if (characters > SHORT_TEXT) return this.#encoded(value)
    this.reserve(characters + 1)
    if (!writeAscii(value, this.buffer, this.length + 1)) return this.#encoded(value)
    this.buffer[this.length] = characters
    this.length += 1 + characters
  }

  /** The text is written behind where its length will stand if it is ASCII, and moved where it is not. */
  #encoded(value: string): void {
    const expected = varintBytes(value.length)
    this.reserve(value.length * 3 + 8)
    const from = this.length + expected
    const bytes = this.buffer.write(value, from)
    const needed = varintBytes(bytes)
    if (needed !== expected) this.buffer.copyWithin(this.length + needed, from, from + bytes)
    this.varint(bytes)
    this.length += bytes
  }

  /** Integers of 1, 2 or 4 bytes. */
  small(value: number, bytes: 1 | 2 | 4): void {
    this.reserve(bytes)
    this.buffer[this.length] = value
    if (bytes > 1) this.buffer[this.length + 1] = value >>> 8
    if (bytes > 2) {
      this.buffer[this.length + 2] = value >>> 16
      this.buffer[this.length + 3] = value >>> 24
    }
    this.length += bytes
  }

  /** The low 64 bits. */
  int64(value: bigint): void {
    this.reserve(8)
    writeInt64(this.#view, this.length, value)
    this.length += 8
  }

  /** A whole number below 2^53 as 64 bits, without making a bigint. */
  count(value: number): void {
    this.reserve(8)
    const isSmall = value <= SMALL
    this.#view.setInt32(this.length, isSmall ? value : value % TWO_TO_32, true)
    this.#view.setInt32(this.length + 4, isSmall ? 0 : Math.floor(value / TWO_TO_32), true)
    this.length += 8
  }

  float64(value: number): void {
    this.reserve(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}
