/** Findings to alerts: those about one lineage meet in one alert, those about an actor's behaviour in one per actor and detector. */
import { hash } from 'node:crypto'
import type { Alert } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import { sqlLiteral, sqlTime } from './sql-literal.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import type { AlerterState, OpenAlert } from './state.ts'

/** Detectors whose findings are about a habit and not about one call, so that the trace they were noticed in says nothing. */
const ABOUT_HABITS = new Set(['unusual-volume', 'off-hours-token'])
const IDS_LIMIT = 1_000
const SHOWN_LIMIT = 20

export function groupKey(finding: Finding): string {
  const lineage = finding.trace_id || finding.conversation
  if (lineage !== '' && !ABOUT_HABITS.has(finding.detector)) return `lineage:${lineage}`
  return `actor:${finding.actor_kind}:${finding.actor}|${finding.detector}`
}

const severer = (left: Finding, right: Finding): number => SEVERITY_ORDER.indexOf(right.severity) - SEVERITY_ORDER.indexOf(left.severity)
const distinct = (values: readonly string[], limit = IDS_LIMIT): readonly string[] => [...new Set(values.filter((value) => value !== ''))].slice(0, limit)
const least = (values: readonly bigint[]): bigint => values.reduce((left, right) => (right < left ? right : left))
const most = (values: readonly bigint[]): bigint => values.reduce((left, right) => (right > left ? right : left))

function sqlOf(findings: readonly Finding[]): string {
  const first = findings[0] as Finding
  const from = least(findings.map((finding) => finding.window_start))
  const to = most(findings.map((finding) => finding.window_end))
  const traces = distinct(findings.filter(({ detector }) => !ABOUT_HABITS.has(detector)).map((finding) => finding.trace_id), SHOWN_LIMIT)
  const what = traces.length > 0 ? `trace_id IN (${traces.map(sqlLiteral).join(', ')})` : `actor = ${sqlLiteral(first.actor)}`
  return [
    'SELECT started_at, actor, method, tool, server, outcome, requested_by, request_fit, arguments, result_bytes',
    'FROM watchkeeper.interactions',
    `WHERE tenant = ${sqlLiteral(first.tenant)} AND ${what}`,
    `  AND started_at BETWEEN ${sqlTime(from)} - INTERVAL 5 MINUTE AND ${sqlTime(to)} + INTERVAL 5 MINUTE`,
    'ORDER BY started_at LIMIT 1000',
  ].join('\n')
}

/** The alert as its findings now tell it. Identity, status and creation stay. */
function retell(alert: Alert, findings: readonly Finding[], now: bigint): Alert {
  const sorted = [...findings].sort(severer)
  const top = sorted[0] as Finding
  const known = (field: 'actor' | 'principal' | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation'): string => sorted.find((finding) => finding[field] !== '')?.[field] ?? ''
  // The interaction knows more of the actor than the observation it began with.
  const told = [...sorted].sort((left, right) => right.version - left.version).find(({ actor }) => actor !== '') ?? top
  return {
    ...alert, version: alert.version + 1, severity: top.severity, title: top.title, detectors: [...new Set(sorted.map(({ detector }) => detector))].sort(),
    actor: told.actor, actor_kind: told.actor_kind, principal: known('principal'), client: known('client'), server: known('server'), tool: known('tool'),
    trace_id: known('trace_id'), conversation: known('conversation'), finding_ids: distinct(findings.map(({ finding_id: id }) => id)),
    interaction_ids: distinct(findings.map(({ interaction_id: id }) => id)), evidence_ids: distinct(sorted.flatMap(({ evidence_ids: ids }) => ids), SHOWN_LIMIT),
    reasons: sorted.slice(0, SHOWN_LIMIT).map(({ title, observed, expected }) => `${title}: ${observed}; expected ${expected}`),
    first_seen: least(findings.map((finding) => finding.window_start)), last_seen: most(findings.map((finding) => finding.window_end)), sql: sqlOf(sorted), updated_at: now,
  }
}

function newAlert(finding: Finding, key: string, now: bigint): Alert {
  return {
    alert_id: hash('sha256', `alert\u0000${finding.tenant}\u0000${key}\u0000${finding.finding_id}`, 'hex').slice(0, 32), version: 0, tenant: finding.tenant, status: 'open', severity: finding.severity,
    group_key: key, title: '', detectors: [], actor: '', actor_kind: 'unknown', principal: '', client: '', server: '', tool: '', trace_id: '', conversation: '',
    finding_ids: [], interaction_ids: [], evidence_ids: [], reasons: [], first_seen: 0n, last_seen: 0n, sql: '', created_at: now, updated_at: now,
  }
}

/** Puts one finding into its group; the alert's new version, or undefined where it says nothing new. */
export function take(state: AlerterState, finding: Finding, now: bigint): Alert | undefined {
  const key = groupKey(finding)
  const stateKey = `${finding.tenant}\u0000${key}`
  const held: OpenAlert = state.open.get(stateKey) ?? { alert: newAlert(finding, key, now), findings: new Map(), openedAt: now, changedAt: now, toldAt: 0n, untold: 0 }
  const known = held.findings.get(finding.finding_id)
  if (known !== undefined && known.version >= finding.version) return undefined
  if (known === undefined && held.findings.size >= IDS_LIMIT) held.findings.delete(held.findings.keys().next().value as string)
  if (known === undefined) held.untold++
  held.findings.set(finding.finding_id, finding)
  held.changedAt = now
  held.alert = retell(held.alert, [...held.findings.values()], now)
  state.open.set(stateKey, held)
  return held.alert
}
