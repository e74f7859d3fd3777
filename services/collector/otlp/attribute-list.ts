/**
 * Attributes of one record as two lists. A record has few, and nearly all that is done with them is to go through them once: a Map costs three
 * times as much to fill. Where there are many, places are looked up.
 */
import type { AnyValue, KeyValues } from './model.ts'

/** More are found by a Map, so that no record costs more than its length. */
const FEW = 24

/** One of 32 bits for a key: keys of which no bit is set are not there. */
const bitOf = (key: string): number => (key === '' ? 1 : 1 << (key.length + 7 * key.charCodeAt(key.length - 1)))

export class AttributeList implements KeyValues {
  readonly #keys: string[] = []
  readonly #values: AnyValue[] = []
  #bits = 0
  #places: Map<string, number> | undefined

  static of(entries: Iterable<readonly [string, AnyValue]>): AttributeList {
    const list = new AttributeList()
    for (const [key, value] of entries) list.set(key, value)
    return list
  }

  get size(): number {
    return this.#keys.length
  }

  get(key: string): AnyValue | undefined {
    const place = this.#placeOf(key)
    return place === -1 ? undefined : this.#values[place]
  }

  has(key: string): boolean {
    return this.#placeOf(key) !== -1
  }

  /** Of a repeated key the last value counts, at the place of the first. */
  set(key: string, value: AnyValue): void {
    const place = this.#placeOf(key)
    if (place === -1) this.#add(key, value)
    else this.#values[place] = value
  }

  forEach(visit: (value: AnyValue, key: string) => void): void {
    const keys = this.#keys
    const values = this.#values
    for (let at = 0; at < keys.length; at++) visit(values[at] as AnyValue, keys[at] as string)
  }

  keys(): Iterable<string> {
    return this.#keys
  }

  [Symbol.iterator](): Iterator<[string, AnyValue]> {
    return this.#keys.map((key, at): [string, AnyValue] => [key, this.#values[at] as AnyValue])[Symbol.iterator]()
  }

  #placeOf(key: string): number {
    if ((this.#bits & bitOf(key)) === 0) return -1
    if (this.#places !== undefined) return this.#places.get(key) ?? -1
    return this.#keys.indexOf(key)
  }

  #add(key: string, value: AnyValue): void {
    this.#bits |= bitOf(key)
    this.#keys.push(key)
    this.#values.push(value)
    if (this.#places !== undefined) this.#places.set(key, this.#keys.length - 1)
    else if (this.#keys.length > FEW) this.#places = new Map(this.#keys.map((each, at) => [each, at]))
  }
}
