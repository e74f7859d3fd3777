/** What an alert keeps of its findings: the gravest whole, the rest as a number. */
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { bySeverity, MOST_EVIDENCE } from './alert-words.ts'
import { clip } from './clip.ts'
import { COMPOSITE } from './composite.ts'
import type { Group, Member } from './state.ts'

/** Findings of an alert that are kept, while there are few alerts and while there are many. */
const MOST_MEMBERS = 50
const MOST_AMONG_MANY = 5
const MANY_ALERTS = 1_000
/** Members that are kept with what argues for them: a message has room for fewer. */
const MOST_ARGUED = 5
const LONGEST = 1_000
const MOST_PARTS = 50

const fit = (text: string): string => clip(text, LONGEST)

function caseOf(finding: Finding): Pick<Member, keyof typeof BLANK_CASE> {
  const { features, baseline_self, baseline_peers, baseline_tenant, lineage, sample_events, sql, part_ids } = finding
  return {
    features: features.map(({ name, observed, expected, weight }) => ({ name: fit(name), observed: fit(observed), expected: fit(expected), weight })),
    baseline_self: fit(baseline_self), baseline_peers: fit(baseline_peers), baseline_tenant: fit(baseline_tenant), lineage: fit(lineage),
    sample_events: sample_events.map(fit), sql: sql.length > 4 * LONGEST ? '' : sql, part_ids: part_ids.slice(0, MOST_PARTS),
  }
}

export function memberOf(finding: Finding): Member {
  const { finding_id, version, detector, rule_version, severity, interaction_id, actor_kind, window_start, window_end, evidence_ids } = finding
  return {
    finding_id, version, detector, rule_version, severity, interaction_id, actor_kind, window_start, window_end, evidence_ids: evidence_ids.slice(0, MOST_EVIDENCE),
    title: fit(finding.title), observed: fit(finding.observed), expected: fit(finding.expected), actor: fit(finding.actor), principal: fit(finding.principal),
    client: fit(finding.client), server: fit(finding.server), tool: fit(finding.tool), trace_id: fit(finding.trace_id), conversation: fit(finding.conversation),
    ...caseOf(finding),
  }
}

/** The gravest argue their case. What a composite is made of is always kept: it decides what it silences. */
export function argueFew(members: Member[]): void {
  for (const member of bySeverity(members).slice(MOST_ARGUED)) {
    if (member.detector !== COMPOSITE && member.features !== BLANK_CASE.features) members[members.indexOf(member)] = { ...member, ...BLANK_CASE }
  }
}

/** Adds a member; of too many the least severe goes, the latest of those first. `alerts`: so many are open. */
export function keep(group: Group, member: Member, alerts: number): void {
  group.members.push(member)
  const most = alerts > MANY_ALERTS ? MOST_AMONG_MANY : MOST_MEMBERS
  while (group.members.length > most) group.members.splice(group.members.indexOf(bySeverity(group.members).at(-1)!), 1)
  argueFew(group.members)
}
