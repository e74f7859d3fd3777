/** Tokens of others that telemetry of late told of: how old they say they are, and which servers took them after their end. */
import type { Trouble } from '../../detectors/overdue-credential/finding.ts'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlTime } from '../../schemas/sql-literal.ts'

/** Clocks differ, and what was asked about a token is remembered for a while. Milliseconds. */
const GRACE_MS = 300_000
const MOST = 100
const MOST_EVIDENCE = 20
const DAY_NS = 86_400_000_000_000n

/** Seconds, milliseconds or ISO 8601 as milliseconds since 1970; 0 for anything else. */
const msOf = (text: string): string => `multiIf(toFloat64OrZero(${text}) BETWEEN 1e9 AND 1e10, toInt64(toFloat64OrZero(${text})) * 1000, toFloat64OrZero(${text}) BETWEEN 1e12 AND 1e13, toInt64(toFloat64OrZero(${text})),
  match(${text}, '^20[0-9]{2}-'), toUnixTimestamp64Milli(parseDateTime64BestEffortOrZero(${text}, 3, 'UTC')), 0)`
/** Most rows are without: their other attributes need not be read. */
const SAYS = "hasAny(mapKeys(e.attributes), ['jwt.iat', 'jwt.exp', 'watchkeeper.token.issued_at', 'watchkeeper.token.expires_at'])"
const said = (claim: string, own: string): string => `if(e.attributes['${claim}'] = '', e.attributes['${own}'], e.attributes['${claim}'])`
const tokensSince = (since: bigint): string => `SELECT e.tenant AS tenant, e.server AS server, e.token_fingerprint AS token, e.started_at AS started_at, e.event_id AS event_id, e.outcome AS outcome,
    if(e.principal != '', toString(e.principal), toString(e.client)) AS holder, ${said('jwt.iat', 'watchkeeper.token.issued_at')} AS issued_text, ${said('jwt.exp', 'watchkeeper.token.expires_at')} AS end_text,
    ${msOf('issued_text')} AS issued_ms, ${msOf('end_text')} AS end_ms, toUnixTimestamp64Milli(e.started_at) - end_ms AS late_ms
  FROM watchkeeper.audit_events AS e WHERE e.token_fingerprint != '' AND e.received_at >= ${sqlTime(since)} AND ${SAYS}`

type Asked = Pick<Store, 'query'>

const MS_NS = 1_000_000n
const ms = (row: Row, name: string): bigint => BigInt(row[name] as bigint) * MS_NS

export async function readUsedAfterEnd(store: Asked, since: bigint): Promise<readonly Trouble[]> {
  const rows = await store.query(`SELECT tenant, server, uniqExact(token) AS tokens, count() AS uses, max(late_ms) AS latest, min(started_at) AS first_at, max(started_at) AS last_at,
      groupArraySample(${MOST_EVIDENCE}, 1)(event_id) AS evidence
    FROM (${tokensSince(since)}) WHERE end_ms != 0 AND late_ms > ${GRACE_MS} AND outcome NOT IN ('denied', 'unauthenticated')
    GROUP BY tenant, server ORDER BY tenant, server LIMIT ${MOST}`)
  return rows.map((row) => ({
    trouble: 'used_after_end' as const, tenant: String(row['tenant']), server: String(row['server']), tokens: Number(row['tokens']), uses: Number(row['uses']), latestNs: ms(row, 'latest'),
    firstAt: row['first_at'] as bigint, lastAt: row['last_at'] as bigint, evidence: [...(row['evidence'] as readonly string[])].sort(),
  }))
}

export async function readOldTokens(store: Asked, since: bigint, { now, maxAgeDays }: { readonly now: bigint; readonly maxAgeDays: number }): Promise<readonly Trouble[]> {
  const limit = (now - BigInt(maxAgeDays) * DAY_NS) / MS_NS
  const rows = await store.query(`SELECT tenant, token, argMax(holder, started_at) AS who, argMax(server, started_at) AS place, max(issued_ms) AS issued
    FROM (${tokensSince(since)}) WHERE issued_ms != 0 GROUP BY tenant, token HAVING issued < ${limit} ORDER BY tenant, token LIMIT ${MOST}`)
  return rows.map((row) => ({
    trouble: 'old' as const, tenant: String(row['tenant']), kind: 'token', credential: String(row['token']), fingerprint: String(row['token']), holder: String(row['who']), server: String(row['place']), issuedAt: ms(row, 'issued'), maxAgeDays,
  }))
}
