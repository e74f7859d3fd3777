/** How the rows of a tenant's day are divided, so that each answer is bounded: along the table's own order, each piece open where the next begins. */
import type { Piece } from '../../schemas/evidence.ts'
import { sqlText } from '../../schemas/sql-literal.ts'

export interface Day {
  readonly tenant: string
  /** Days since 1970. */
  readonly day: number
  readonly rows: number
}

/** Rows of our own statement, as arrays of columns. */
export type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>

interface Counted<K> {
  readonly key: K
  readonly rows: number
}

interface Run<K> extends Counted<K> {
  /** Where the next run begins; undefined: this is the last. */
  readonly before: K | undefined
}

/** Neighbours together, of about `most` rows; what alone has more stays alone. */
function runsOf<K>(counted: readonly Counted<K>[], most: number): Run<K>[] {
  const runs: { key: K; rows: number }[] = []
  for (const { key, rows } of counted) {
    const last = runs.at(-1)
    if (last === undefined || last.rows + rows > most) runs.push({ key, rows })
    else last.rows += rows
  }
  return runs.map((run, at) => ({ ...run, before: runs[at + 1]?.key }))
}

const NANOSECONDS = 1_000_000_000n
const timeOf = (second: bigint): string => `fromUnixTimestamp64Nano(toInt64(${second * NANOSECONDS}), 'UTC')`

/** The condition of a run; the first begins before everything, and the last ends behind everything. */
function within<K>({ key, before }: Run<K>, at: number, text: { readonly column: string; literal(key: K): string }): string {
  const from = at === 0 ? '' : ` AND ${text.column} >= ${text.literal(key)}`
  return before === undefined ? from : `${from} AND ${text.column} < ${text.literal(before)}`
}

const dayFilter = ({ tenant, day }: Pick<Day, 'tenant' | 'day'>): string => `tenant = ${sqlText(tenant)} AND toDate32(started_at) = toDate32(${day})`

/** Pieces of at most about `most` rows, but for what began within one second. */
export async function piecesOf(day: Day, most: number, ask: Ask): Promise<Piece[]> {
  if (day.rows <= most) return [{ id: dayFilter(day), rows: day.rows }]
  const actors = (await ask(`SELECT actor, count() FROM watchkeeper.audit_events WHERE ${dayFilter(day)} GROUP BY actor ORDER BY actor`))
    .map(([actor, rows]) => ({ key: String(actor), rows: Number(rows) }))
  const pieces: Piece[] = []
  for (const [at, run] of runsOf(actors, most).entries()) {
    const id = dayFilter(day) + within(run, at, { column: 'actor', literal: sqlText })
    if (run.rows <= most) pieces.push({ id, rows: run.rows })
    else pieces.push(...await bySecond(id, most, ask))
  }
  return pieces
}

async function bySecond(filter: string, most: number, ask: Ask): Promise<Piece[]> {
  const seconds = (await ask(`SELECT toString(intDiv(toUnixTimestamp64Nano(started_at), ${NANOSECONDS}) AS second), count() FROM watchkeeper.audit_events
    WHERE ${filter} GROUP BY second ORDER BY second`)).map(([second, rows]) => ({ key: BigInt(String(second)), rows: Number(rows) }))
  return runsOf(seconds, most).map((run, at) => ({ id: filter + within(run, at, { column: 'started_at', literal: timeOf }), rows: run.rows }))
}
