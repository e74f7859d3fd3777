/** What an alert says of its findings: the fields that are the same however often they are made. Pure. */
import { standingOf } from '../../detectors/composite-risk/families.ts'
import type { Alert } from '../../schemas/alert.ts'
import { SEVERITY_ORDER, type Severity } from '../../schemas/vocabulary.ts'
import type { Member } from './state.ts'

const MOST_REASONS = 50
export const MOST_EVIDENCE = 20

/** Greater = more severe. */
export const rank = (severity: Severity): number => SEVERITY_ORDER.indexOf(severity)

/** The members, the most severe first, else in the order they came. */
export const bySeverity = (members: readonly Member[]): Member[] => [...members].sort((a, b) => rank(b.severity) - rank(a.severity))

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '')

/** What the first member says that says something. */
const firstOf = (members: readonly Member[], field: 'principal' | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation'): string =>
  members.find((member) => member[field] !== '')?.[field] ?? ''

const earliest = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b < a ? b : a))
const latest = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b > a ? b : a))

export type Words = Omit<Alert,
  'alert_id' | 'version' | 'tenant' | 'status' | 'group_key' | 'created_at' | 'updated_at' | 'sql' | 'verdict' | 'duplicate_of' | 'status_by' | 'status_why' | 'status_at'
  | 'reopened' | 'silenced_by' | 'inhibited_by' | 'told_at'>

/** What the members say together; the most severe leads. At least one member. `findings` counts those that are no longer kept, too. */
export function wordsOf(members: readonly Member[], findings: number): Words {
  const sorted = bySeverity(members)
  const lead = sorted[0]!
  const actor = sorted.find((member) => member.actor !== '') ?? lead
  return {
    severity: lead.severity, title: findings > 1 ? `${lead.title} (and ${findings - 1} more)` : lead.title,
    detectors: distinct(members.map(({ detector }) => detector)).sort(), families: distinct(members.map(({ detector }) => standingOf(detector, 0).family)).sort(), findings,
    lineage: sorted.find(({ lineage }) => lineage !== '')?.lineage ?? '',
    actor: actor.actor, actor_kind: actor.actor_kind, principal: firstOf(sorted, 'principal'), client: firstOf(sorted, 'client'),
    server: firstOf(sorted, 'server'), tool: firstOf(sorted, 'tool'), trace_id: firstOf(sorted, 'trace_id'),
    conversation: firstOf(sorted, 'conversation'),
    finding_ids: members.map(({ finding_id }) => finding_id), interaction_ids: distinct(sorted.map(({ interaction_id }) => interaction_id)),
    evidence_ids: distinct(sorted.flatMap(({ evidence_ids }) => evidence_ids)).slice(0, MOST_EVIDENCE),
    reasons: sorted.slice(0, MOST_REASONS).map(({ title, observed, expected }) => `${title}: ${observed}; expected ${expected}`),
    first_seen: earliest(members.map(({ window_start }) => window_start)), last_seen: latest(members.map(({ window_end }) => window_end)),
  }
}
