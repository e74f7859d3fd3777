/** Counting in ClickHouse: which fields arrive, per source and hour. One pass over narrow columns; nothing is counted where telemetry comes in. */
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { JoinedFacts, Need, WindowFacts } from './contracts.ts'

/** Fields of an observation, and when it has them. */
const FIELDS: Readonly<Record<string, string>> = {
  principal: "principal != ''", client: "client != ''", agent: "agent != ''", token_fingerprint: "token_fingerprint != ''", scopes: 'notEmpty(scopes)',
  actor: "actor != ''", client_address: "client_address != ''", user_agent: "user_agent != ''", host: "host != ''", conversation: 'notEmpty(conversation)',
  trace_id: 'notEmpty(trace_id)', tool: "tool != ''", server: "server != ''", target: "target != ''", tool_call_id: 'notEmpty(tool_call_id)',
  jsonrpc_request_id: 'notEmpty(jsonrpc_request_id)', wire_session: 'notEmpty(wire_session)', arguments: 'notEmpty(arguments)', arguments_bytes: 'arguments_bytes >= 0',
  result: 'notEmpty(result)', result_bytes: 'result_bytes >= 0', outcome: "outcome != 'unknown'", decision: "decision != ''", duration: 'duration_ns > 0', sequence: 'sequence >= 0',
}
const NAMES = Object.keys(FIELDS)

/** Lines of one look, and names of attributes of one line. Over the first the sources that send most are looked at. */
export const MOST_LINES = 5_000
const MOST_NAMES = 200
const LONGEST_NAME = 128
/** Sources whose lists are known, and how long their names may be: they become a part of a query. */
const MOST_LISTERS = 1_000
const LONGEST_LISTER = 128
/** Calls of one window that are looked at: more are sampled by the hash of their id. */
const CALLS_LOOKED_AT = 200_000
const CALL = "method = 'tools/call'"

export interface Span {
  /** First and first-not moment of receipt, nanoseconds. */
  readonly since: bigint
  readonly until: bigint
}
type Query = Pick<Store, 'query'>

export const within = ({ since, until }: Span): string => `received_at >= ${sqlTime(since)} AND received_at < ${sqlTime(until)}`
const HOUR = "toDateTime64(toStartOfHour(received_at, 'UTC'), 9, 'UTC')"
const countsIn = (row: Row, prefix: string): ReadonlyMap<string, number> =>
  new Map(NAMES.map((name): [string, number] => [name, Number(row[`${prefix}${name}`])]).filter(([, count]) => count > 0))

export async function readWindows(store: Query, span: Span): Promise<readonly WindowFacts[]> {
  const counts = NAMES.flatMap((name) => [`countIf(${FIELDS[name]}) AS f_${name}`, `countIf(${CALL} AND ${FIELDS[name]}) AS c_${name}`])
  const rows = await store.query(`SELECT tenant, source, emitter, scope_version, service_version, mapping_version, ${HOUR} AS w, count() AS n, countIf(${CALL}) AS calls,
      max(received_at) AS last, groupBitOr(bitShiftLeft(toUInt64(1), toMinute(received_at, 'UTC'))) AS minutes, arrayMap(name -> substringUTF8(name, 1, ${LONGEST_NAME}), groupUniqArrayArray(${MOST_NAMES})(mapKeys(attributes))) AS names,
      ${counts.join(', ')}
    FROM watchkeeper.audit_events WHERE ${within(span)} AND emitter != 'watchkeeper'
    GROUP BY tenant, source, emitter, scope_version, service_version, mapping_version, w ORDER BY n DESC, source, w LIMIT ${MOST_LINES}`)
  return rows.map((row) => ({
    tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), scope_version: String(row['scope_version']),
    service_version: String(row['service_version']), mapping_version: String(row['mapping_version']), window_start: row['w'] as bigint, events: Number(row['n']),
    calls: Number(row['calls']), last_received_at: row['last'] as bigint, active_minutes: row['minutes'] as bigint, attributes: row['names'] as readonly string[],
    fields: countsIn(row, 'f_'), call_fields: countsIn(row, 'c_'),
  }))
}

