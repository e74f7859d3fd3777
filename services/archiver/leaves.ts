/**
 * The log of leaves of one partition: one leaf for each stored event, appended by the partition's owner alone, behind the insert of the event. Which
 * index a batch begins at is part of what is written down before it, so that whoever makes the batch again makes the same leaves.
 */
import { HASH_DIGITS } from '../../schemas/canonical.ts'
import type { Row, StoredLeaf } from '../../schemas/ports.ts'
import { digestOfIds } from './ids-digest.ts'
import type { InsertStore } from './traced-store.ts'

export type LeafStore = Pick<InsertStore, 'query' | 'insertLeaves'>

/** An event stored by a replay, which is to have a leaf (table `leaf_orders`). */
export interface LeafOrder {
  readonly offset: number
  readonly offset_index: number
  readonly event_id: string
  readonly tenant: string
  readonly record_hash: string
}

/** Where a batch of the bus begins and ends, and what of the log it takes: fixed before it is tried, and the same in every try. */
export interface LeafPlan {
  readonly first: number
  readonly next: number
  /** Index of the first leaf. */
  readonly base: number
  /** They come before the events of the batch. */
  readonly orders: readonly LeafOrder[]
}

/** Events from before there were leaves get theirs so many at a time. */
const MEND_ROWS = 50_000
/** Replays are rare, and wait a little for their leaves. */
const ORDERS_EVERY_MS = 10_000
const MOST_ORDERS = 1_000

const keyOf = (offset: number, offsetIndex: number): string => `${offset}.${offsetIndex}`

/** The record hash stands behind the content hash, which no leaf needs. */
const leafOf = (partition: number, { offset, offset_index: offsetIndex, event_id, tenant, record_hash }: LeafOrder): StoredLeaf =>
  ({ partition, offset, offsetIndex, head: { event_id, tenant }, hashes: Buffer.from(record_hash.padStart(2 * HASH_DIGITS, '0'), 'latin1'), hashesAt: 0 })

const orderOf = (row: Row): LeafOrder => ({
  offset: Number(row['offset']), offset_index: Number(row['offset_index']), event_id: String(row['event_id']), tenant: String(row['tenant']), record_hash: String(row['record_hash']),
})

/** What replays ask for is read here and written by `again.ts`. */
export const orderRow = ({ partition, offset, offsetIndex: offset_index, head: { event_id, tenant }, hashes, hashesAt }: StoredLeaf): Row =>
  ({ partition, offset, offset_index, event_id, tenant, record_hash: hashes.toString('latin1', hashesAt + HASH_DIGITS, hashesAt + 2 * HASH_DIGITS) })

export class LeafLog {
  readonly #partition: number
  readonly #store: LeafStore
  readonly #now: () => number
  /** Index of the next leaf; undefined until the table was asked. */
  #next: number | undefined
  #plan: LeafPlan | undefined
  /** The plan was begun before, here or by an earlier owner: some of it may be there. */
  #begun: boolean
  #asked = Number.NEGATIVE_INFINITY

  /** `begun`: what an earlier owner had in hand. */
  constructor(partition: number, store: LeafStore, { begun, now = () => performance.now() }: { readonly begun?: LeafPlan | undefined; readonly now?: () => number } = {}) {
    this.#partition = partition
    this.#store = store
    this.#plan = begun
    this.#begun = begun !== undefined
    this.#now = now
  }

