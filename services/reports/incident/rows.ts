/** Rows of published tables as JSON that loses nothing: times with nine digits, large integers as text, maps as pairs in their order. */
import type { Row, Store } from '../../../schemas/ports.ts'

type Query = Pick<Store, 'query'>
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type JsonRow = Readonly<Record<string, Json>>

interface TableColumn {
  readonly name: string
  readonly type: string
}

const stamp = (ticks: bigint): string =>
  `${new Date(Number(ticks / 1_000_000n)).toISOString().slice(0, 19)}.${String(((ticks % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0')}Z`

function jsonOf(value: unknown, isTime: boolean): Json {
  if (typeof value === 'bigint') return isTime ? stamp(value) : value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
  if (Array.isArray(value)) return value.map((one) => jsonOf(one, isTime))
  if (value instanceof Map) return [...value].map((pair) => pair.map((one: unknown) => jsonOf(one, false)))
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return typeof value === 'number' && !Number.isFinite(value) ? null : value
  return null
}

/** Columns of a table or view, but for those that are left out. */
async function columnsOf(store: Query, table: string, without: readonly string[]): Promise<readonly TableColumn[]> {
  const rows = await store.query(
    "SELECT name, type FROM system.columns WHERE database = 'watchkeeper' AND table = {table:String} AND name NOT IN {without:Array(String)} ORDER BY position", { table, without })
  return rows.map(({ name, type }) => ({ name: String(name), type: String(type) }))
}

/** What is read of one table. */
export interface Reading {
  readonly table: string
  /** SQL with parameters; names the tenant. */
  readonly where: string
  /** Column of time, then columns that together with it are unique: the order, and where the next page begins. */
  readonly key: readonly [string, ...string[]]
  readonly without?: readonly string[]
  readonly most: number
  /** Of the table: those that have several versions of a row are read as they lie. */
  readonly page?: number
}

const PAGE = 2_000

/** Pages in order of the key. */
export async function* readPages(store: Query, { table, where, key, without = [], most, page = PAGE }: Reading, parameters: Readonly<Record<string, unknown>>): AsyncGenerator<readonly JsonRow[]> {
  const columns = await columnsOf(store, table, without)
  const times = new Set(columns.filter(({ type }) => type.includes('DateTime64')).map(({ name }) => name))
  const list = columns.map(({ name }) => `\`${name}\``).join(', ')
  const order = key.map((name) => `\`${name}\``).join(', ')
  const behind = `(${order}) > (fromUnixTimestamp64Nano({at_key:Int64}, 'UTC'), ${key.slice(1).map((_, i) => `{key_${i}:String}`).join(', ')})`
  let last: Row | undefined
  for (let left = most; left > 0;) {
    const cursor = last === undefined ? {} : { at_key: last[key[0]], ...Object.fromEntries(key.slice(1).map((name, i) => [`key_${i}`, String(last?.[name])])) }
    const size = Math.min(page, left)
    const rows = await store.query(`SELECT ${list} FROM watchkeeper.${table} WHERE ${where}${last === undefined ? '' : ` AND ${behind}`} ORDER BY ${order} LIMIT ${size}`, { ...parameters, ...cursor })
    yield rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, jsonOf(row[name], times.has(name))])))
    if (rows.length < size) return
    left -= rows.length
    last = rows.at(-1)
  }
}
