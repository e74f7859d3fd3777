/**
 * What batches of several partitions insert into one table at about the same time goes as one insert: it costs the store a dozen milliseconds whatever is in
 * it. Only for tables in which a row that comes again is the same row (every one but `audit_events`): an insert whose answer is lost can go again in other
 * company, under another token.
 */
import { hash } from 'node:crypto'
import { kindOf } from '../../schemas/failure.ts'
import { type InsertStore, leavesIn } from './traced-store.ts'

/** A batch waits for the others at most so long: they may be held up by rows that the store refuses, or by a large insert. */
const COMPANY_MS = 250
/** So many rows cost more than the insert itself: they go alone. */
const LARGE = 5_000

interface Part<T> {
  readonly rows: readonly T[]
  readonly token: string
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

type Write<T> = (rows: readonly T[], token: string) => Promise<void>

interface Insert<T> {
  readonly table: string
  readonly rows: readonly T[]
  readonly size: number
  readonly token: string
  readonly write: Write<T>
}

/** One table's. */
class Wagon<T> {
  readonly #write: Write<T>
  #parts: Part<T>[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(write: Write<T>) {
    this.#write = write
  }

  add(rows: readonly T[], token: string): Promise<void> {
    this.#timer ??= setTimeout(() => this.depart(0), COMPANY_MS)
    return new Promise((done, failed) => void this.#parts.push({ rows, token, done, failed }))
  }

  /** Goes when every one of `expected` batches has given its part. */
  depart(expected: number): void {
    if (this.#parts.length === 0 || this.#parts.length < expected) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    // The same company has the same token, whoever came first.
    const parts = this.#parts.sort((one, other) => (one.token < other.token ? -1 : 1))
    this.#parts = []
    void this.#carry(parts)
  }

  /** A row that the store refuses must not be the fault of the others: then each goes alone. */
  async #carry(parts: readonly Part<T>[]): Promise<void> {
    const [only, ...others] = parts as [Part<T>, ...Part<T>[]]
    const token = others.length === 0 ? only.token : `together:${hash('sha256', parts.map((part) => part.token).join('\n'), 'hex')}`
    try {
      await this.#write(others.length === 0 ? only.rows : parts.flatMap(({ rows }) => rows), token)
      for (const { done } of parts) done()
    } catch (error) {
      if (others.length > 0 && kindOf(error) === 'rejected') await Promise.all(parts.map((part) => this.#carry([part])))
      else for (const { failed } of parts) failed(error)
    }
  }
}

export class Convoy {
  /** The store as batches of this convoy see it. */
  readonly store: InsertStore
  readonly #wagons = new Map<string, Wagon<never>>()
  #batches = 0

  constructor(store: InsertStore) {
    this.store = {
      ...store,
      insertLeaves: (runs, token) => this.#insert({
        table: 'event_leaves', rows: runs, size: leavesIn(runs), token, write: (all, of) => store.insertLeaves(all, of),
      }),
      insertRows: (table, rows, token) => this.#insert({ table, rows, size: rows.length, token, write: (all, of) => store.insertRows(table, all, of) }),
    }
  }

  /** One batch is being written: what others insert waits a little for what it does. */
  async during<R>(batch: () => Promise<R>): Promise<R> {
    this.#batches++
    try {
      return await batch()
    } finally {
      this.#batches--
      for (const wagon of this.#wagons.values()) wagon.depart(this.#batches)
    }
  }

  #insert<T>({ table, rows, size, token, write }: Insert<T>): Promise<void> {
    if (size === 0 || size > LARGE) return write(rows, token)
    // What a table's wagon carries is always of one kind.
    const wagon = (this.#wagons.get(table) ?? new Wagon(write)) as Wagon<T>
    this.#wagons.set(table, wagon as unknown as Wagon<never>)
    const carried = wagon.add(rows, token)
    wagon.depart(this.#batches)
    return carried
  }
}
