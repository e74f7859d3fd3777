/** Primitive writers of the canonical form; see canonical.ts for the layout and canonical-reader.ts for the way back. */
import { lengthOf, SHORT_TEXT, writeAscii } from './ascii.ts'
import { ATTRIBUTE_TYPES, type Attributes } from './audit-event.ts'
import { HEX_DIGITS } from './hex.ts'
import { writeInt64 } from './int64.ts'

export const varintLength = (value: number): number =>
  value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5

/** Runs of fields that can be written once more, see `repeats`. */
const RUNS = 8
/** Places in a map whose keys are known again. */
const KEYS = 32
/** More is copied by native code: a call there costs as much as a loop over so many bytes. */
const MOST_IN_WORDS = 64

/** A growing buffer with the primitive writers. One is reused for all events; the bytes are copied out at the end. */
export class CanonicalWriter {
  buffer = Buffer.allocUnsafeSlow(256 * 1024)
  view = new DataView(this.buffer.buffer)
  length = 0
  /** By run, where it was written last. */
  readonly #runStarts = new Int32Array(RUNS)
  readonly #runEnds = new Int32Array(RUNS)
  /** By place in a map, the key that was written there last since `restart`, and where. */
  readonly #keys = new Array<string | undefined>(KEYS).fill(undefined)
  readonly #keyStarts = new Int32Array(KEYS)
  readonly #keyEnds = new Int32Array(KEYS)

  /** Begins anew: what was written before may be overwritten. */
  restart(): void {
    this.length = 0
    this.#keys.fill(undefined)
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

  /** Bytes of `bytes[from, to)`, few of them, as a text of lower-case hex digits. */
  hex(bytes: Uint8Array, from: number, to: number): void {
    this.reserve(1 + 2 * (to - from))
    const { buffer } = this
    let at = this.length
    buffer[at++] = 2 * (to - from)
    for (let each = from; each < to; each++) {
      const byte = bytes[each] as number
      buffer[at++] = HEX_DIGITS[byte >>> 4] as number
      buffer[at++] = HEX_DIGITS[byte & 15] as number
    }
    this.length = at
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
    let place = 0
    values.forEach((value, key) => {
      this.#key(key, place++)
      this.reserve(1)
      this.buffer[this.length++] = ATTRIBUTE_TYPES.indexOf(value.type)
      this.text(value.text)
    })
  }

  /** Maps behind each other mostly have the same keys in the same places. */
  #key(key: string, place: number): void {
    if (place < KEYS && this.#keys[place] === key) return this.#again(this.#keyStarts[place] as number, this.#keyEnds[place] as number)
    const start = this.length
    this.text(key)
    if (place >= KEYS) return
    this.#keys[place] = key
    this.#keyStarts[place] = start
    this.#keyEnds[place] = this.length
  }

  /** Bytes that were written since `restart` once more: copying costs a fraction of reading characters. */
  #again(start: number, end: number): void {
    const length = end - start
    // The last word may go beyond the end: what comes next is written over that.
    this.reserve(length + 3)
    const { view, length: at } = this
    if (length > MOST_IN_WORDS) this.buffer.copyWithin(at, start, end)
    else for (let done = 0; done < length; done += 4) view.setInt32(at + done, view.getInt32(start + done, true), true)
    this.length = at + length
  }

  /** Writes a run of fields once more where the event before had the `same`. False: they are to be written now, and `ran` is to be called behind them. */
  repeats(run: number, same: boolean): boolean {
    if (same) this.#again(this.#runStarts[run] as number, this.#runEnds[run] as number)
    else this.#runStarts[run] = this.length
    return same
  }

  ran(run: number): void {
    this.#runEnds[run] = this.length
  }
}
