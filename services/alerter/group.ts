/** Stage: findings to alerts. Which alert a finding belongs to, and when news of it is due. Changes nothing but the state given. */
import { type Alert, BLANK_LIFE } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { rank, saidBy } from './alert-words.ts'
import { COMPOSITE, isComposite } from './composite.ts'
import type { AlerterRules } from './contracts.ts'
import { alertIdOf, habitOf, keysOf, scoped } from './keys.ts'
import { say } from './life.ts'
import { argueFew, keep, memberOf } from './members.ts'
import { layAside, opensAgain, resolvedAlert, takeBack } from './resolved.ts'
import type { AlerterState, Group } from './state.ts'
import { reopen } from './status.ts'

const MOST_KNOWN = 30_000
const MOST_RECENT = 10_000
/** Traces and conversations by which an alert is found; those of further findings that join it for their actor are not noted. */
const MOST_KEYS = 50
/** An alert of more findings than these says its new version a little later. */
const FEW = 20
const ID = /^[0-9a-f]{32}$/

interface Hearing {
  readonly state: AlerterState
  readonly finding: Finding
  readonly now: bigint
  readonly rules: AlerterRules
}

/** Makes the next version of the group's alert from its members. */
function refresh(state: AlerterState, group: Group, now: bigint): void {
  const { alert } = group
  group.alert = { ...alert, ...saidBy(group, alert.tenant, alert.version === 0 ? undefined : alert), version: alert.version + 1, updated_at: now }
  group.patient = group.findings > FEW && (!group.unpublished || group.patient)
  group.unpublished = true
  state.touched.add(alert.alert_id)
  if (!isComposite(group)) return
  state.sums.add(alert.alert_id)
  state.review.add(alert.tenant)
}

function open({ state, finding, now }: Hearing, groupKey: string): Group {
  const members = [memberOf(finding)]
  const alert: Alert = {
    ...BLANK_LIFE, ...saidBy({ members, findings: 1 }, finding.tenant), alert_id: alertIdOf(finding.tenant, groupKey, finding.finding_id), version: 0, tenant: finding.tenant,
    status: 'open', group_key: groupKey, created_at: now, updated_at: now,
  }
  const group: Group = {
    alert, keys: [], members, findings: 1, heardAt: now, notifyAt: 0n, notifiedAt: 0n, toldWords: '', toldTo: [], toldBefore: [], quietTo: '', again: false, heldIn: [],
    unpublished: true, patient: false, publishedAt: 0n,
  }
  state.groups.set(alert.alert_id, group)
  return group
}

/** What an open alert holds is its own; what only a resolved one held that does not open again is free. */
function claim(state: AlerterState, group: Group, keys: readonly string[]): void {
  for (const key of keys) {
    const full = scoped(group.alert.tenant, key)
    if (group.keys.length >= MOST_KEYS || state.groups.has(state.byKey.get(full) ?? '')) continue
    state.byKey.set(full, group.alert.alert_id)
    if (!group.keys.includes(full)) group.keys.push(full)
  }
}

function remember({ state, finding }: Hearing, alertId: string): void {
  state.known.delete(finding.finding_id)
  state.known.set(finding.finding_id, { version: finding.version, alertId })
  const oldest = state.known.keys().next()
  if (state.known.size > MOST_KNOWN && oldest.done !== true) state.known.delete(oldest.value)
}

/** Its actor has done something of this kind, in this alert. */
function noteHabit({ state, finding, now, rules }: Hearing, alertId: string): void {
  const key = scoped(finding.tenant, habitOf(finding))
  state.recent.delete(key)
  state.recent.set(key, { alertId, at: now })
  for (const [oldest, { at }] of state.recent) {
    if (state.recent.size <= MOST_RECENT && at + rules.groupInterval >= now) return
    state.recent.delete(oldest)
  }
}

/**
 * What the weak signs of an actor add up to is no news of its own where people have an alert of the same actor and time that is as grave: it joins that one,
 * the gravest. Undefined where there is none.
 */
function alertOfActor({ state, finding }: Hearing): string | undefined {
  if (finding.detector !== COMPOSITE || finding.actor === '') return undefined
  const had = [...state.groups.values()].filter(({ alert, toldTo }) => toldTo.length > 0 && alert.tenant === finding.tenant && alert.actor === finding.actor
    && rank(alert.severity) >= rank(finding.severity) && alert.first_seen <= finding.window_end && alert.last_seen >= finding.window_start)
  return had.sort((a, b) => rank(b.alert.severity) - rank(a.alert.severity))[0]?.alert.alert_id
}

/** The alert of its run, else the one its actor made of the same kind of thing a moment ago. */
function alertFor(hearing: Hearing, keys: readonly string[]): string | undefined {
  const { state, finding, now, rules } = hearing
  const holders = keys.map((key) => state.byKey.get(scoped(finding.tenant, key))).filter((id) => id !== undefined)
  const holder = holders.find((id) => state.groups.has(id)) ?? holders.find((id) => {
    const resolved = state.resolved.get(id)
    return resolved !== undefined && opensAgain(resolved, now, rules)
  })
  if (holder !== undefined) return holder
  const recent = state.recent.get(scoped(finding.tenant, habitOf(finding)))
  return recent !== undefined && recent.at + rules.groupInterval >= now && state.groups.has(recent.alertId) ? recent.alertId : alertOfActor(hearing)
}

const isTold = (severity: Severity, { notifyFrom }: AlerterRules): boolean => rank(severity) >= rank(notifyFrom)

