/** `watchkeeper access review|credentials`: rights that nobody uses, and credentials that are old. Asked over SQL. */
import { sqlText } from '../../schemas/sql-literal.ts'
import { count } from './amounts.ts'
import { askRows, type JsonRow, type SqlOptions } from './ask-rows.ts'
import { configOf } from './common.ts'
import { tableLines } from './terminal-table.ts'
import { terminalWidth } from './terminal-width.ts'

const MOST_ROWS = 10_000
const MOST_SHOWN = 200
const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)
const text = (name: string) => (row: JsonRow): string => String(row[name])
const number = (name: string) => (row: JsonRow): string => count(Number(row[name]))
const dayOf = (name: string) => (row: JsonRow): string => (String(row[name]).startsWith('1970') ? 'never' : String(row[name]).slice(0, 10))

export interface ReviewOptions extends SqlOptions {
  readonly days: number
  readonly tenant?: string
  readonly holder?: string
  readonly server?: string
  readonly kind?: 'scope' | 'tool'
}

const RISKS: Readonly<Record<string, number>> = { admin: 0, change: 1, read: 2 }

/**
 * Granted or offered within the last `days`, and not used in them. A scope belongs to its holder: it is one row, whose use counts at servers that its name
 * names (`files:read` at server files), else at any. A tool is one row a server.
 */
export function reviewSql({ days, ...only }: Pick<ReviewOptions, 'days' | 'tenant' | 'holder' | 'server' | 'kind'>): string {
  const conditions = Object.entries(only).filter((pair): pair is [string, string] => pair[1] !== undefined).map(([column, value]) => `g.${column} = ${sqlText(value)}`)
  return `SELECT tenant, holder_kind, holder, kind, name, access, servers, toString(since_at) AS granted_since, toString(last_at) AS granted_last, calls_all AS calls, toString(used_at) AS used_last,
      dateDiff('day', since_at, now64(9)) AS days_granted
    FROM (
      SELECT g.tenant AS tenant, g.holder_kind AS holder_kind, g.holder AS holder, g.kind AS kind, g.name AS name, any(g.access) AS access, if(g.kind = 'tool', g.server, '') AS at,
        arraySort(groupUniqArrayIf(20)(toString(g.server), g.server != '')) AS servers, min(g.first_granted_at) AS since_at, max(g.last_granted_at) AS last_at, sum(g.calls) AS calls_all,
        countIf(g.server != '' AND positionCaseInsensitive(g.name, g.server) > 0) AS named, maxIf(g.last_used_at, g.server != '' AND positionCaseInsensitive(g.name, g.server) > 0) AS used_where_named,
        if(g.kind = 'tool' OR named = 0, max(g.last_used_at), used_where_named) AS used_at
      FROM access_granted_and_used AS g
      ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
      GROUP BY tenant, holder_kind, holder, kind, name, at
    )
    WHERE last_at >= now64(9) - INTERVAL ${days} DAY AND used_at < now64(9) - INTERVAL ${days} DAY
    ORDER BY indexOf(['admin', 'change', 'read'], access), calls DESC, tenant, holder_kind, holder, kind, name, servers LIMIT ${MOST_ROWS}`
}

export async function accessReview(options: ReviewOptions): Promise<number> {
  const { days, tenant, holder, server, kind } = options
  const rows = await askRows(reviewSql({ days, ...(tenant === undefined ? {} : { tenant }), ...(holder === undefined ? {} : { holder }), ...(server === undefined ? {} : { server }), ...(kind === undefined ? {} : { kind }) }), options)
  if (options.json === true) {
    console.log(JSON.stringify({ days, rows }))
    return 0
  }
  const young = rows.filter((row) => Number(row['days_granted']) < days).length
  const by = (access: string): number => rows.filter((row) => row['access'] === access).length
  say([
    `${count(rows.length)}${rows.length === MOST_ROWS ? ' or more' : ''} rights not used in ${count(days)} days: ${Object.keys(RISKS).map((access) => `${count(by(access))} ${access}`).join(', ')}.` +
      (young === 0 ? '' : ` ${count(young)} of them have been known for less than that: do not take them away yet.`), '',
    ...(rows.length === 0 ? [] : tableLines(rows.slice(0, MOST_SHOWN), [
      { title: 'allows', cell: text('access') }, { title: 'holder', cell: (row) => `${String(row['holder_kind'])} ${String(row['holder'])}`, flexible: true }, { title: 'servers', cell: (row) => (row['servers'] as readonly string[]).join(' '), flexible: true },
      { title: 'right', cell: (row) => `${String(row['kind'])} ${String(row['name'])}`, flexible: true }, { title: 'calls', cell: number('calls'), right: true }, { title: 'since', cell: dayOf('granted_since') },
      { title: 'last used', cell: dayOf('used_last') },
    ], terminalWidth())),
    ...(rows.length > MOST_SHOWN ? ['', `${count(MOST_SHOWN)} of ${count(rows.length)} are shown; --json has all.`] : []),
  ])
  return 0
}

