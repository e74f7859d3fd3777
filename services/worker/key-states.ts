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
  actor: number
  server: number
  tool: number
  older: Entry | undefined
  newer: Entry | undefined
}

/** Who or what a record is of, as hashes of 32 bits (signed, so that they need no memory of their own); 0 = of several, or not known. */
export interface Concern {
  readonly actor: number
  readonly server: number
  readonly tool: number
}

/** What is kept of a state: whose, under which key, itself, 1 where it was used since it was last asked (else 0), and whom alone it was learned of. */
export type KeptState = readonly [tenant: string, key: string, state: unknown, used?: 0 | 1, actor?: number, server?: number, tool?: number]

export const NOBODY: Concern = { actor: 0, server: 0, tool: 0 }
const keptOf = ({ tenant, key, state, used, actor, server, tool }: Entry): KeptState => [tenant, key, state, used ? 1 : 0, actor, server, tool]

export class KeyStates {
  /** Whom states are taken for from now on. */
  by: Concern = NOBODY
  readonly #limit: number
  #index = new KeyIndex<Entry>()
  #slot = this.#index.newSlot()
  #size = 0
  #oldest: Entry | undefined
  #newest: Entry | undefined

  constructor(limit: number, entries: Iterable<KeptState> = []) {
    this.#limit = limit
    for (const [tenant, key, state, used, actor = 0, server = 0, tool = 0] of entries) this.#add([tenant, key, state], { actor, server, tool }).used = used === 1
  }

  get size(): number {
    return this.#size
  }

  /** The key's state, made by `begin` where there is none, now used. */
  take(tenant: string, key: string, begin: () => unknown): unknown {
    const entry = this.#index.get(tenant, key, this.#slot)
    const { by } = this
    if (entry === undefined) return this.#add([tenant, key, begin()], by).state
    entry.used = true
    if (entry.actor !== by.actor) entry.actor = 0
    if (entry.server !== by.server) entry.server = 0
    if (entry.tool !== by.tool) entry.tool = 0
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

  /** States of the tenant that were learned of these alone: each of the three that is not 0 must agree, and one of them must be given. */
  of(tenant: string, { actor, server, tool }: Concern): readonly KeptState[] {
    if (actor === 0 && server === 0 && tool === 0) return []
    const agrees = (one: Entry): boolean => one.tenant === tenant && (actor === 0 || one.actor === actor) && (server === 0 || one.server === server) && (tool === 0 || one.tool === tool)
    return Array.from(this.#list()).filter(agrees).map(keptOf)
  }

  /** Drops what was learned of these alone; gives how many states that were. */
  reset(tenant: string, concern: Concern): number {
    const kept = this.of(tenant, concern)
    for (const [, key] of kept) {
      const entry = this.#index.get(tenant, key, this.#slot)
      if (entry !== undefined) this.#drop(entry)
    }
    return kept.length
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
    return Array.from(this.#list(), keptOf)
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

  #add([tenant, key, state]: readonly [string, string, unknown], { actor, server, tool }: Concern): Entry {
    const entry: Entry = { tenant, key, state, used: true, actor, server, tool, older: undefined, newer: undefined }
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
