/** Canonical records of a batch side by side, each with a cursor, so that one field after the other can be copied out as a column. */
import { Failure } from '../../schemas/failure.ts'
import { ATTRIBUTE_TYPES } from '../../schemas/audit-event.ts'
import { CANONICAL_VERSION } from '../../schemas/canonical.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Below this many bytes a loop beats a call into the runtime (measured). */
const LOOP_BYTES = 64

/** Every method reads the next field of all rows. Failure `rejected` (`store.event`) names the row whose bytes are damaged. */
export class EventRows {
  readonly #source: Buffer
  readonly #at: Int32Array
  readonly #end: Int32Array
  readonly count: number

  constructor(records: readonly Buffer[]) {
    this.count = records.length
    this.#at = new Int32Array(this.count)
    this.#end = new Int32Array(this.count)
    this.#source = Buffer.allocUnsafe(records.reduce((sum, record) => sum + record.length, 0))
    let at = 0
    for (const [row, record] of records.entries()) {
      if (record[0] !== CANONICAL_VERSION) throw this.#damaged(row)
      this.#at[row] = at + 1
      at += record.copy(this.#source, at)
      this.#end[row] = at
    }
  }

  /** Bytes of all records together. */
  get bytes(): number {
    return this.#source.length
  }

  #damaged(row: number): Failure {
    return new Failure('rejected', 'store.event', `event ${row} of the batch is not a whole canonical record`)
  }

  /** Length of a text with its prefix, which starts at `at`. Native writes strings just so, hence both are copied as one. */
  #sizeAt(at: number, row: number): number {
    const source = this.#source
    const end = this.#end[row] as number
    let value = 0
    let shift = 0
    let position = at
    for (;;) {
      if (position >= end || shift > 28) throw this.#damaged(row)
      const byte = source[position++] as number
      value += (byte & 127) * 2 ** shift
      if (byte < 128) break
      shift += 7
    }
    if (position + value > end) throw this.#damaged(row)
    return position + value - at
  }

  #countAt(row: number): number {
    const at = this.#at[row] as number
    const head = this.#source[at] as number
    if (at < (this.#end[row] as number) && head < 128) {
      this.#at[row] = at + 1
      return head
    }
    let value = 0
    let position = at
    for (let shift = 0; ; shift += 7) {
      if (position >= (this.#end[row] as number) || shift > 28) throw this.#damaged(row)
      const byte = this.#source[position++] as number
      value += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    this.#at[row] = position
    return value
  }

  #copy(out: ByteWriter, at: number, size: number): void {
    out.reserve(size)
    const source = this.#source
    const target = out.buffer
    let to = out.length
    if (size > LOOP_BYTES) source.copy(target, to, at, at + size)
    else for (let from = at; from < at + size; from++) target[to++] = source[from] as number
    out.length += size
  }

  text(out: ByteWriter): void {
    out.reserve(this.count)
    for (let row = 0; row < this.count; row++) {
      const at = this.#at[row] as number
      const size = this.#source[at] === 0 && at < (this.#end[row] as number) ? 1 : this.#sizeAt(at, row)
      this.#copy(out, at, size)
      this.#at[row] = at + size
    }
  }

  /** Fields of a fixed size: 8 for int, 1 for flag. */
  fixed(out: ByteWriter, size: 1 | 8): void {
    for (let row = 0; row < this.count; row++) {
      const at = this.#at[row] as number
      if (at + size > (this.#end[row] as number)) throw this.#damaged(row)
      if (size === 1 && (this.#source[at] as number) > 1) throw this.#damaged(row)
      this.#copy(out, at, size)
      this.#at[row] = at + size
    }
  }

  /** Reads the counts of a list or map field and writes their cumulative ends. */
  counts(out: ByteWriter): Int32Array {
    const counts = new Int32Array(this.count)
    let end = 0
    for (let row = 0; row < this.count; row++) {
      const count = this.#countAt(row)
      if (count > (this.#end[row] as number) - (this.#at[row] as number)) throw this.#damaged(row)
      counts[row] = count
      end += count
      out.count(end)
    }
    return counts
  }

  /** The items of a list field, after its `counts`. */
  items(out: ByteWriter, counts: Int32Array): void {
    for (let row = 0; row < this.count; row++) {
      let at = this.#at[row] as number
      for (let left = counts[row] as number; left > 0; left--) {
        const size = this.#sizeAt(at, row)
        this.#copy(out, at, size)
        at += size
      }
      this.#at[row] = at
    }
  }

  /** One side of a map field's entries, after its `counts`; `values` is called last and steps behind the field. */
  keys(out: ByteWriter, types: ByteWriter, counts: Int32Array): void {
    for (let row = 0; row < this.count; row++) {
      let at = this.#at[row] as number
      for (let left = counts[row] as number; left > 0; left--) {
        const size = this.#sizeAt(at, row)
        this.#copy(out, at, size)
        const type = this.#source[at + size] as number
        if (at + size >= (this.#end[row] as number) || type >= ATTRIBUTE_TYPES.length) throw this.#damaged(row)
        types.small(type, 1)
        at += size + 1
        at += this.#sizeAt(at, row)
      }
    }
  }

  values(out: ByteWriter, counts: Int32Array): void {
    for (let row = 0; row < this.count; row++) {
      let at = this.#at[row] as number
      for (let left = counts[row] as number; left > 0; left--) {
        at += this.#sizeAt(at, row) + 1
        const size = this.#sizeAt(at, row)
        this.#copy(out, at, size)
        at += size
      }
      this.#at[row] = at
    }
  }

  /** All fields are read: nothing may be left of any row. */
  finish(): void {
    for (let row = 0; row < this.count; row++) if (this.#at[row] !== this.#end[row]) throw this.#damaged(row)
  }
}