  /**
   * What the batch of `first … next - 1` takes of the log. Events that were stored before it and have no leaf (by an older version) get theirs now; `keep`
   * is asked before each write, and where it says false the answer is undefined: the partition is another's.
   */
  async plan({ first, next }: Pick<LeafPlan, 'first' | 'next'>, keep: () => Promise<boolean>): Promise<LeafPlan | undefined> {
    if (this.#plan?.first === first && this.#plan.next === next) return this.#plan
    if (this.#next === undefined && !(await this.#mend(first, keep))) return undefined
    this.#begun = false
    this.#plan = { first, next, base: this.#next as number, orders: await this.#orders() }
    return this.#plan
  }

  /** Whether replays wait for leaves though the batch of `first … next - 1` has no events. */
  async waited(batch: Pick<LeafPlan, 'first' | 'next'>): Promise<boolean> {
    if (this.#plan?.first === batch.first && this.#plan.next === batch.next) return this.#plan.orders.length > 0
    return this.#now() - this.#asked >= ORDERS_EVERY_MS && (await this.#pending()).length > 0
  }

  /** Appends the leaves of events that are stored, in the order of their places. `there`: some of the events were stored before this try. */
  async append({ orders, base, first, next }: LeafPlan, stored: readonly StoredLeaf[], there: boolean): Promise<void> {
    let leaves = [...orders.map((order) => leafOf(this.#partition, order)), ...stored]
    let start = base
    if (there || this.#begun) {
      const known = await this.#known({ first, next, orders })
      leaves = leaves.filter(({ offset, offsetIndex }) => !known.has(keyOf(offset, offsetIndex)))
      if (known.size > 0) start = (await this.#end()).next
    }
    this.#begun = true
    await this.#insert(leaves, start)
    this.#next = start + leaves.length
  }

  async #insert(leaves: readonly StoredLeaf[], start: number): Promise<void> {
    const ids = digestOfIds(leaves.map(({ head }) => head.event_id))
    await this.#store.insertLeaves([{ first: start, leaves }], `leaves:${this.#partition}:${start}-${start + leaves.length}:${ids}`)
  }

  /** Events before offset `before` that have no leaf get theirs, in order. False: the partition is another's by now. */
  async #mend(before: number, keep: () => Promise<boolean>): Promise<boolean> {
    for (let { next, offset, index } = await this.#end(); ;) {
      const rows = (await this.#store.query(`SELECT event_id, tenant, offset, offset_index, record_hash FROM watchkeeper.audit_events
        WHERE partition = {partition:UInt32} AND offset >= {offset:Int64} AND offset < {before:Int64} AND (offset, offset_index) > ({offset:Int64}, {index:Int64})
        ORDER BY offset, offset_index, event_id LIMIT 1 BY offset, offset_index LIMIT ${MEND_ROWS}`, { partition: this.#partition, offset, index, before })).map(orderOf)
      const last = rows.at(-1)
      if (last !== undefined && !(await keep())) return false
      if (last !== undefined) {
        await this.#insert(rows.map((row) => leafOf(this.#partition, row)), next)
        next += rows.length
        offset = last.offset
        index = last.offset_index
      }
      this.#next = next
      if (rows.length < MEND_ROWS) return true
    }
  }

  /** The next index, and the furthest place that has a leaf. */
  async #end(): Promise<{ next: number; offset: number; index: number }> {
    const [row] = await this.#store.query(`SELECT count() AS n, max(leaf_index) AS last, max((offset, offset_index)).1 AS at, max((offset, offset_index)).2 AS at_index
      FROM watchkeeper.event_leaf_versions WHERE partition = {partition:UInt32}`, { partition: this.#partition })
    if (row === undefined || Number(row['n']) === 0) return { next: 0, offset: -1, index: -1 }
    return { next: Number(row['last']) + 1, offset: Number(row['at']), index: Number(row['at_index']) }
  }

  /** Places that have leaves, of those that the plan speaks of. */
  async #known({ first, next, orders }: Pick<LeafPlan, 'first' | 'next' | 'orders'>): Promise<ReadonlySet<string>> {
    const rows = await this.#store.query(`SELECT toFloat64(offset) AS place, offset_index FROM watchkeeper.event_leaf_versions
      WHERE partition = {partition:UInt32} AND ((offset >= {first:Int64} AND offset < {next:Int64}) OR offset IN {offsets:Array(Int64)})`,
    { partition: this.#partition, first, next, offsets: orders.map(({ offset }) => offset) })
    return new Set(rows.map((row) => keyOf(Number(row['place']), Number(row['offset_index']))))
  }

  async #orders(): Promise<readonly LeafOrder[]> {
    return this.#now() - this.#asked < ORDERS_EVERY_MS ? [] : await this.#pending(true)
  }

  /** Orders without a leaf. `taken`: they are asked for again only after a while. */
  async #pending(taken = false): Promise<readonly LeafOrder[]> {
    const rows = await this.#store.query(`SELECT offset, offset_index, event_id, tenant, record_hash FROM watchkeeper.leaf_orders FINAL WHERE partition = {partition:UInt32}
      AND (offset, offset_index) NOT IN (SELECT offset, offset_index FROM watchkeeper.event_leaf_versions
        WHERE partition = {partition:UInt32} AND offset IN (SELECT offset FROM watchkeeper.leaf_orders WHERE partition = {partition:UInt32}))
      ORDER BY offset, offset_index LIMIT ${MOST_ORDERS}`, { partition: this.#partition })
    if (taken || rows.length === 0) this.#asked = this.#now()
    return rows.map(orderOf)
  }
}