/** When news of a group is due: at once if it has just become critical; else after the wait or the interval, but never later than planned. */
function dueAt(group: Group, before: Severity | undefined, { now, rules }: Hearing): bigint {
  const becameCritical = group.alert.severity === 'critical' && before !== 'critical'
  const regular = group.notifiedAt === 0n ? now + rules.groupWait : group.notifiedAt + rules.groupInterval
  // A clock that was set back makes nobody wait longer.
  const latest = now + (rules.groupWait > rules.groupInterval ? rules.groupWait : rules.groupInterval)
  const due = becameCritical || regular < now ? now : regular > latest ? latest : regular
  return group.notifyAt !== 0n && group.notifyAt < due ? group.notifyAt : due
}

/** A weak signal is kept and shown, and calls nobody; who has the alert already is called for what is graver. */
function plan(group: Group, before: Severity | undefined, hearing: Hearing): void {
  const { severity } = group.alert
  if (group.quietTo !== '' && rank(severity) <= rank(group.quietTo)) return
  group.notifyAt = dueAt(group, before, hearing)
}

function noteEscalation(state: AlerterState, { alert }: Group, before: Severity | undefined): void {
  if (before !== undefined && rank(alert.severity) > rank(before)) say(state, alert, { event: 'escalated', why: `from ${before} to ${alert.severity}` })
}

function addTo(hearing: Hearing, group: Group): void {
  group.findings++
  // Also of one that is not kept.
  group.alert = { ...group.alert, finding_ids: [...group.alert.finding_ids, hearing.finding.finding_id] }
  keep(group, memberOf(hearing.finding), hearing.state.groups.size)
  refresh(hearing.state, group, hearing.now)
}

/** Benign, or told elsewhere: more of the same does not change that. */
const staysQuiet = ({ verdict, detectors, severity }: Alert, finding: Finding): boolean =>
  (verdict === 'benign' || verdict === 'duplicate') && detectors.includes(finding.detector) && rank(finding.severity) <= rank(severity)

/** A finding of an alert that is over: it is over no longer, or the finding changes nothing. */
function joinResolved(hearing: Hearing, group: Group, keys: readonly string[]): void {
  const { state, finding, now, rules } = hearing
  const { alert } = group
  const quiet = staysQuiet(alert, finding)
  addTo(hearing, group)
  claim(state, group, keys)
  if (quiet) return layAside(state, group, rules)
  const why = alert.status_by === 'watchkeeper' ? 'It goes on.' : `It goes on: ${finding.detector}, ${finding.severity}.`
  reopen({ state, now }, group, { why, object: finding.finding_id })
  if (isTold(finding.severity, rules)) plan(group, undefined, hearing)
}

function addNew(hearing: Hearing): true {
  const { state, finding, now, rules } = hearing
  const keys = keysOf(finding)
  const id = alertFor(hearing, keys)
  remember(hearing, id ?? alertIdOf(finding.tenant, keys[0]!, finding.finding_id))
  const existing = id === undefined ? undefined : state.groups.get(id)
  const over = id === undefined || existing !== undefined ? undefined : takeBack(state, id)
  if (over !== undefined) {
    joinResolved(hearing, over, keys)
    return true
  }
  const before = existing?.alert.severity
  const group = existing ?? open(hearing, keys[0]!)
  if (existing !== undefined) addTo(hearing, group)
  else {
    refresh(state, group, now)
    say(state, group.alert, { event: 'opened' }, '')
  }
  claim(state, group, keys)
  noteHabit(hearing, group.alert.alert_id)
  noteEscalation(state, group, before)
  group.heardAt = now
  if (isTold(finding.severity, rules)) plan(group, before, hearing)
  return true
}

/**
 * A later version of a finding that an open alert holds: its words replace the earlier ones, and nobody is told unless it grew critical or is no weak signal
 * any more. One of a resolved alert counts where it is graver than all that was known.
 */
function update(hearing: Hearing, alertId: string): boolean {
  const { state, finding, now, rules } = hearing
  remember(hearing, alertId)
  const group = state.groups.get(alertId)
  const at = group?.members.findIndex(({ finding_id }) => finding_id === finding.finding_id) ?? -1
  if (group === undefined && rank(finding.severity) > rank(resolvedAlert(state, alertId)?.severity ?? 'critical')) return addNew(hearing)
  // One that made room for graver ones counts again where it is graver than all of them.
  if (group === undefined || (at < 0 && rank(finding.severity) <= rank(group.alert.severity))) return false
  const before = group.alert.severity
  if (at < 0) keep(group, memberOf(finding), state.groups.size)
  else group.members[at] = memberOf(finding)
  argueFew(group.members)
  claim(state, group, keysOf(finding).filter((key) => key.startsWith('lineage:')))
  refresh(state, group, now)
  noteEscalation(state, group, before)
  const after = group.alert.severity
  if (rank(after) > rank(before) && isTold(after, rules) && (after === 'critical' || !isTold(before, rules))) plan(group, before, hearing)
  return true
}

/**
 * Takes one finding into the state. False when no alert changes: seen in this version or a higher one, or its alert is closed. Throws RangeError for what
 * is no finding.
 */
export function takeFinding(state: AlerterState, finding: Finding, now: bigint, rules: AlerterRules): boolean {
  if (!ID.test(finding.finding_id)) throw new RangeError('a finding without an id')
  const hearing: Hearing = { state, finding, now, rules }
  const known = state.known.get(finding.finding_id)
  if (known !== undefined && known.version >= finding.version) return false
  return known === undefined ? addNew(hearing) : update(hearing, known.alertId)
}
