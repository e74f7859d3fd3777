/** States of one detector by tenant and key, bounded: over the limit the least recently used is dropped. */

/**
 * A link of the list from the least to the most recently used; ends are undefined.
 * A list, because taking out of a Map and putting back costs more.
 */
interface Entry {
  readonly tenant: string
  readonly key: string
  readonly state: unknown
  older: Entry | undefined
  newer: Entry | undefined
}

/** What is kept of a state: whose, under which key, and itself. */
export type KeptState = readonly [tenant: string, key: string, state: unknown]

export class KeyStates {
  readonly #limit: number
  /** By tenant, then key: one tenant's states are out of another's reach, and no key has to be put together. */
  readonly #tenants = new Map<string, Map<string, Entry>>()
  #size = 0
  #oldest: Entry | undefined
  #newest: Entry | undefined

  constructor(limit: number, entries: Iterable<KeptState> = []) {
    this.#limit = limit
    for (const [tenant, key, state] of entries) this.#add(tenant, key, state)
  }

  get size(): number {
    return this.#size
  }

  /** The key's state, made by `begin` where there is none, now the most recently used. */
  take(tenant: string, key: string, begin: () => unknown): unknown {
    const entry = this.#tenants.get(tenant)?.get(key)
    if (entry === undefined) return this.#add(tenant, key, begin()).state
    if (entry !== this.#newest) {
      this.#unlink(entry)
      this.#append(entry)
    }
    return entry.state
  }

  /** Where the key has a state, it is now the most recently used. */
  touch(tenant: string, key: string): void {
    const entry = this.#tenants.get(tenant)?.get(key)
    if (entry === undefined || entry === this.#newest) return
    this.#unlink(entry)
    this.#append(entry)
  }

  /** The key's state without a touch, undefined where there is none. */
  peek(tenant: string, key: string): unknown {
    return this.#tenants.get(tenant)?.get(key)?.state
  }

  /** Drops the least recently used until the limit holds; gives how many. */
  evict(): number {
    let dropped = 0
    for (; this.#size > this.#limit && this.#oldest !== undefined; dropped++) this.#drop(this.#oldest)
    return dropped
  }

  /** Drops every state of which `done` is true. */
  sweep(done: (state: unknown) => boolean): void {
    for (const entries of this.#tenants.values()) {
      for (const entry of entries.values()) if (done(entry.state)) this.#drop(entry)
    }
  }

  /** In order of use, least recent first: what the constructor takes. */
  entries(): readonly KeptState[] {
    const list: KeptState[] = []
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) list.push([entry.tenant, entry.key, entry.state])
    return list
  }

  #add(tenant: string, key: string, state: unknown): Entry {
    const entry: Entry = { tenant, key, state, older: undefined, newer: undefined }
    const entries = this.#tenants.get(tenant) ?? new Map<string, Entry>()
    this.#tenants.set(tenant, entries.set(key, entry))
    this.#size++
    this.#append(entry)
    return entry
  }

  #append(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  #unlink({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }

  #drop(entry: Entry): void {
    const entries = this.#tenants.get(entry.tenant)
    entries?.delete(entry.key)
    if (entries?.size === 0) this.#tenants.delete(entry.tenant)
    this.#size--
    this.#unlink(entry)
  }
}
