/** What earlier looks wrote down of the windows that are not counted again. */
import type { CoverageSource } from '../../schemas/coverage.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlTime } from '../../schemas/sql-literal.ts'
import type { ActiveHour } from './silence.ts'

/** Seven days of a source, and its last one in sums. */
export interface Past extends CoverageSource {
  readonly last_received_at: bigint
  readonly hours: readonly ActiveHour[]
  readonly fields: ReadonlyMap<string, number>
  readonly joined_calls: number
  readonly joined_fields: ReadonlyMap<string, number>
}

export interface Ago {
  /** From here on a source is known, */
  readonly week: bigint
  /** and judged. */
  readonly day: bigint
  /** First window that is counted again. */
  readonly until: bigint
}

const MOST_SOURCES = 5_000
const countsOf = (value: unknown): ReadonlyMap<string, number> => new Map([...(value as ReadonlyMap<string, bigint>)].map(([name, count]) => [name, Number(count)]))

export async function readPast(store: Pick<Store, 'query'>, { week, day, until }: Ago): Promise<readonly Past[]> {
  const recent = `window_start >= ${sqlTime(day)}`
  const rows = await store.query(`SELECT tenant, source, emitter, scope_version, service_version, mapping_version, max(last_received_at) AS last,
      groupArrayIf(window_start, active_minutes != 0) AS starts, groupArrayIf(active_minutes, active_minutes != 0) AS minutes, sumMapIf(fields, ${recent}) AS f,
      sumIf(joined_calls, ${recent}) AS calls, sumMapIf(joined_fields, ${recent}) AS j
    FROM watchkeeper.coverage_versions FINAL WHERE window_start >= ${sqlTime(week)} AND window_start < ${sqlTime(until)}
    GROUP BY tenant, source, emitter, scope_version, service_version, mapping_version HAVING last >= ${sqlTime(week)} ORDER BY last DESC LIMIT ${MOST_SOURCES}`)
  return rows.map((row) => ({ ...sourceOf(row), last_received_at: row['last'] as bigint, hours: hoursOf(row), fields: countsOf(row['f']), joined_calls: Number(row['calls']), joined_fields: countsOf(row['j']) }))
}

const sourceOf = (row: Row): CoverageSource => ({
  tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), scope_version: String(row['scope_version']),
  service_version: String(row['service_version']), mapping_version: String(row['mapping_version']),
})

function hoursOf(row: Row): readonly ActiveHour[] {
  const minutes = row['minutes'] as readonly bigint[]
  return (row['starts'] as readonly bigint[]).map((start, i) => ({ start, minutes: minutes[i] ?? 0n }))
}

/** The newest window that was counted, nanoseconds; 0n where none was. */
export async function newestWindow(store: Pick<Store, 'query'>): Promise<bigint> {
  const [row] = await store.query('SELECT max(window_start) AS newest FROM watchkeeper.coverage_versions')
  return (row?.['newest'] as bigint | undefined) ?? 0n
}
