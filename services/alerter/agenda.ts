/** When which alert is to be looked at, to a tenth of a second; never before its time. */
const TENTH = 100_000_000n

export class Agenda {
  readonly #byTenth = new Map<bigint, Set<string>>()
  readonly #tenthOf = new Map<string, bigint>()

  /** Replaces what was noted for it. */
  set(id: string, at: bigint): void {
    const tenth = (at + TENTH - 1n) / TENTH
    const before = this.#tenthOf.get(id)
    if (before === tenth) return
    this.#drop(id, before)
    this.#tenthOf.set(id, tenth)
    const others = this.#byTenth.get(tenth)
    if (others === undefined) this.#byTenth.set(tenth, new Set([id]))
    else others.add(id)
  }

  delete(id: string): void {
    this.#drop(id, this.#tenthOf.get(id))
    this.#tenthOf.delete(id)
  }

  #drop(id: string, tenth: bigint | undefined): void {
    if (tenth === undefined) return
    const others = this.#byTenth.get(tenth)
    others?.delete(id)
    if (others?.size === 0) this.#byTenth.delete(tenth)
  }

  /** Those whose time has come, taken off. */
  due(now: bigint): readonly string[] {
    const ids: string[] = []
    for (const [tenth, those] of this.#byTenth) if (tenth * TENTH <= now) ids.push(...those)
    for (const id of ids) this.delete(id)
    return ids
  }

  /** The earliest time that is noted; undefined where there is none. */
  get next(): bigint | undefined {
    let next: bigint | undefined
    for (const tenth of this.#byTenth.keys()) if (next === undefined || tenth < next) next = tenth
    return next === undefined ? undefined : next * TENTH
  }
}
