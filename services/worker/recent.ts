/** Remembers keys, newest last, bounded: the oldest memory goes first. */
export class Recent {
  readonly #limit: number
  readonly #keys: Set<string>

  constructor(limit: number, keys: readonly string[] = []) {
    this.#limit = limit
    this.#keys = new Set(keys.slice(-limit))
  }

  /** Whether the key is new; from now on it is not. */
  admit(key: string): boolean {
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    if (this.#keys.size > this.#limit) this.#keys.delete(this.#keys.values().next().value ?? '')
    return true
  }

  /** Oldest first: what the constructor takes. */
  toJSON(): readonly string[] {
    return [...this.#keys]
  }
}
