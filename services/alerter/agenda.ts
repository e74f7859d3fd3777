/** When which alert is to be looked at: a binary heap, in which what was noted before and holds no longer is passed over. */
interface Entry {
  readonly at: bigint
  readonly id: string
}

/** So many entries that hold no longer are let be. */
const SLACK = 64

export class Agenda {
  #heap: Entry[] = []
  readonly #atOf = new Map<string, bigint>()

  /** Replaces what was noted for it. */
  set(id: string, at: bigint): void {
    if (this.#atOf.get(id) === at) return
    this.#atOf.set(id, at)
    this.#push({ id, at })
    if (this.#heap.length > 2 * this.#atOf.size + SLACK) this.#rebuild()
  }

  delete(id: string): void {
    this.#atOf.delete(id)
  }

  /** Those whose time has come, the earliest first, taken off. */
  due(now: bigint): readonly string[] {
    const ids: string[] = []
    for (let next = this.#first(); next !== undefined && next.at <= now; next = this.#first()) {
      ids.push(next.id)
      this.#atOf.delete(next.id)
    }
    return ids
  }

  /** The earliest time that is noted; undefined where there is none. */
  get next(): bigint | undefined {
    return this.#first()?.at
  }

  /** The earliest entry that still holds. */
  #first(): Entry | undefined {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined || this.#atOf.get(first.id) === first.at) return first
      this.#pop()
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.at <= entry.at) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= last.at) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }

  #rebuild(): void {
    this.#heap = []
    for (const [id, at] of this.#atOf) this.#push({ id, at })
  }
}
