/** Findings to alerts: which alert a finding belongs to, and when news of it is due. Pure but for the state given. */
import { createHash } from 'node:crypto'
import { type Alert, BLANK_LIFE } from '../../schemas/alert.ts'
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { bySeverity, MOST_EVIDENCE, rank, wordsOf } from './alert-words.ts'
import type { AlerterRules } from './contracts.ts'
import { evidenceSql } from '../../schemas/evidence-sql.ts'
import type { AlerterState, Group, Member } from './state.ts'

/** A finding about more time than this is about a habit, not about one run of an agent: it is grouped by its actor. */
const ONE_RUN = 15n * 60n * 1_000_000_000n
/** Findings of an alert that are kept whole; further ones are counted. */
const MOST_MEMBERS = 200
const MOST_KNOWN = 50_000

/**
 * Keys under which a finding finds its alert, the preferred first. Conversation and trace are both keys, because an observation
 * may know the one and the interaction made of it both.
 */
export function keysOf(finding: Pick<Finding, 'conversation' | 'trace_id' | 'actor' | 'detector' | 'window_start' | 'window_end' | 'part_ids'>): string[] {
  const lineage = [finding.conversation, finding.trace_id].filter((part) => part !== '').map((part) => `lineage:${part}`)
  // A sum of findings knows whether they are of one run.
  const oneRun = finding.part_ids.length > 0 || finding.window_end - finding.window_start <= ONE_RUN
  return oneRun && lineage.length > 0 ? lineage : [`actor:${finding.actor}|${finding.detector}`]
}

/** Deterministic, so that a replay opens the same alert: SHA-256 of tenant, group key and first finding, 32 hex digits. */
export const alertIdOf = (tenant: string, groupKey: string, findingId: string): string =>
  createHash('sha256').update(JSON.stringify([tenant, groupKey, findingId])).digest('hex').slice(0, 32)

/** Members that are kept with what argues for them: a message has room for fewer. */
const MOST_ARGUED = 20

function memberOf(finding: Finding, among: number): Member {
  const { finding_id, version, detector, rule_version, severity, title, observed, expected, interaction_id } = finding
  const { features, baseline_self, baseline_peers, baseline_tenant, lineage, sample_events, sql, part_ids } = finding
  const { actor, actor_kind, principal, client, server, tool } = finding
  const { trace_id, conversation, window_start, window_end, evidence_ids } = finding
  return {
    finding_id, version, detector, rule_version, severity, title, observed, expected, interaction_id, actor, actor_kind, principal, client, server, tool,
    trace_id, conversation, window_start, window_end, evidence_ids: evidence_ids.slice(0, MOST_EVIDENCE),
    ...(among < MOST_ARGUED ? { features, baseline_self, baseline_peers, baseline_tenant, lineage, sample_events, sql, part_ids } : BLANK_CASE),
  }
}

/** A finding that is alone, or the gravest where it is about a habit, knows best what it rests on: a few calls would not show it. */
function ownSql({ members, findings }: Group): string {
  const [lead] = bySeverity(members)
  return lead !== undefined && (findings === 1 || lead.window_end - lead.window_start > ONE_RUN) ? lead.sql : ''
}

/** Makes the next version of the group's alert from its members. */
function refresh(group: Group, now: bigint): void {
  const alert = { ...group.alert, ...wordsOf(group.members, group.findings), version: group.alert.version + 1, updated_at: now }
  group.alert = { ...alert, sql: ownSql(group) || evidenceSql(alert) }
  group.unpublished = true
}

function open(state: AlerterState, finding: Finding, groupKey: string, now: bigint): Group {
  const members = [memberOf(finding, 0)]
  const alert: Alert = {
    ...BLANK_LIFE, ...wordsOf(members, 1), alert_id: alertIdOf(finding.tenant, groupKey, finding.finding_id), version: 0, tenant: finding.tenant, status: 'open',
    group_key: groupKey,
    sql: '', created_at: now, updated_at: now,
  }
  const group: Group = { alert, keys: [], members, findings: 1, heardAt: now, notifyAt: 0n, notifiedAt: 0n, unpublished: true }
  state.groups.set(alert.alert_id, group)
  return group
}

