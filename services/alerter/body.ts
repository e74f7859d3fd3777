/** The message about an alert, as the JSON text that is signed and sent. Less than 20 KB, as Standard Webhooks 1.0.0 asks. */
import { bySeverity } from './alert-words.ts'
import type { Group } from './state.ts'

const LARGEST = 20_000
/** Longest text in UTF-16 units: the first that makes the body small enough. Control characters take six bytes each in JSON. */
const LENGTHS = [400, 100, 32] as const
const MOST_REASONS = 20
const MOST_IDS = 20

export type MessageType = 'alert.open' | 'alert.updated'

/** Cut between characters, and said so. */
function clip(text: string, longest: number): string {
  if (text.length <= longest) return text
  const last = text.charCodeAt(longest - 3)
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 3 : longest - 2)} …`
}

/** Wild clocks are brought to what a date can hold. */
const isoOf = (nanoseconds: bigint): string => new Date(Math.min(Math.max(Number(nanoseconds / 1_000_000n), 0), 253_402_300_799_999)).toISOString()

interface Room {
  readonly reasons: number
  /** Longest text. */
  readonly longest: number
}

/** The alert with so many reasons; the rest is counted. */
function render(type: MessageType, { alert, members, findings }: Group, { reasons, longest }: Room): string {
  const fit = (text: string): string => clip(text, longest)
  const ids = (all: readonly string[]): string[] => all.slice(0, MOST_IDS).map((id) => clip(id, Math.min(longest, 64)))
  return JSON.stringify({
    type,
    timestamp: isoOf(alert.updated_at),
    data: {
      alert_id: alert.alert_id, version: alert.version, tenant: alert.tenant, status: alert.status, severity: alert.severity, title: fit(alert.title),
      who: { actor: fit(alert.actor), actor_kind: alert.actor_kind, principal: fit(alert.principal), client: fit(alert.client) },
      what: { tool: fit(alert.tool), server: fit(alert.server), detectors: ids(alert.detectors) },
      why: bySeverity(members).slice(0, reasons).map(({ title, observed, expected }) => ({
        title: fit(title), observed: fit(observed), expected: fit(expected),
      })),
      why_omitted: findings - reasons,
      findings,
      evidence_ids: ids(alert.evidence_ids), interaction_ids: ids(alert.interaction_ids),
      trace_id: fit(alert.trace_id), conversation: fit(alert.conversation),
      first_seen: isoOf(alert.first_seen), last_seen: isoOf(alert.last_seen),
      // Half a query would be worse than none.
      sql: alert.sql.length <= longest * 10 ? alert.sql : '',
    },
  })
}

/** The body: up to 20 reasons; where it would grow too large fewer, the least severe left out first, and then shorter texts. */
export function messageBody(type: MessageType, group: Group): string {
  let body = ''
  for (const longest of LENGTHS) {
    for (let reasons = Math.min(MOST_REASONS, group.members.length); reasons > 0; reasons--) {
      body = render(type, group, { reasons, longest })
      if (Buffer.byteLength(body) < LARGEST) return body
    }
  }
  return body
}
