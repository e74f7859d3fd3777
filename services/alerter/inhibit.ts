/** Stage: an open composite silences its parts. They are kept, and told when it ends without them. Pure. */
import type { Alert } from '../../schemas/alert.ts'
import { rank } from './alert-words.ts'
import { byTenant } from './by-tenant.ts'
import type { AlerterRules } from './contracts.ts'
import { isComposite } from './composite.ts'
import type { AlerterState, Group } from './state.ts'

/** By actor alone only what is less than this is silenced: what is grave and no part of the sum wakes all the same. */
const GRAVE = rank('high')

const partsOf = ({ members }: Group): ReadonlySet<string> => new Set(members.flatMap(({ part_ids }) => part_ids))
const shared = (a: string, b: string): boolean => a !== '' && a === b

function covers(sum: Group, alert: Alert): boolean {
  const { alert: told } = sum
  if (rank(alert.severity) > rank(told.severity)) return false
  if (shared(told.trace_id, alert.trace_id) || shared(told.conversation, alert.conversation)) return true
  const parts = partsOf(sum)
  if (alert.finding_ids.some((id) => parts.has(id))) return true
  return shared(told.actor, alert.actor) && rank(alert.severity) < GRAVE
}

/** Composites of which people are told: one that is silenced itself silences nobody. By tenant. */
export function composites(state: AlerterState, rules: AlerterRules): ReadonlyMap<string, readonly Group[]> {
  const open: Group[] = []
  for (const id of state.sums) {
    const group = state.groups.get(id)
    if (group === undefined) state.sums.delete(id)
    else if (group.alert.silenced_by === '' && rank(group.alert.severity) >= rank(rules.notifyFrom)) open.push(group)
  }
  return byTenant(open, ({ alert }) => alert.tenant)
}

/** Alert for which nobody is told of this one; '' where there is none. */
export function inhibitorOf(group: Group, sums: readonly Group[] | undefined): string {
  if (sums === undefined || isComposite(group)) return ''
  const holds = (sum: Group): boolean => covers(sum, group.alert)
  // As long as one still holds it does so under the same name.
  const sum = sums.find((one) => one.alert.alert_id === group.alert.inhibited_by && holds(one)) ?? sums.find(holds)
  return sum?.alert.alert_id ?? ''
}