export interface CredentialOptions extends SqlOptions {
  readonly tenant?: string
  readonly all?: boolean
}

/** One row each, the most urgent first. `state`: expired, ends soon, overdue, used after its end, revoked, in order. */
export function credentialsSql({ tenant, all }: Pick<CredentialOptions, 'tenant' | 'all'>, { maxAgeDays, soonDays }: { readonly maxAgeDays: number; readonly soonDays: number }): string {
  return `SELECT tenant, kind, credential, holder, state, toString(issued_at) AS since, issued_said, if(expires_at = toDateTime64(0, 9, 'UTC'), '', if(toYear(expires_at) >= 2262, 'never', toString(expires_at))) AS ends,
      dateDiff('day', issued_at, now64(9)) AS age_days, toString(last_used_at) AS used_last, used_after_end, scopes, servers, place
    FROM (
      SELECT *, multiIf(used_after_end > 0, 'used after its end', revoked_at > toDateTime64(0, 9, 'UTC'), 'revoked', expires_at > toDateTime64(0, 9, 'UTC') AND expires_at < now64(9), 'expired',
        expires_at > toDateTime64(0, 9, 'UTC') AND expires_at < now64(9) + INTERVAL ${soonDays} DAY AND kind IN ('certificate', 'client_certificate', 'watchkeeper_token'), 'ends soon',
        issued_at > toDateTime64(0, 9, 'UTC') AND issued_at < now64(9) - INTERVAL ${maxAgeDays} DAY AND (kind != 'token' OR last_used_at >= now64(9) - INTERVAL ${maxAgeDays} DAY), 'overdue', 'in order') AS state
      FROM credentials
    )
    WHERE ${all === true ? '1' : "(state IN ('used after its end', 'ends soon', 'overdue') OR (state = 'expired' AND kind = 'certificate'))"}${tenant === undefined ? '' : ` AND tenant = ${sqlText(tenant)}`}
    ORDER BY indexOf(['used after its end', 'expired', 'ends soon', 'overdue', 'in order', 'revoked'], state), age_days DESC, tenant, kind, credential LIMIT ${MOST_ROWS}`
}

export async function accessCredentials(options: CredentialOptions): Promise<number> {
  const { credentials: { max_age_days: maxAgeDays, warn_days: soonDays } } = configOf(options).policy
  const rows = await askRows(credentialsSql(options, { maxAgeDays, soonDays }), options)
  if (options.json === true) console.log(JSON.stringify({ max_age_days: maxAgeDays, warn_days: soonDays, rows }))
  else if (rows.length === 0) say([`No credential is overdue (older than ${count(maxAgeDays)} days), ends within ${count(soonDays)} days or was used after its end.`])
  else {
    say(tableLines(rows.slice(0, MOST_SHOWN), [
      { title: 'state', cell: text('state') }, { title: 'kind', cell: text('kind') }, { title: 'credential', cell: text('credential'), flexible: true }, { title: 'of', cell: text('holder'), flexible: true },
      { title: 'age (days)', cell: number('age_days'), right: true }, { title: 'ends', cell: (row) => String(row['ends']).slice(0, 10) }, { title: 'last used', cell: (row) => dayOf('used_last')(row).replace('never', 'not told') },
    ], terminalWidth()))
  }
  return 0
}
