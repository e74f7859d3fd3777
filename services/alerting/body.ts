/** The message of the generic webhook: who, what, why, and the query that shows it. Never argument text, never a secret; under 20 KB. */
import type { Alert } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { OpenAlert } from './state.ts'

const BODY_BYTES = 20_000
const TEXT_LIMIT = 400
const WHY_LIMIT = 10
const BRIEF = { why: 3, text: 120, ids: 5 }

const iso = (nanos: bigint): string => new Date(Number(nanos / 1_000_000n)).toISOString()
const cut = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`)

interface Extent {
  readonly why: number
  readonly text: number
  readonly ids: number
}

function compose(type: string, alert: Alert, findings: readonly Finding[], { why, text, ids }: Extent): string {
  const said = [...findings].filter(({ title }) => title !== '').slice(0, why)
  return JSON.stringify({
    type, timestamp: iso(alert.updated_at),
    data: {
      alert_id: alert.alert_id, tenant: alert.tenant, severity: alert.severity, title: cut(alert.title, text),
      who: { actor: cut(alert.actor, text), actor_kind: alert.actor_kind, principal: cut(alert.principal, text), client: cut(alert.client, text) },
      what: { tool: cut(alert.tool, text), server: cut(alert.server, text), detectors: alert.detectors },
      why: said.map(({ detector, title, observed, expected, reasons }) => ({ detector, title: cut(title, text), observed: cut(observed, text), expected: cut(expected, text), reasons: reasons.slice(0, why).map((reason) => cut(reason, text)) })),
      findings: findings.length, finding_ids: alert.finding_ids.slice(0, ids), interaction_ids: alert.interaction_ids.slice(0, ids), evidence_ids: alert.evidence_ids.slice(0, ids),
      trace_id: alert.trace_id, first_seen: iso(alert.first_seen), last_seen: iso(alert.last_seen), sql: alert.sql,
    },
  })
}

/** JSON text. Where the whole does not fit, fewer reasons and shorter texts, never a broken sentence of JSON. */
export function bodyOf({ alert, findings, toldAt }: OpenAlert): string {
  const type = toldAt === 0n ? 'alert.open' : 'alert.updated'
  const all = [...findings.values()]
  const whole = compose(type, alert, all, { why: WHY_LIMIT, text: TEXT_LIMIT, ids: 20 })
  return Buffer.byteLength(whole) <= BODY_BYTES ? whole : compose(type, alert, all, BRIEF)
}
