/** The message about an alert. As JSON it has less than 20 KB, as Standard Webhooks 1.0.0 asks. */
import type { AlertMessage } from '../../schemas/alert-message.ts'
import type { RuleText } from '../../schemas/rule-text.ts'
import { bySeverity } from './alert-words.ts'
import { clip } from './clip.ts'
import type { AlerterRules } from './contracts.ts'
import type { Group, Member } from './state.ts'

const LARGEST = 20_000
const MOST_REASONS = 20
const MOST_IDS = 20
/** Lines that are taken from a rule, each of them. */
const MOST_LINES = 8
const MOST_LINKS = 3

interface Room {
  readonly reasons: number
  /** Longest text in UTF-16 units. Control characters take six bytes each in JSON. */
  readonly longest: number
  /** Reasons that argue their case, and rules that say what to do. */
  readonly argued: number
}
/** From the most room to the least: the first that makes the body small enough. */
const ROOMS: readonly Omit<Room, 'reasons'>[] = [
  { longest: 400, argued: 5 }, { longest: 400, argued: 2 }, { longest: 400, argued: 1 }, { longest: 100, argued: 1 }, { longest: 100, argued: 0 }, { longest: 32, argued: 0 },
]

export type MessageType = AlertMessage['type']
/** What messages hold beside the alert. `texts`: rules by detector. */
export type Setting = Pick<AlerterRules, 'texts' | 'labels' | 'consoleUrl' | 'runbookUrl'>

/** Wild clocks are brought to what a date can hold. */
export const isoOf = (nanoseconds: bigint): string => new Date(Math.min(Math.max(Number(nanoseconds / 1_000_000n), 0), 253_402_300_799_999)).toISOString()

type Words = AlertMessage['data']
type Reason = Words['why'][number]

function caseOf(member: Member, fit: (text: string) => string): NonNullable<Reason['case']> {
  const { features, lineage, sample_events, part_ids, baseline_self: self, baseline_peers: peers, baseline_tenant: tenant } = member
  return {
    weighed: features.map(({ name, observed, expected, weight }) => ({ name: fit(name), observed: fit(observed), expected: fit(expected), weight })),
    usual: { ...(self === '' ? {} : { self: fit(self) }), ...(peers === '' ? {} : { peers: fit(peers) }), ...(tenant === '' ? {} : { tenant: fit(tenant) }) },
    lineage: clip(lineage, 600), sample_events: sample_events.map(fit), part_ids: part_ids.slice(0, MOST_IDS).map(fit),
  }
}

function reasonOf(member: Member, fit: (text: string) => string, argued: boolean): Reason {
  const { finding_id, detector, rule_version, severity, title, observed, expected } = member
  return {
    finding_id, detector: fit(detector), rule_version, severity, title: fit(title), observed: fit(observed), expected: fit(expected),
    ...(argued ? { case: caseOf(member, fit) } : {}),
  }
}

/** Rules are our own words: whole, or not at all. */
function wordsOfRules(members: readonly Member[], texts: ReadonlyMap<string, RuleText>): Words['rules'] {
  return [...new Set(members.map(({ detector }) => detector))].flatMap((id) => {
    const rule = texts.get(id)
    if (rule === undefined) return []
    const { detector, version, title, benign, runbook, owasp_mcp_2025, atlas_5, attack_19 } = rule
    return [{ detector, version, title, benign: benign.slice(0, MOST_LINES), runbook: runbook.slice(0, MOST_LINES), owasp_mcp_2025, atlas_5, attack_19 }]
  })
}

function linksOf(alertId: string, detectors: readonly string[], { consoleUrl, runbookUrl, texts }: Setting): Words['links'] {
  const console = consoleUrl === '' ? [] : [{ rel: 'console' as const, text: 'Open the alert', href: `${consoleUrl}/alerts/${alertId}` }]
  const known = runbookUrl === '' ? [] : [...new Set(detectors)].filter((detector) => texts.has(detector)).slice(0, MOST_LINKS)
  return [...console, ...known.map((detector) => ({ rel: 'runbook' as const, text: `Runbook of ${detector}`, href: `${runbookUrl}/${encodeURIComponent(detector)}` }))]
}

/** The alert with so many reasons; the rest is counted. */
function render(type: MessageType, { alert, members, findings }: Group, setting: Setting, { reasons, longest, argued }: Room): AlertMessage {
  const fit = (text: string): string => clip(text, longest)
  const ids = (all: readonly string[]): string[] => all.slice(0, MOST_IDS).map((id) => clip(id, Math.min(longest, 64)))
  const told = bySeverity(members).slice(0, reasons)
  return {
    type,
    timestamp: isoOf(alert.updated_at),
    data: {
      alert_id: alert.alert_id, version: alert.version, tenant: fit(alert.tenant), status: alert.status, severity: alert.severity, title: fit(alert.title),
      verdict: alert.verdict, status_by: fit(alert.status_by), status_why: fit(alert.status_why),
      who: { actor: fit(alert.actor), actor_kind: alert.actor_kind, principal: fit(alert.principal), client: fit(alert.client) },
      what: { tool: fit(alert.tool), server: fit(alert.server), detectors: ids(alert.detectors), families: ids(alert.families) },
      lineage: clip(alert.lineage, Math.min(longest * 2, 600)),
      why: told.map((member, i) => reasonOf(member, fit, i < argued)),
      why_omitted: findings - told.length,
      findings,
      rules: wordsOfRules(told.slice(0, argued), setting.texts),
      evidence_ids: ids(alert.evidence_ids), interaction_ids: ids(alert.interaction_ids),
      trace_id: fit(alert.trace_id), conversation: fit(alert.conversation),
      first_seen: isoOf(alert.first_seen), last_seen: isoOf(alert.last_seen),
      // Half a query would be worse than none.
      sql: alert.sql.length <= longest * 10 ? alert.sql : '',
      links: linksOf(alert.alert_id, told.map(({ detector }) => detector), setting), labels: { ...setting.labels },
    },
  }
}

/**
 * The message: up to 20 reasons, the first five with what argues for them. Where it would grow too large fewer argue, then there are fewer reasons, the least
 * severe left out first, and then shorter texts.
 */
export function alertMessage(type: MessageType, group: Group, setting: Setting): AlertMessage {
  const most = Math.min(MOST_REASONS, group.members.length)
  let message = render(type, group, setting, { ...ROOMS.at(-1)!, reasons: Math.min(1, most) })
  for (const room of ROOMS) {
    for (let reasons = most; reasons > 0; reasons--) {
      message = render(type, group, setting, { ...room, reasons })
      if (Buffer.byteLength(JSON.stringify(message)) < LARGEST) return message
      if (room.argued > 1) break
    }
  }
  return message
}
