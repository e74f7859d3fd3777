/** Alerts that are over: kept small for a while, to be opened again by new findings, or judged by a person. */
import { Packr } from 'msgpackr'
import type { Alert } from '../../schemas/alert.ts'
import { isComposite } from './composite.ts'
import type { AlerterRules } from './contracts.ts'
import type { AlerterState, Group, Resolved } from './state.ts'

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })
/** Findings that a resolved alert keeps. */
const MOST_MEMBERS = 5
/** Verdicts are taken for so long, also where new findings do not open it again any more. */
const JUDGED_WITHIN = 14n * 86_400n * 1_000_000_000n

const unpack = ({ packed }: Resolved): Group => packr.unpack(packed) as Group

function letGo(state: AlerterState, { alertId, keys }: Resolved): void {
  state.resolved.delete(alertId)
  for (const key of keys) if (state.byKey.get(key) === alertId) state.byKey.delete(key)
}

/** Puts a group that is over among the resolved; its last version still has to reach the bus. */
export function layAside(state: AlerterState, group: Group, { maxResolvedAlerts }: AlerterRules): void {
  const { alert_id: alertId, tenant, status_at: resolvedAt } = group.alert
  state.groups.delete(alertId)
  state.agenda.delete(alertId)
  state.resolved.delete(alertId)
  state.closed.set(alertId, group.alert)
  const small: Group = { ...group, members: group.members.slice(0, MOST_MEMBERS), unpublished: false, notifyAt: 0n }
  state.resolved.set(alertId, { alertId, tenant, keys: group.keys, resolvedAt, packed: Buffer.from(packr.pack(small)) })
  const [oldest] = state.resolved.values()
  if (state.resolved.size > maxResolvedAlerts && oldest !== undefined) letGo(state, oldest)
}

/** Takes it back among the open ones, as it was; undefined where it is not kept. */
export function takeBack(state: AlerterState, alertId: string): Group | undefined {
  const found = state.resolved.get(alertId)
  if (found === undefined) return undefined
  const group = unpack(found)
  state.resolved.delete(alertId)
  state.groups.set(alertId, group)
  if (isComposite(group)) state.sums.add(alertId)
  state.touched.add(alertId)
  return group
}

/** What a resolved alert says; undefined where it is not kept. */
export function resolvedAlert(state: AlerterState, alertId: string): Alert | undefined {
  const found = state.resolved.get(alertId)
  return found === undefined ? undefined : unpack(found).alert
}

/** Whether new findings still join it. */
export const opensAgain = ({ resolvedAt }: Resolved, now: bigint, { reopenWithin }: AlerterRules): boolean => resolvedAt + reopenWithin > now

/** Lets go of what nobody can open or judge any more. */
export function forgetResolved(state: AlerterState, now: bigint, { reopenWithin }: AlerterRules): void {
  const longest = reopenWithin > JUDGED_WITHIN ? reopenWithin : JUDGED_WITHIN
  for (const one of state.resolved.values()) {
    // About in the order in which they were resolved.
    if (one.resolvedAt + longest > now) return
    letGo(state, one)
  }
}
