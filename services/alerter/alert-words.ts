/** What an alert says of its findings: the fields that are the same however often they are made. Pure. */
import { standingOf } from '../../detectors/composite-risk/families.ts'
import type { Alert } from '../../schemas/alert.ts'
import { evidenceSql } from '../../schemas/evidence-sql.ts'
import { SEVERITY_ORDER, type Severity } from '../../schemas/vocabulary.ts'
import { titleOf } from './alert-title.ts'
import type { Group, Member } from './state.ts'

const MOST_REASONS = 20
const MOST_IDS = 200
export const MOST_EVIDENCE = 20
const MOST_DETECTORS = 50
/** A finding about more time than this is about a habit, not about one run of an agent: it is grouped by its actor. */
export const ONE_RUN = 15n * 60n * 1_000_000_000n

/** Greater = more severe. */
export const rank = (severity: Severity): number => SEVERITY_ORDER.indexOf(severity)

/** The members, the most severe first, else in the order they came. */
export const bySeverity = (members: readonly Member[]): Member[] => [...members].sort((a, b) => rank(b.severity) - rank(a.severity))

export const familyOf = (detector: string): string => standingOf(detector, 0).family

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '')

/** What the first member says that says something. */
const firstOf = (members: readonly Member[], field: 'principal' | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation'): string =>
  members.find((member) => member[field] !== '')?.[field] ?? ''

const earlier = (a: bigint, b: bigint): bigint => (b < a ? b : a)
const later = (a: bigint, b: bigint): bigint => (b > a ? b : a)

type Words = Pick<Alert,
  'severity' | 'title' | 'detectors' | 'families' | 'findings' | 'lineage' | 'actor' | 'actor_kind' | 'principal' | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation'
  | 'finding_ids' | 'interaction_ids' | 'evidence_ids' | 'reasons' | 'first_seen' | 'last_seen'>

/** What the members say together, and what was said by those that are no longer kept; the most severe leads. At least one member. */
function wordsOf({ members, findings }: Pick<Group, 'members' | 'findings'>, before: Alert | undefined): Words {
  const sorted = bySeverity(members)
  const lead = sorted[0]!
  const actor = sorted.find((member) => member.actor !== '') ?? lead
  const detectors = distinct([...before?.detectors ?? [], ...members.map(({ detector }) => detector)]).slice(0, MOST_DETECTORS).sort()
  return {
    severity: lead.severity, title: titleOf(lead, findings),
    detectors, families: distinct(detectors.map(familyOf)).sort(), findings,
    lineage: sorted.find(({ lineage }) => lineage !== '')?.lineage ?? '',
    actor: actor.actor, actor_kind: actor.actor_kind, principal: firstOf(sorted, 'principal'), client: firstOf(sorted, 'client'),
    server: firstOf(sorted, 'server'), tool: firstOf(sorted, 'tool'), trace_id: firstOf(sorted, 'trace_id'),
    conversation: firstOf(sorted, 'conversation'),
    finding_ids: distinct([...before?.finding_ids ?? [], ...members.map(({ finding_id }) => finding_id)]).slice(0, MOST_IDS),
    interaction_ids: distinct(sorted.map(({ interaction_id }) => interaction_id)),
    evidence_ids: distinct(sorted.flatMap(({ evidence_ids }) => evidence_ids)).slice(0, MOST_EVIDENCE),
    reasons: sorted.slice(0, MOST_REASONS).map(({ title, observed, expected }) => `${title}: ${observed}; expected ${expected}`),
    first_seen: members.map(({ window_start }) => window_start).reduce(earlier, before?.first_seen ?? lead.window_start),
    last_seen: members.map(({ window_end }) => window_end).reduce(later, before?.last_seen ?? lead.window_end),
  }
}

/** A finding that is alone, or the gravest where it is about a habit, knows best what it rests on: a few calls would not show it. */
function ownSql({ members, findings }: Pick<Group, 'members' | 'findings'>): string {
  const [lead] = bySeverity(members)
  return lead !== undefined && (findings === 1 || lead.window_end - lead.window_start > ONE_RUN) ? lead.sql : ''
}

/** Words and query. `before`: what the alert said until now. */
export function saidBy(group: Pick<Group, 'members' | 'findings'>, tenant: string, before?: Alert): Words & Pick<Alert, 'sql'> {
  const words = wordsOf(group, before)
  return { ...words, sql: ownSql(group) || evidenceSql({ ...words, tenant }) }
}
