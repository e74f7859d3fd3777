/**
 * Where the states of a key are, for all detectors of a partition: most detectors keep one for the same actor, and one look finds them all.
 * At 100,000 actors that look is what a call costs, as nothing of it is in the processor's caches.
 */

/** Whatever is kept of a key, by slot. */
export interface Row<Cell> {
  readonly tenant: string
  readonly key: string
  cells: (Cell | undefined)[]
  held: number
}

/** The last keys that were asked for; the runner asks for those of one interaction again and again. */
const RECENT = 4

export class KeyIndex<Cell> {
  /** By tenant, then key: one tenant's states are out of another's reach, and no key has to be put together. */
  readonly #tenants = new Map<string, Map<string, Row<Cell>>>()
  readonly #recent: { key: string; row: Row<Cell> | undefined }[] = Array.from({ length: RECENT }, () => ({ key: '', row: undefined }))
  #turn = 0
  #slots = 0

  /** A place in every row for one detector. */
  newSlot(): number {
    return this.#slots++
  }

  get(tenant: string, key: string, slot: number): Cell | undefined {
    return this.#find(tenant, key)?.cells[slot]
  }

  set(tenant: string, key: string, { slot, cell }: { readonly slot: number; readonly cell: Cell }): void {
    const row = this.#find(tenant, key) ?? this.#add(tenant, key)
    // Exactly as long as needed: an array that is written beyond its end grows by sixteen.
    if (slot >= row.cells.length) row.cells = Object.assign(new Array<Cell | undefined>(slot + 1).fill(undefined), row.cells)
    if (row.cells[slot] === undefined) row.held++
    row.cells[slot] = cell
  }

  delete(tenant: string, key: string, slot: number): void {
    const row = this.#find(tenant, key)
    if (row?.cells[slot] === undefined) return
    row.cells[slot] = undefined
    row.held--
    if (row.held > 0) return
    const rows = this.#tenants.get(tenant)
    rows?.delete(key)
    if (rows?.size === 0) this.#tenants.delete(tenant)
    for (const recent of this.#recent) recent.row = undefined
  }

  #find(tenant: string, key: string): Row<Cell> | undefined {
    for (const recent of this.#recent) if (recent.key === key && recent.row !== undefined && recent.row.tenant === tenant) return recent.row
    const row = this.#tenants.get(tenant)?.get(key)
    if (row !== undefined) this.#remember(key, row)
    return row
  }

  #remember(key: string, row: Row<Cell>): void {
    const recent = this.#recent[this.#turn] as { key: string; row: Row<Cell> | undefined }
    this.#turn = (this.#turn + 1) % RECENT
    recent.key = key
    recent.row = row
  }

  #add(tenant: string, key: string): Row<Cell> {
    const row: Row<Cell> = { tenant, key, cells: [], held: 0 }
    const rows = this.#tenants.get(tenant) ?? new Map<string, Row<Cell>>()
    this.#tenants.set(tenant, rows.set(key, row))
    this.#remember(key, row)
    return row
  }
}
