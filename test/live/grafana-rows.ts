/** Rows as the demo leaves them, in every table that a dashboard reads, so that no panel may be empty. Times end at `now`. */
import type { Engine } from '../../infra/clickhouse/engine.ts'

/** Rows of each table; every outcome, severity and decision that a panel tells apart is among them. */
export const ROWS = 240

const cycle = (values: readonly string[], by = 1): string => `['${values.join("', '")}'][1 + intDiv(number, ${by}) % ${values.length}]`
const OUTCOMES = cycle(['ok', 'ok', 'denied', 'unauthenticated', 'tool_error', 'protocol_error'])
const SEVERITIES = cycle(['info', 'low', 'medium', 'high', 'critical'])
const ACTORS = cycle(Array.from({ length: 14 }, (_, n) => `actor-${n}`))

/** Column → expression over `number` and `at`, the time of the row. */
type Values = Readonly<Record<string, string>>

const ID = "leftPad(toString(number), 32, '0')"
const TENANT: Values = { tenant: cycle(['default', 'acme']) }
const WHO: Values = {
  ...TENANT, actor: ACTORS, actor_kind: "'principal'", server: cycle(['files', 'mail']), tool: cycle(['read', 'send', 'run']),
}
const TABLES: Readonly<Record<string, Values>> = {
  audit_events: {
    ...WHO, event_id: ID, source: cycle(['files-mcp', 'assistant']), emitter: "'fastmcp'", started_at: 'at - 2', ended_at: 'at - 1',
    received_at: 'at', conflict_with: "if(number % 50 = 0, 'x', '')", redacted: "if(number % 3 = 0, ['arguments:email'], [])",
    '`partition`': 'number % 4', '`offset`': 'number', arguments_bytes: '10',
  },
  interaction_versions: {
    ...WHO, interaction_id: ID, version: '1', started_at: 'at - 2', sort_at: 'at - 2', received_at: 'at', method: "'tools/call'",
    effect: cycle(['read', 'send', 'execute']), outcome: OUTCOMES, result_bytes: 'number * 10', duration_ns: '1000000 * number',
    client_address: "'192.0.2.7'", error_type: "'timeout'", decision: cycle(['', 'reject'], 2), decision_by: "'user'",
    requested_by: "'user_turn'", request_fit: "'asked'", sources: "['files-mcp']", principal: "if(number % 5 = 0, '', 'ann')",
  },
  finding_versions: {
    ...WHO, finding_id: ID, version: '1', detector: cycle(['unusual-volume', 'off-hours-token', 'unexpected-command']), severity: SEVERITIES,
    title: "'what is odd'", reasons: "['why']", created_at: 'at',
  },
  alert_versions: {
    ...WHO, alert_id: ID, version: '1', status: cycle(['open', 'acknowledged', 'resolved']), severity: SEVERITIES, title: "'what is odd'",
    finding_ids: `[${ID}]`, first_seen: 'at', last_seen: 'at', created_at: 'at', updated_at: 'at',
  },
  delivery_versions: {
    ...TENANT, message_id: ID, attempt: '1', alert_id: ID, receiver: "'on-call'", attempted_at: 'at', duration_ns: '5000000', status: '503',
    outcome: cycle(['delivered', 'retry', 'refused', 'gave_up']), answer: "'busy'",
  },
  quarantine_versions: {
    ...TENANT, quarantine_id: ID, stage: "'archiver'", reason: "'undecodable_record'", detail: "'not an envelope'", quarantined_at: 'at',
  },
  conservation_versions: {
    ...TENANT, source: cycle(['files-mcp', 'assistant']), window_start: 'at', version: '1', received: '100', stored: '90', duplicate: '4',
    conflict: '1', quarantined: '1', rejected: '1', skipped: '2', in_flight: '0', difference: '1', missing_on_bus: '1',
    settled: 'true', checked_at: 'at',
  },
}

/** One row a minute in each table, the last at `now` (seconds since 1970). */
export async function insertRows(engine: Engine, now: number): Promise<void> {
  for (const [table, values] of Object.entries(TABLES)) {
    await engine.write(`INSERT INTO watchkeeper.${table} (${Object.keys(values).join(', ')})
      WITH toDateTime64(${now}, 9, 'UTC') - number * 60 AS at SELECT ${Object.values(values).join(', ')} FROM numbers(${ROWS})`)
  }
}
