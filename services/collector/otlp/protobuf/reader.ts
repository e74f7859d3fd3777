/**
 * Reads the protobuf wire format (protobuf.dev, "Encoding") from one buffer. Hand written because it is the hot path: no object per
 * field, and every read is bounded by the message it belongs to. Each read takes the field's name for the sentence of its refusal.
 */
import { undecodable } from '../budget.ts'
import type { Budget } from '../budget.ts'
import { integer } from '../integer.ts'
import { Interned, type Place } from '../../../../schemas/interned.ts'
import { hexOf } from './hex-ids.ts'

/** A tag is `field number << 3 | wire type`. */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
const GROUP = 3
const END_GROUP = 4
const FIXED32 = 5

// Memory of texts only: what is decoded does not depend on it.
const keys = new Interned()
const values = new Interned()
/** A trace's id comes with each of its spans, a span's id once more as the parent of another. */
const ids = new Interned(hexOf)

export class Reader implements Place {
  readonly bytes: Buffer
  readonly budget: Budget
  pos = 0
  /** End of the message being read. */
  limit: number
  readonly view: DataView
  readonly offset = 0

  constructor(bytes: Buffer, budget: Budget) {
    this.bytes = bytes
    this.budget = budget
    this.limit = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  fail(field: string, what: string): Error {
    return undecodable(`${field}: ${what} (byte ${this.pos})`)
  }

  /** Goes into a nested message; the answer is the outer limit, to be given to `leave`. */
  enter(field: string): number {
    const length = this.#length(field)
    const outer = this.limit
    this.limit = this.pos + length
    return outer
  }

  leave(outer: number): void {
    this.limit = outer
  }

  tag(message: string): number {
    const first = this.pos < this.limit ? this.bytes[this.pos]! : 0
    if (first >= 8 && first < 128) {
      this.pos++
      return first
    }
    const tag = this.#number(message)
    if (tag < 8 || tag > 0xffff_ffff) throw this.fail(message, 'a field has a number that cannot be')
    return tag
  }

  /** A varint of which only the low 32 bits matter: enums and bools. */
  int32(field: string): number {
    const byte = this.pos < this.limit ? this.bytes[this.pos]! : 128
    if (byte < 128) {
      this.pos++
      return byte
    }
    return Number(BigInt.asIntN(32, this.#long(field)))
  }

  bool(field: string): boolean {
    return this.#long(field) !== 0n
  }

  int64(field: string): number | bigint {
    const byte = this.pos < this.limit ? this.bytes[this.pos]! : 128
    if (byte < 128) {
      this.pos++
      return byte
    }
    return integer(BigInt.asIntN(64, this.#long(field)))
  }

  fixed64(field: string): bigint {
    return this.view.getBigUint64(this.#advance(8, field), true)
  }

  sfixed64(field: string): bigint {
    return this.view.getBigInt64(this.#advance(8, field), true)
  }

  double(field: string): number {
    return this.view.getFloat64(this.#advance(8, field), true)
  }

  /** Text that may be anything. */
  text(field: string): string {
    const length = this.#length(field)
    return this.textAt(this.pos, (this.pos += length))
  }

  /** The same where the place is known; nothing is moved and nothing checked. */
  textAt(start: number, end: number): string {
    return start === end ? '' : values.text(this.bytes, start, end, this)
  }

  /** Text out of a vocabulary. */
  key(field: string): string {
    const length = this.#length(field)
    return this.keyAt(this.pos, (this.pos += length))
  }

  keyAt(start: number, end: number): string {
    return start === end ? '' : keys.text(this.bytes, start, end, this)
  }

  /** A copy, so that it does not keep the request alive. */
  blob(field: string): Uint8Array {
    const length = this.#length(field)
    return new Uint8Array(this.bytes.subarray(this.pos, (this.pos += length)))
  }

  /** Lower-case hex; '' for an id of another size or of zeroes only, which the specification calls no id. */
  id(size: number, field: string): string {
    const length = this.#length(field)
    const start = this.pos
    this.pos += length
    return length === size ? ids.text(this.bytes, start, this.pos, this) : ''
  }

  /** Skips a field that is not read. A field of `known` numbers comes here only with a wire type that it cannot have. */
  skip(tag: number, message: string, known: Readonly<Record<number, string>>): void {
    const name = known[tag >>> 3]
    if (name !== undefined) throw this.fail(`${message}.${name}`, `has wire type ${tag & 7}`)
    if ((tag & 7) === GROUP) this.#skipGroup(tag >>> 3, message)
    else this.#skipPlain(tag, message)
  }

  #skipPlain(tag: number, message: string): void {
    switch (tag & 7) {
      case VARINT: return void this.#number(message)
      case FIXED64: return void this.#advance(8, message)
      case BYTES: return void this.#advance(this.#length(message), message)
      case FIXED32: return void this.#advance(4, message)
      default: throw this.fail(`${message} field ${tag >>> 3}`, `has wire type ${tag & 7}, which cannot be here`)
    }
  }

  /** Groups are long deprecated, yet valid and nest without end. */
  #skipGroup(number: number, message: string): void {
    const open = [number]
    while (open.length > 0) {
      const tag = this.tag(message)
      if ((tag & 7) === GROUP) open.push(tag >>> 3)
      else if ((tag & 7) !== END_GROUP) this.#skipPlain(tag, message)
      else if (open.pop() !== tag >>> 3) throw this.fail(`${message} field ${tag >>> 3}`, 'ends a group that was not begun')
      if (open.length > this.budget.depth) throw this.budget.tooDeep(`${message} field ${number}`)
    }
  }

  #advance(size: number, field: string): number {
    const start = this.pos
    if (this.limit - start < size) throw this.fail(field, 'is cut off')
    this.pos = start + size
    return start
  }

  #length(field: string): number {
    const byte = this.pos < this.limit ? this.bytes[this.pos]! : 128
    let length = byte
    if (byte < 128) this.pos++
    else length = this.#number(field)
    if (length > this.limit - this.pos) throw this.fail(field, `says ${length} bytes where ${this.limit - this.pos} are left`)
    return length
  }

  /** A varint as a number: exact up to 2^53, and too big for any use beyond. */
  #number(field: string): number {
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      if (this.pos >= this.limit) throw this.fail(field, 'is cut off within a number')
      const byte = this.bytes[this.pos++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
    throw this.fail(field, 'has a number of more than ten bytes')
  }

  /** A varint with all its 64 bits, unsigned. */
  #long(field: string): bigint {
    const start = this.pos
    const value = this.#number(field)
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value)
    let exact = 0n
    for (let at = this.pos - 1; at >= start; at--) exact = (exact << 7n) | BigInt(this.bytes[at]! & 127)
    return BigInt.asUintN(64, exact)
  }
}
