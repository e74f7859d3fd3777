/** The query that shows an alert's evidence: bounded in time, every foreign text a literal. */
import type { Alert } from '../../schemas/alert.ts'
import { sqlText, sqlTexts, sqlTime } from '../../schemas/sql-literal.ts'

type About = Pick<Alert, 'tenant' | 'interaction_ids' | 'evidence_ids' | 'trace_id' | 'actor' | 'first_seen' | 'last_seen'>

/** Clocks of agent and server differ a little. */
const SLACK = 60n * 1_000_000_000n
const MOST_IDS = 20

/** What the rows have in common, the surest first. */
function matching(
  { interaction_ids, evidence_ids, trace_id, actor }: About,
): { readonly table: 'interactions' | 'audit_events'; readonly condition: string } {
  if (interaction_ids.length > 0) return { table: 'interactions', condition: `interaction_id IN ${sqlTexts(interaction_ids.slice(0, MOST_IDS))}` }
  if (evidence_ids.length > 0) return { table: 'audit_events', condition: `event_id IN ${sqlTexts(evidence_ids.slice(0, MOST_IDS))}` }
  if (trace_id !== '') return { table: 'audit_events', condition: `trace_id = ${sqlText(trace_id)}` }
  return { table: 'interactions', condition: `actor = ${sqlText(actor)}` }
}

/** ClickHouse SQL over database `watchkeeper`: interactions where they are known, else the observations. */
export function evidenceSql(alert: About): string {
  const { table, condition } = matching(alert)
  const more = table === 'interactions' ? 'requested_by, request_fit' : 'vantage, source'
  return [
    `SELECT started_at, actor, client, server, tool, outcome, ${more}, arguments`,
    `FROM watchkeeper.${table}`,
    `WHERE tenant = ${sqlText(alert.tenant)}`,
    `  AND started_at BETWEEN ${sqlTime(alert.first_seen - SLACK)} AND ${sqlTime(alert.last_seen + SLACK)}`,
    `  AND ${condition}`,
    'ORDER BY started_at LIMIT 100',
  ].join('\n')
}
