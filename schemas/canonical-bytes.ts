/** Primitive writers of the canonical form; see canonical.ts for the layout and canonical-reader.ts for the way back. */
import { lengthOf, SHORT_TEXT, writeAscii } from './ascii.ts'
import { ATTRIBUTE_TYPES, type Attributes } from './audit-event.ts'
import { writeInt64 } from './int64.ts'

export const varintLength = (value: number): number =>
  value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5

/** A growing buffer with the primitive writers. One is reused for all events; the bytes are copied out at the end. */
export class CanonicalWriter {
  buffer = Buffer.allocUnsafeSlow(256 * 1024)
  view = new DataView(this.buffer.buffer)
  length = 0
  /** The map written last by `sharedMap`, and where its bytes stand. */
  #shared: Attributes | undefined
  #sharedStart = 0
  #sharedEnd = 0

  /** Begins anew: what was written before may be overwritten. */
  restart(): void {
    this.length = 0
    this.#shared = undefined
  }

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
    const characters = lengthOf(value)
    this.reserve(characters * 3 + 5)
    if (characters === 0) this.buffer[this.length++] = 0
    else if (characters > SHORT_TEXT || !writeAscii(value, this.buffer, this.length + 1)) this.#utf8(value)
    else {
      this.buffer[this.length] = characters
      this.length += 1 + characters
    }
  }

  /** Places the bytes as if there were as many as characters, which is nearly always so; else they are written once more. */
  #utf8(value: string): void {
    const head = varintLength(value.length)
    const bytes = this.buffer.write(value, this.length + head)
    const moved = varintLength(bytes) !== head
    this.varint(bytes)
    if (moved) this.buffer.write(value, this.length)
    this.length += bytes
  }

  int(value: bigint): void {
    this.reserve(8)
    writeInt64(this.view, this.length, value)
    this.length += 8
  }

  /** What was written before, as it is. */
  bytes(written: Buffer): void {
    this.reserve(written.length)
    this.length += written.copy(this.buffer, this.length)
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
    // Not `for`, which here makes an array of every entry.
    values.forEach((value, key) => {
      this.text(key)
      this.reserve(1)
      this.buffer[this.length++] = ATTRIBUTE_TYPES.indexOf(value.type)
      this.text(value.text)
    })
  }

  /** A map that the event before may have had too, as events of one resource do: then its bytes are there already. */
  sharedMap(values: Attributes): void {
    const start = this.length
    if (values === this.#shared) {
      this.reserve(this.#sharedEnd - this.#sharedStart)
      this.buffer.copyWithin(start, this.#sharedStart, this.#sharedEnd)
      this.length += this.#sharedEnd - this.#sharedStart
      return
    }
    this.map(values)
    this.#shared = values
    this.#sharedStart = start
    this.#sharedEnd = this.length
  }
}