/** Sources that told what is offered since then. */
export async function readListers(store: Query, since: bigint): Promise<readonly string[]> {
  const rows = await store.query(`SELECT DISTINCT tenant, source FROM watchkeeper.tool_definition_versions WHERE seen_on >= ${sqlTime(since)} AND length(source) <= ${LONGEST_LISTER}
    ORDER BY tenant, source LIMIT ${MOST_LISTERS}`)
  return rows.map(({ tenant, source }) => `${String(tenant)}/${String(source)}`)
}

/** When a column of an interaction is known. `listers`: see `readListers`. */
function known(column: Need, listers: readonly string[]): string {
  if (column === 'definitions') return listers.length === 0 ? 'false' : `hasAny(arrayMap(source -> concat(tenant, '/', source), sources), [${listers.map(sqlText).join(', ')}])`
  if (column === 'started_at') return 'true'
  if (column === 'arguments_bytes' || column === 'result_bytes' || column === 'duration_ns') return `${column} >= 0`
  return column === 'requested_by' || column === 'effect' || column === 'request_fit' || column === 'outcome' ? `${column} != 'unknown'` : `notEmpty(${column})`
}

export interface CallNeeds {
  /** By detector. */
  readonly needs: ReadonlyMap<string, readonly Need[]>
  readonly listers: readonly string[]
}

/**
 * Calls as they were joined, by source: what one observation lacks another may have. `needs`: sets of columns by name; how many calls have all of one is
 * under its name with a `*`.
 */
export async function readCalls(store: Query, span: Span, { needs, listers }: CallNeeds): Promise<readonly JoinedFacts[]> {
  const columns = [...new Set([...needs.values()].flat())]
  const [{ calls } = { calls: 0 }] = await store.query(`SELECT count() AS calls FROM watchkeeper.interaction_versions WHERE ${within(span)} AND ${CALL}`)
  const share = Math.max(1, Math.ceil(Number(calls) / CALLS_LOOKED_AT))
  const counts = [
    ...columns.map((_, i) => `countIf(k${i}) AS n${i}`),
    ...[...needs.values()].map((own, i) => `countIf(${own.map((column) => `k${columns.indexOf(column)}`).join(' AND ') || 'true'}) AS d${i}`),
  ]
  // The newest version of each call that was told in the span: FINAL would read the whole table.
  const rows = await store.query(`SELECT tenant, source, emitter, w, count() AS calls, ${counts.join(', ')}
    FROM
    (
      SELECT tenant, interaction_id, min(${HOUR}) AS w, argMax((sources, merged_into, emitters, ${columns.map((column) => known(column, listers)).join(', ')}), version) AS newest, newest.1 AS seen_by,
        newest.2 AS gone, newest.3 AS read_by, ${columns.map((_, i) => `newest.${i + 4} AS k${i}`).join(', ')}
      FROM watchkeeper.interaction_versions
      WHERE ${within(span)} AND ${CALL} AND NOT server_internal AND cityHash64(interaction_id) % ${share} = 0
      GROUP BY tenant, interaction_id
    )
    ARRAY JOIN arrayFlatten(arrayMap(one -> arrayMap(by -> (one, by), read_by), seen_by)) AS pair
    WHERE gone = '' GROUP BY tenant, pair.1 AS source, pair.2 AS emitter, w ORDER BY calls DESC, source, emitter, w LIMIT ${MOST_LINES}`)
  return rows.map((row) => ({
    tenant: String(row['tenant']), source: String(row['source']), emitter: String(row['emitter']), window_start: row['w'] as bigint, joined_calls: Number(row['calls']),
    joined_fields: new Map([
      ...columns.map((column, i): [string, number] => [column, Number(row[`n${i}`])]), ...[...needs.keys()].map((id, i): [string, number] => [`${id}*`, Number(row[`d${i}`])]),
    ]),
  }))
}
