/**
 * What is held, by key, in the order in which it was touched last. A list beside the map: a map or set that is asked for its first entry walks over all
 * that were deleted before it, some 20 µs at 60,000 entries, and here the first is asked for with each record.
 */
interface Link<V> {
  readonly key: string
  value: V
  older: Link<V> | undefined
  newer: Link<V> | undefined
}

export class Touched<V> {
  readonly #links = new Map<string, Link<V>>()
  #oldest: Link<V> | undefined
  #newest: Link<V> | undefined

  get size(): number {
    return this.#links.size
  }

  has(key: string): boolean {
    return this.#links.has(key)
  }

  get(key: string): V | undefined {
    return this.#links.get(key)?.value
  }

  /** The one that was touched least recently. */
  get oldest(): V | undefined {
    return this.#oldest?.value
  }

  /** The entry, made by `begin` where there is none, now the last. */
  touch(key: string, begin: (key: string) => V): V {
    const known = this.#links.get(key)
    if (known === undefined) return this.#add(key, begin(key))
    if (known !== this.#newest) {
      this.#unlink(known)
      this.#append(known)
    }
    return known.value
  }

  delete(key: string): boolean {
    const link = this.#links.get(key)
    if (link === undefined) return false
    this.#links.delete(key)
    this.#unlink(link)
    return true
  }

  keys(): Iterable<string> {
    return this.#links.keys()
  }

  /** Oldest first; the one that was given last may be deleted. */
  * entries(): Generator<readonly [string, V], undefined> {
    for (let link = this.#oldest; link !== undefined;) {
      const { key, value, newer } = link
      yield [key, value]
      link = newer
    }
  }

  /** As `entries`. */
  * values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value
  }

  #add(key: string, value: V): V {
    const link: Link<V> = { key, value, older: undefined, newer: undefined }
    this.#links.set(key, link)
    this.#append(link)
    return value
  }

  #append(link: Link<V>): void {
    link.older = this.#newest
    link.newer = undefined
    if (this.#newest === undefined) this.#oldest = link
    else this.#newest.newer = link
    this.#newest = link
  }

  #unlink({ older, newer }: Link<V>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
