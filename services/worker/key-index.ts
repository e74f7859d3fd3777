/**
 * Where the states of a key are, for all detectors of a partition: most detectors keep one for the same actor, and one look finds them all.
 * What is kept of a state lies in columns that all of them share, one place a state: no object for the collector of garbage to visit, and what one call
 * touches lies side by side. At 100,000 actors that is what a call costs, as nothing of it is in the processor's caches.
 */

/** Columns of small numbers: used since it was last asked (1 or 0); whom alone it was learned of; neighbours in the order of arrival. */
export const USED = 0
export const ACTOR = 1
export const SERVER = 2
export const TOOL = 3
export const OLDER = 4
export const NEWER = 5
export const WIDTH = 6

/** No place: that of nobody. */
export const NOWHERE = 0

/** The states of one key. */
export interface Row {
  readonly tenant: string
  readonly key: string
  /** By slot: the place of the state, NOWHERE where there is none. */
  places: number[]
  held: number
}

/** The last keys that were asked for; the runner asks for those of one interaction again and again, and for what peers know between them. */
const RECENT = 8
const FIRST_PLACES = 64

/** A state and its place. */
export interface Put {
  readonly slot: number
  readonly state: unknown
}

export class KeyIndex {
  /** By place. */
  readonly states: unknown[] = [undefined]
  readonly rows: (Row | undefined)[] = [undefined]
  /** WIDTH of them a place. */
  facts = new Int32Array(FIRST_PLACES * WIDTH)
  /** By tenant, then key: one tenant's states are out of another's reach, and no key has to be put together. */
  readonly #tenants = new Map<string, Map<string, Row>>()
  readonly #recent: (Row | undefined)[] = new Array<Row | undefined>(RECENT).fill(undefined)
  #turn = 0
  #slots = 0
  /** First of the places that were given back; each leads to the next by OLDER. */
  #free = NOWHERE

  /** A column of its own for one detector. */
  newSlot(): number {
    return this.#slots++
  }

  /** NOWHERE where there is none; only asked of the list where it has the slot, as engines look for others as for names. */
  placeOf(tenant: string, key: string, slot: number): number {
    if (slot < 0) return NOWHERE
    const places = this.#find(tenant, key)?.places
    return places !== undefined && slot < places.length ? (places[slot] as number) : NOWHERE
  }

  /** A place for a key's state in a slot that has none of it; its facts are those of nobody. */
  add(tenant: string, key: string, { slot, state }: Put): number {
    const row = this.#find(tenant, key) ?? this.#begin(tenant, key)
    if (slot >= row.places.length) row.places = longer(row.places, slot)
    const place = this.#allot()
    row.places[slot] = place
    row.held++
    this.states[place] = state
    this.rows[place] = row
    return place
  }

  /** Gives the place back. */
  delete(place: number, slot: number): void {
    const row = this.rows[place]
    if (row === undefined) return
    row.places[slot] = NOWHERE
    this.states[place] = undefined
    this.rows[place] = undefined
    this.facts.fill(0, place * WIDTH, (place + 1) * WIDTH)
    this.facts[place * WIDTH + OLDER] = this.#free
    this.#free = place
    if (--row.held === 0) this.#forget(row)
  }

  #forget({ tenant, key }: Row): void {
    const rows = this.#tenants.get(tenant)
    rows?.delete(key)
    if (rows?.size === 0) this.#tenants.delete(tenant)
    this.#recent.fill(undefined)
  }

  #allot(): number {
    const place = this.#free
    if (place !== NOWHERE) {
      this.#free = this.facts[place * WIDTH + OLDER] as number
      this.facts[place * WIDTH + OLDER] = NOWHERE
      return place
    }
    const next = this.states.length
    if ((next + 1) * WIDTH > this.facts.length) {
      const facts = new Int32Array(Math.ceil(this.facts.length / WIDTH * 1.5) * WIDTH)
      facts.set(this.facts)
      this.facts = facts
    }
    return next
  }

  #find(tenant: string, key: string): Row | undefined {
    for (const row of this.#recent) if (row !== undefined && row.key === key && row.tenant === tenant) return row
    const row = this.#tenants.get(tenant)?.get(key)
    if (row !== undefined) this.#remember(row)
    return row
  }

  #remember(row: Row): void {
    this.#recent[this.#turn] = row
    this.#turn = (this.#turn + 1) % RECENT
  }

  #begin(tenant: string, key: string): Row {
    const row: Row = { tenant, key, places: [], held: 0 }
    const rows = this.#tenants.get(tenant) ?? new Map<string, Row>()
    this.#tenants.set(tenant, rows.set(key, row))
    this.#remember(row)
    return row
  }
}

/** Long enough for the slot: an array that is written beyond its end grows by sixteen, and most keys have a state of one detector. */
function longer(places: readonly number[], slot: number): number[] {
  const more = new Array<number>(slot === 0 ? 1 : (slot | 3) + 1).fill(NOWHERE)
  for (let at = 0; at < places.length; at++) more[at] = places[at] as number
  return more
}
