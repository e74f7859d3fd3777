/** The message about an alert, as the JSON text that is signed and sent. Less than 20 KB, as Standard Webhooks 1.0.0 asks. */
import { bySeverity } from './alert-words.ts'
import type { Group, Member } from './state.ts'

const LARGEST = 20_000
const LONGEST_TEXT = 400
const LONGEST_ID = 128
const LONGEST_SQL = 4_000
const MOST_REASONS = 20
const MOST_IDS = 20

export type MessageType = 'alert.open' | 'alert.updated'

/** Cut between characters, and said so. */
function clip(text: string, longest = LONGEST_TEXT): string {
  if (text.length <= longest) return text
  const last = text.charCodeAt(longest - 3)
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 3 : longest - 2)} …`
}

/** Wild clocks are brought to what a date can hold. */
const isoOf = (nanoseconds: bigint): string => new Date(Math.min(Math.max(Number(nanoseconds / 1_000_000n), 0), 253_402_300_799_999)).toISOString()

const reasonOf = ({ title, observed, expected }: Member): object => ({ title: clip(title), observed: clip(observed), expected: clip(expected) })

/** The alert with so many reasons; the rest is counted. */
function render(type: MessageType, { alert, members, findings }: Group, reasons: number): string {
  return JSON.stringify({
    type,
    timestamp: isoOf(alert.updated_at),
    data: {
      alert_id: alert.alert_id, version: alert.version, tenant: alert.tenant, status: alert.status, severity: alert.severity, title: clip(alert.title),
      who: { actor: clip(alert.actor), actor_kind: alert.actor_kind, principal: clip(alert.principal), client: clip(alert.client) },
      what: { tool: clip(alert.tool), server: clip(alert.server), detectors: alert.detectors.slice(0, MOST_REASONS).map((name) => clip(name, LONGEST_ID)) },
      why: bySeverity(members).slice(0, reasons).map(reasonOf),
      why_omitted: findings - reasons,
      findings,
      evidence_ids: alert.evidence_ids.slice(0, MOST_IDS).map((id) => clip(id, LONGEST_ID)),
      interaction_ids: alert.interaction_ids.slice(0, MOST_IDS).map((id) => clip(id, LONGEST_ID)),
      trace_id: clip(alert.trace_id, LONGEST_ID), conversation: clip(alert.conversation, LONGEST_ID),
      first_seen: isoOf(alert.first_seen), last_seen: isoOf(alert.last_seen),
      // Half a query would be worse than none.
      sql: alert.sql.length <= LONGEST_SQL ? alert.sql : '',
    },
  })
}

/** The body: up to 20 reasons, fewer where it would grow too large, the least severe left out first. */
export function messageBody(type: MessageType, group: Group): string {
  let reasons = Math.min(MOST_REASONS, group.members.length)
  let body = render(type, group, reasons)
  while (reasons > 1 && Buffer.byteLength(body) >= LARGEST) body = render(type, group, --reasons)
  return body
}
