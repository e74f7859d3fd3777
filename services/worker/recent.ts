/**
 * Remembers keys, newest last, bounded: the oldest memory goes first. The order stands in a ring beside the set: a set that is asked for its
 * oldest key walks over all that were deleted before it, 18 to 26 µs a key at 50,000.
 */
export class Recent {
  readonly #limit: number
  readonly #keys = new Set<string>()
  readonly #ring: string[] = []
  /** Place of the oldest key once the ring is full. */
  #oldest = 0

  constructor(limit: number, keys: readonly string[] = []) {
    this.#limit = limit
    for (const key of keys.slice(-limit)) this.admit(key)
  }

  /** Whether the key is new; from now on it is not. */
  admit(key: string): boolean {
    if (this.#limit === 0) return true
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    if (this.#ring.length < this.#limit) this.#ring.push(key)
    else this.#replaceOldest(key)
    return true
  }

  #replaceOldest(key: string): void {
    this.#keys.delete(this.#ring[this.#oldest] as string)
    this.#ring[this.#oldest] = key
    this.#oldest = (this.#oldest + 1) % this.#limit
  }

  /** Oldest first: what the constructor takes. */
  toJSON(): readonly string[] {
    return [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)]
  }
}
