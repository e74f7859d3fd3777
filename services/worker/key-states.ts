/**
 * States of one detector by tenant and key, bounded. Over the limit they are asked in the order in which they came: one that was used since it
 * was last asked goes to the end, the first that was not is dropped (*second chance*, or *clock*). An exact order of use costs a call three more
 * looks into cold memory. Source: Corbató 1968, "A paging experiment with the Multics system".
 */

import { ACTOR, KeyIndex, NEWER, NOWHERE, OLDER, type Row, SERVER, TOOL, USED, WIDTH } from './key-index.ts'

/** Who or what a record is of, as hashes of 32 bits (signed, as the columns keep them); 0 = of several, or not known. */
export interface Concern {
  readonly actor: number
  readonly server: number
  readonly tool: number
}

/** What is kept of a state: whose, under which key, itself, 1 where it was used since it was last asked (else 0), and whom alone it was learned of. */
export type KeptState = readonly [tenant: string, key: string, state: unknown, used?: 0 | 1, actor?: number, server?: number, tool?: number]

export const NOBODY: Concern = { actor: 0, server: 0, tool: 0 }

/** No slot yet: detectors that never keep anything take none. */
const NO_SLOT = -1

export class KeyStates {
  /** Whom states are taken for from now on. */
  by: Concern = NOBODY
  readonly #limit: number
  #index = new KeyIndex()
  #slot = NO_SLOT
  #size = 0
  /** Ends of the list, from the next to be asked to the last. */
  #oldest = NOWHERE
  #newest = NOWHERE

  constructor(limit: number, entries: Iterable<KeptState> = []) {
    this.#limit = limit
    for (const kept of entries) this.#restore(kept)
  }

  get size(): number {
    return this.#size
  }

  /** The key's state, made by `begin` where there is none, now used. */
  take(tenant: string, key: string, begin: () => unknown): unknown {
    const place = this.#index.placeOf(tenant, key, this.#slot)
    if (place === NOWHERE) return this.#index.states[this.#add([tenant, key, begin()], this.by)]
    const { facts, states } = this.#index
    const { actor, server, tool } = this.by
    const at = place * WIDTH
    facts[at + USED] = 1
    if (facts[at + ACTOR] !== actor) facts[at + ACTOR] = 0
    if (facts[at + SERVER] !== server) facts[at + SERVER] = 0
    if (facts[at + TOOL] !== tool) facts[at + TOOL] = 0
    return states[place]
  }

  /** The key's state without a touch, undefined where there is none. */
  peek(tenant: string, key: string): unknown {
    return this.#index.states[this.#index.placeOf(tenant, key, this.#slot)]
  }

  /** Drops until the limit holds; gives how many. */
  evict(): number {
    const before = this.#size
    while (this.#size > this.#limit && this.#oldest !== NOWHERE) this.#ask(this.#oldest)
    return before - this.#size
  }

  /** Drops every state of which `done` is true. */
  sweep(done: (state: unknown) => boolean): void {
    for (const place of this.#list()) if (done(this.#index.states[place])) this.#drop(place)
  }

  /** States of the tenant that were learned of these alone: each of the three that is not 0 must agree, and one of them must be given. */
  of(tenant: string, concern: Concern): readonly KeptState[] {
    return this.#placesOf(tenant, concern).map((place) => this.#keptAt(place))
  }

  /** Drops what was learned of these alone; gives how many states that were. */
  reset(tenant: string, concern: Concern): number {
    const places = this.#placesOf(tenant, concern)
    for (const place of places) this.#drop(place)
    return places.length
  }

  /** From now on keeps its states in an index that others use as well. */
  join(index: KeyIndex): void {
    if (index === this.#index) return
    const entries = this.entries()
    this.#index = index
    this.#slot = NO_SLOT
    this.#size = 0
    this.#oldest = NOWHERE
    this.#newest = NOWHERE
    for (const kept of entries) this.#restore(kept)
  }

  /** In the order in which they will be asked: what the constructor takes. */
  entries(): readonly KeptState[] {
    return Array.from(this.#list(), (place) => this.#keptAt(place))
  }

  #placesOf(tenant: string, { actor, server, tool }: Concern): readonly number[] {
    if (actor === 0 && server === 0 && tool === 0) return []
    const { facts, rows } = this.#index
    const agrees = (at: number): boolean => (actor === 0 || facts[at + ACTOR] === actor) && (server === 0 || facts[at + SERVER] === server) && (tool === 0 || facts[at + TOOL] === tool)
    return Array.from(this.#list()).filter((place) => rows[place]?.tenant === tenant && agrees(place * WIDTH))
  }

  #keptAt(place: number): KeptState {
    const { tenant, key } = this.#index.rows[place] as Row
    return [tenant, key, this.#index.states[place], this.#fact(place, USED) === 1 ? 1 : 0, this.#fact(place, ACTOR), this.#fact(place, SERVER), this.#fact(place, TOOL)]
  }

  #fact(place: number, column: number): number {
    return this.#index.facts[place * WIDTH + column] as number
  }

  #set(place: number, column: number, value: number): void {
    this.#index.facts[place * WIDTH + column] = value
  }

  /** The next one is known before one is given, so that it may be dropped. */
  * #list(): Generator<number, undefined> {
    for (let place = this.#oldest; place !== NOWHERE;) {
      const newer = this.#fact(place, NEWER)
      yield place
      place = newer
    }
  }

  #ask(place: number): void {
    if (this.#fact(place, USED) === 0) return this.#drop(place)
    this.#set(place, USED, 0)
    this.#unlink(place)
    this.#append(place)
  }

  #restore([tenant, key, state, used, actor = 0, server = 0, tool = 0]: KeptState): void {
    this.#set(this.#add([tenant, key, state], { actor, server, tool }), USED, used === 1 ? 1 : 0)
  }

  #add([tenant, key, state]: readonly [string, string, unknown], { actor, server, tool }: Concern): number {
    if (this.#slot === NO_SLOT) this.#slot = this.#index.newSlot()
    const place = this.#index.add(tenant, key, { slot: this.#slot, state })
    this.#set(place, USED, 1)
    this.#set(place, ACTOR, actor)
    this.#set(place, SERVER, server)
    this.#set(place, TOOL, tool)
    this.#size++
    this.#append(place)
    return place
  }

  #append(place: number): void {
    this.#set(place, OLDER, this.#newest)
    this.#set(place, NEWER, NOWHERE)
    if (this.#newest === NOWHERE) this.#oldest = place
    else this.#set(this.#newest, NEWER, place)
    this.#newest = place
  }

  #unlink(place: number): void {
    const older = this.#fact(place, OLDER)
    const newer = this.#fact(place, NEWER)
    if (older === NOWHERE) this.#oldest = newer
    else this.#set(older, NEWER, newer)
    if (newer === NOWHERE) this.#newest = older
    else this.#set(newer, OLDER, older)
  }

  #drop(place: number): void {
    this.#unlink(place)
    this.#index.delete(place, this.#slot)
    this.#size--
  }
}
