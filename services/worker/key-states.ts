/**
 * States of one detector by tenant and key, bounded. Over the limit they are asked in the order in which they came: one that was used since it
 * was last asked goes to the end, the first that was not is dropped (*second chance*, or *clock*). An exact order of use costs a call three more
 * looks into cold memory. Source: Corbató 1968, "A paging experiment with the Multics system".
 */

import { KeyIndex } from './key-index.ts'

/** A link of the list, from the next to be asked to the last; ends are undefined. */
export interface Entry {
  readonly tenant: string
  readonly key: string
  readonly state: unknown
  used: boolean
  older: Entry | undefined
  newer: Entry | undefined
}

/** What is kept of a state: whose, under which key, itself, and 1 where it was used since it was last asked. */
export type KeptState = readonly [tenant: string, key: string, state: unknown, used?: 1]

export class KeyStates {
  readonly #limit: number
  #index = new KeyIndex<Entry>()
  #slot = this.#index.newSlot()
  #size = 0
  #oldest: Entry | undefined
  #newest: Entry | undefined

  constructor(limit: number, entries: Iterable<KeptState> = []) {
    this.#limit = limit
    for (const [tenant, key, state, used] of entries) this.#add(tenant, key, state).used = used === 1
  }

  get size(): number {
    return this.#size
  }

  /** The key's state, made by `begin` where there is none, now used. */
  take(tenant: string, key: string, begin: () => unknown): unknown {
    const entry = this.#index.get(tenant, key, this.#slot)
    if (entry === undefined) return this.#add(tenant, key, begin()).state
    entry.used = true
    return entry.state
  }

  /** The key's state without a touch, undefined where there is none. */
  peek(tenant: string, key: string): unknown {
    return this.#index.get(tenant, key, this.#slot)?.state
  }

  /** Drops until the limit holds; gives how many. */
  evict(): number {
    const before = this.#size
    while (this.#size > this.#limit && this.#oldest !== undefined) this.#ask(this.#oldest)
    return before - this.#size
  }

  /** Drops every state of which `done` is true. */
  sweep(done: (state: unknown) => boolean): void {
    for (const entry of this.#list()) if (done(entry.state)) this.#drop(entry)
  }

  /** From now on finds its states by an index that others use as well. */
  join(index: KeyIndex<Entry>): void {
    if (index === this.#index) return
    this.#index = index
    this.#slot = index.newSlot()
    for (const cell of this.#list()) index.set(cell.tenant, cell.key, { slot: this.#slot, cell })
  }

  /** In the order in which they will be asked: what the constructor takes. */
  entries(): readonly KeptState[] {
    return Array.from(this.#list(), ({ tenant, key, state, used }): KeptState => (used ? [tenant, key, state, 1] : [tenant, key, state]))
  }

  /** The next one is known before one is given, so that it may be dropped. */
  * #list(): Generator<Entry, undefined> {
    for (let entry = this.#oldest; entry !== undefined;) {
      const { newer } = entry
      yield entry
      entry = newer
    }
  }

  #ask(entry: Entry): void {
    if (!entry.used) return this.#drop(entry)
    entry.used = false
    this.#unlink(entry)
    this.#append(entry)
  }

  #add(tenant: string, key: string, state: unknown): Entry {
    const entry: Entry = { tenant, key, state, used: true, older: undefined, newer: undefined }
    this.#index.set(tenant, key, { slot: this.#slot, cell: entry })
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
    this.#index.delete(entry.tenant, entry.key, this.#slot)
    this.#size--
    this.#unlink(entry)
  }
}
