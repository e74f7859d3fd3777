/** Primitive readers of the canonical form; see canonical.ts for the layout. */
import { ATTRIBUTE_TYPES, type Attribute, type Attributes } from './audit-event.ts'
import { readInt64 } from './int64.ts'
import { Interned, type Place } from './interned.ts'

const words = new Interned()

/** Records that follow each other often lie in one buffer, and come from one resource. */
let lastView: DataView = new DataView(new ArrayBuffer(0))
let lastMap: { readonly bytes: Buffer; readonly map: Attributes } = { bytes: Buffer.alloc(0), map: new Map() }
const LONGEST_KEPT = 4096

const NO_ATTRIBUTES: Attributes = new Map()
const cut = (what: string): RangeError => new RangeError(`canonical record: ${what} runs past its end`)

/** Attributes as bytes: most records are read without a look at most of theirs. */
class LazyAttributes implements Attributes {
  readonly #buffer: Buffer
  readonly #start: number
  #made: Attributes | undefined

  constructor(buffer: Buffer, start: number) {
    this.#buffer = buffer
    this.#start = start
  }

  get #map(): Attributes {
    return (this.#made ??= new CanonicalReader(this.#buffer, this.#start).map())
  }

  get size(): number {
    return new CanonicalReader(this.#buffer, this.#start).count()
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  get(key: string): Attribute | undefined {
    return this.#made === undefined ? new CanonicalReader(this.#buffer, this.#start).attribute(key) : this.#made.get(key)
  }

  forEach(callback: (value: Attribute, key: string, map: Attributes) => void): void {
    this.#map.forEach(callback)
  }

  entries(): MapIterator<[string, Attribute]> {
    return this.#map.entries()
  }

  keys(): MapIterator<string> {
    return this.#map.keys()
  }

  values(): MapIterator<Attribute> {
    return this.#map.values()
  }

  [Symbol.iterator](): MapIterator<[string, Attribute]> {
    return this.#map.entries()
  }
}

export class CanonicalReader implements Place {
  readonly buffer: Buffer
  /** Of all the memory that the record is in. */
  readonly view: DataView
  readonly offset: number
  position = 0
  constructor(buffer: Buffer, position: number) {
    this.buffer = buffer
    if (lastView.buffer !== buffer.buffer) lastView = new DataView(buffer.buffer)
    this.view = lastView
    this.offset = buffer.byteOffset
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
    return words.text(this.buffer, start, end, this)
  }

  /** A text that hardly ever comes twice: not worth looking for among those that were read before. */
  id(): string {
    const length = this.varint()
    if (length === 0) return ''
    const start = this.position
    const end = start + length
    if (end > this.buffer.length) throw cut('text')
    this.position = end
    return this.buffer.toString('utf8', start, end)
  }

  /** Passes over so many texts. */
  skipText(count = 1): void {
    for (let left = count; left > 0; left--) {
      const length = this.varint()
      this.position += length
      if (this.position > this.buffer.length) throw cut('text')
    }
  }

  skipTexts(): void {
    for (let left = this.count(); left > 0; left--) this.skipText()
  }

  skipInt(count = 1): void {
    this.position += 8 * count
  }

  skipMap(): void {
    for (let left = this.count(); left > 0; left--) {
      this.skipText()
      this.position++
      this.skipText()
    }
  }

  /** A map of which nothing is made before it is asked. */
  lazyMap(): Attributes {
    const start = this.position
    if (this.buffer[start] === 0) {
      this.position++
      return NO_ATTRIBUTES
    }
    this.skipMap()
    return new LazyAttributes(this.buffer, start)
  }

  int(): bigint {
    if (this.position + 8 > this.buffer.length) throw cut('number')
    const value = readInt64(this.view, this.offset + this.position)
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

  /** Texts as `id` reads them. */
  ids(): readonly string[] {
    const ids: string[] = []
    for (let left = this.count(); left > 0; left--) ids.push(this.id())
    return ids
  }

  map(): Attributes {
    if (this.buffer[this.position] === 0) {
      this.position++
      return NO_ATTRIBUTES
    }
    const entries = new Map<string, Attribute>()
    for (let left = this.count(); left > 0; left--) {
      const key = this.text()
      const type = ATTRIBUTE_TYPES[this.buffer[this.position++] ?? -1]
      if (type === undefined) throw new RangeError('canonical record: unknown attribute type')
      entries.set(key, { type, text: this.text() })
    }
    return entries
  }

  /** Of a map of attributes, the one under `key` (ASCII), without making the others. Of equal keys the last counts, as in `map`. */
  attribute(key: string): Attribute | undefined {
    let found: Attribute | undefined
    for (let left = this.count(); left > 0; left--) {
      const same = this.#isText(key)
      this.skipText()
      const type = ATTRIBUTE_TYPES[this.buffer[this.position++] ?? -1]
      if (!same) this.skipText()
      else if (type === undefined) throw new RangeError('canonical record: unknown attribute type')
      else found = { type, text: this.text() }
    }
    return found
  }

  /** Whether the text that comes next is `text` (ASCII); stays where it is. */
  #isText(text: string): boolean {
    const start = this.position
    const length = this.varint()
    const from = this.position
    this.position = start
    if (length !== text.length) return false
    for (let at = 0; at < length; at++) if (this.buffer[from + at] !== text.charCodeAt(at)) return false
    return true
  }

  /** A map that is often the very one of the record read before: then no new one is made. */
  repeatedMap(): Attributes {
    const { bytes, map } = lastMap
    const end = this.position + bytes.length
    if (bytes.length > 0 && end <= this.buffer.length && this.buffer.compare(bytes, 0, bytes.length, this.position, end) === 0) {
      this.position = end
      return map
    }
    const start = this.position
    const read = this.map()
    if (this.position - start <= LONGEST_KEPT) lastMap = { bytes: Buffer.from(this.buffer.subarray(start, this.position)), map: read }
    return read
  }
}
