/** Queries that show what findings and alerts rest on: bounded in time, every foreign text a literal. */
import type { Alert } from './alert.ts'
import { sqlText, sqlTexts, sqlTime } from './sql-literal.ts'

type About = Pick<Alert, 'tenant' | 'interaction_ids' | 'evidence_ids' | 'trace_id' | 'actor' | 'first_seen' | 'last_seen'>

/** Whose habit it is: columns of `interactions` and their values. */
export type Habit = ReadonlyMap<'actor' | 'token_fingerprint' | 'server' | 'tool', string>

/** Clocks of agent and server differ a little. */
const SLACK = 60n * 1_000_000_000n
/** The window of a habit may end after its finding was made. */
const PLANNED = 86_400n * 1_000_000_000n
const MOST_IDS = 20

interface Rows {
  readonly table: 'interactions' | 'audit_events'
  readonly condition: string
}

/** What the rows have in common, the surest first. */
function matching({ interaction_ids, evidence_ids, trace_id, actor }: About): Rows {
  if (interaction_ids.length > 0) return { table: 'interactions', condition: `interaction_id IN ${sqlTexts(interaction_ids.slice(0, MOST_IDS))}` }
  if (evidence_ids.length > 0) return { table: 'audit_events', condition: `event_id IN ${sqlTexts(evidence_ids.slice(0, MOST_IDS))}` }
  if (trace_id !== '') return { table: 'audit_events', condition: `trace_id = ${sqlText(trace_id)}` }
  return { table: 'interactions', condition: `actor = ${sqlText(actor)}` }
}

function bounded({ tenant, first_seen, last_seen }: Pick<About, 'tenant' | 'first_seen' | 'last_seen'>, { table, condition }: Rows): string {
  const more = table === 'interactions' ? 'requested_by, request_fit' : 'vantage, source'
  return [
    `SELECT started_at, actor, client, server, tool, outcome, ${more}, arguments`,
    `FROM watchkeeper.${table}`,
    `WHERE tenant = ${sqlText(tenant)}`,
    `  AND started_at BETWEEN ${sqlTime(first_seen - SLACK)} AND ${sqlTime(last_seen + SLACK)}`,
    `  AND ${condition}`,
    'ORDER BY started_at LIMIT 100',
  ].join('\n')
}

/** ClickHouse SQL over database `watchkeeper`: interactions where they are known, else the observations. */
export const evidenceSql = (about: About): string => bounded(about, matching(about))

/** All interactions of a habit in that time; at least one column. */
export const habitSql = (about: Pick<About, 'tenant' | 'first_seen' | 'last_seen'>, habit: Habit): string =>
  bounded(about, { table: 'interactions', condition: [...habit].map(([column, value]) => `${column} = ${sqlText(value)}`).join(' AND ') })

/** The findings that a finding is made of, in order. */
export const partsSql = ({ tenant, first_seen, last_seen }: Pick<About, 'tenant' | 'first_seen' | 'last_seen'>, ids: readonly string[]): string => [
  'SELECT window_end, detector, severity, title, observed, expected, lineage, finding_id',
  'FROM watchkeeper.findings',
  `WHERE tenant = ${sqlText(tenant)}`,
  `  AND window_end BETWEEN ${sqlTime(first_seen - SLACK)} AND ${sqlTime(last_seen + PLANNED)}`,
  `  AND finding_id IN ${sqlTexts(ids.slice(0, MOST_IDS))}`,
  'ORDER BY window_end LIMIT 100',
].join('\n')