/** Findings of two tenants never share an alert. */
const scoped = (tenant: string, key: string): string => JSON.stringify([tenant, key])

function claim(state: AlerterState, group: Group, keys: readonly string[]): void {
  for (const key of keys) {
    const full = scoped(group.alert.tenant, key)
    if (state.byKey.has(full)) continue
    state.byKey.set(full, group.alert.alert_id)
    group.keys.push(full)
  }
}

function remember(state: AlerterState, finding: Finding, alertId: string): void {
  state.known.delete(finding.finding_id)
  state.known.set(finding.finding_id, { version: finding.version, alertId })
  const oldest = state.known.keys().next()
  if (state.known.size > MOST_KNOWN && oldest.done !== true) state.known.delete(oldest.value)
}

const isTold = (severity: Severity, { notifyFrom }: AlerterRules): boolean => rank(severity) >= rank(notifyFrom)

/** When news of a group is due: at once if it has just become critical; else after the wait or the interval, but never later than planned. */
function dueAt(group: Group, before: Severity | undefined, now: bigint, rules: AlerterRules): bigint {
  const becameCritical = group.alert.severity === 'critical' && before !== 'critical'
  const regular = group.notifiedAt === 0n ? now + rules.groupWait : group.notifiedAt + rules.groupInterval
  const due = becameCritical || regular < now ? now : regular
  return group.notifyAt !== 0n && group.notifyAt < due ? group.notifyAt : due
}

/** Adds a member; of too many the least severe goes, the latest of those first. */
function keep(group: Group, member: Member): void {
  group.members.push(member)
  if (group.members.length <= MOST_MEMBERS) return
  const least = bySeverity(group.members).at(-1)!
  group.members.splice(group.members.indexOf(least), 1)
}

function addNew(state: AlerterState, finding: Finding, now: bigint, rules: AlerterRules): void {
  const keys = keysOf(finding)
  const id = keys.map((key) => state.byKey.get(scoped(finding.tenant, key))).find((found) => found !== undefined)
  const existing = id === undefined ? undefined : state.groups.get(id)
  const group = existing ?? open(state, finding, keys[0]!, now)
  const before = existing?.alert.severity
  if (existing !== undefined) {
    group.findings++
    keep(group, memberOf(finding, group.members.length))
  }
  claim(state, group, keys)
  refresh(group, now)
  group.heardAt = now
  // A weak signal is kept and shown, and calls nobody.
  if (isTold(finding.severity, rules)) group.notifyAt = dueAt(group, before, now, rules)
  remember(state, finding, group.alert.alert_id)
}

/** A later version of a finding that an open alert holds: its words replace the earlier ones, and nobody is told unless it grew critical or is no weak signal any more. */
function update(state: AlerterState, finding: Finding, alertId: string, now: bigint, rules: AlerterRules): boolean {
  remember(state, finding, alertId)
  const group = state.groups.get(alertId)
  const at = group?.members.findIndex(({ finding_id }) => finding_id === finding.finding_id) ?? -1
  if (group === undefined || at < 0) return false
  const before = group.alert.severity
  group.members[at] = memberOf(finding, at)
  claim(state, group, keysOf(finding).filter((key) => key.startsWith('lineage:')))
  refresh(group, now)
  const after = group.alert.severity
  if (rank(after) > rank(before) && isTold(after, rules) && (after === 'critical' || !isTold(before, rules))) group.notifyAt = dueAt(group, before, now, rules)
  return true
}

/** Takes one finding into the state. False when no alert changes: seen in this version or a higher one, or its alert is closed. */
export function takeFinding(state: AlerterState, finding: Finding, now: bigint, rules: AlerterRules): boolean {
  const known = state.known.get(finding.finding_id)
  if (known !== undefined && known.version >= finding.version) return false
  if (known !== undefined) return update(state, finding, known.alertId, now, rules)
  addNew(state, finding, now, rules)
  return true
}

/** Takes the alert out of the open ones; its last version says resolved. */
export function resolve(state: AlerterState, group: Group, now: bigint): void {
  state.groups.delete(group.alert.alert_id)
  for (const key of group.keys) state.byKey.delete(key)
  state.closed.push({ ...group.alert, version: group.alert.version + 1, status: 'resolved', updated_at: now })
}
