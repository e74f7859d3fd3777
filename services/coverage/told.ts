/** What earlier looks said of sources, and who else tells of the servers of one that stopped. */
import type { Elsewhere } from '../../detectors/missing-telemetry/finding.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { type Line, type State, type States, statesOf } from './losses.ts'

const MOST_SOURCES = 5_000
const DAY_NS = 86_400_000_000_000n
const MOST_SERVERS = 20

/** The last word on each version of a source within seven days, but its least share of these. */
export async function readTold(store: Pick<Store, 'query'>, week: bigint): Promise<States> {
  const rows = await store.query(`SELECT tenant, source, emitter, scope_version, service_version, mapping_version, max(version) AS looked, argMax(last_received_at, version) AS last,
      argMax(usual_interval_seconds, version) AS usual, argMax(silent, version) AS is_silent, argMax(sequence_sessions, version) AS sessions, argMax(sequence_gaps, version) AS gaps,
      minIf(sampling_probability, NOT isNaN(sampling_probability)) AS share, countIf(NOT isNaN(sampling_probability)) AS said
    FROM watchkeeper.coverage_versions WHERE window_start >= ${sqlTime(week)}
    GROUP BY tenant, source, emitter, scope_version, service_version, mapping_version ORDER BY last DESC LIMIT ${MOST_SOURCES}`)
  return statesOf(rows.map(lineOf))
}

const lineOf = (row: Row): Line => ({
  tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), scope_version: String(row['scope_version']), service_version: String(row['service_version']),
  mapping_version: String(row['mapping_version']), version: Number(row['looked']), last_received_at: row['last'] as bigint, usual_interval_seconds: Number(row['usual']), silent: row['is_silent'] === true,
  sequence_sessions: Number(row['sessions']), sequence_gaps: Number(row['gaps']), sampling_probability: Number(row['said']) === 0 ? Number.NaN : Number(row['share']),
})

/** Calls since a source stopped that others told of the servers of its last day. */
export async function readElsewhere(store: Pick<Store, 'query'>, { tenant, source, emitter, lastAt }: State, now: bigint): Promise<Elsewhere> {
  const own = `tenant = ${sqlText(tenant)} AND source = ${sqlText(source)} AND emitter = ${sqlText(emitter)}`
  const [row] = await store.query(`SELECT count() AS calls, arraySort(groupUniqArray(${MOST_SERVERS})(server)) AS servers FROM watchkeeper.audit_events
    WHERE tenant = ${sqlText(tenant)} AND received_at > ${sqlTime(lastAt)} AND received_at <= ${sqlTime(now)} AND method = 'tools/call' AND server != '' AND NOT (${own}) AND emitter != 'watchkeeper'
      AND server IN (SELECT DISTINCT server FROM watchkeeper.audit_events WHERE ${own} AND received_at > ${sqlTime(lastAt - DAY_NS)} AND received_at <= ${sqlTime(lastAt)} AND server != '' LIMIT 1000)`)
  return { calls: Number(row?.['calls'] ?? 0), servers: (row?.['servers'] ?? []) as readonly string[] }
}
