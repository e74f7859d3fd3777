/** States of one detector by key, bounded: over the limit the least recently used is dropped. */

/** One tenant's states are out of another's reach. */
export const stateKey = (tenant: string, key: string): string => `${tenant}\u0000${key}`

export class KeyStates {
  readonly #limit: number
  /** Least recently used first: a Map iterates in order of insertion. */
  readonly #states: Map<string, unknown>
  /** Key of the last answer: most records touch the same key as the one before, or nearly. */
  #newest = ''

  constructor(limit: number, entries: Iterable<readonly [string, unknown]> = []) {
    this.#limit = limit
    this.#states = new Map(entries)
    for (const key of this.#states.keys()) this.#newest = key
  }

  get size(): number {
    return this.#states.size
  }

  /** The key's state, made by `begin` where there is none, now the most recently used. */
  take(key: string, begin: () => unknown): unknown {
    let state = this.#states.get(key)
    if (state !== undefined && key === this.#newest) return state
    if (state === undefined) state = begin()
    else this.#states.delete(key)
    this.#states.set(key, state)
    this.#newest = key
    return state
  }

  /** The key's state without a touch, undefined where there is none. */
  peek(key: string): unknown {
    return this.#states.get(key)
  }

  /** Drops the least recently used until the limit holds; gives how many. */
  evict(): number {
    let dropped = 0
    for (const key of this.#states.keys()) {
      if (this.#states.size <= this.#limit) break
      this.#states.delete(key)
      dropped++
    }
    return dropped
  }

  /** Drops every state of which `done` is true. */
  sweep(done: (state: unknown) => boolean): void {
    for (const [key, state] of this.#states) if (done(state)) this.#states.delete(key)
  }

  /** In order of use, least recent first: what the constructor takes. */
  entries(): readonly (readonly [string, unknown])[] {
    return [...this.#states]
  }
}
