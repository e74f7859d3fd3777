/** Changes of an alert's status, and who hears of them. */
import type { Alert } from '../../schemas/alert.ts'
import { become, type Deed } from './life.ts'
import { isComposite } from './composite.ts'
import { announce } from './notify.ts'
import { layAside } from './resolved.ts'
import type { Round } from './round.ts'
import type { Group } from './state.ts'

type Why = Omit<Deed, 'event'>

/** Somebody has it: it is not repeated to people unless it becomes graver. */
export function takeCare(round: Round, group: Group, status: 'acknowledged' | 'in_progress', why: Why): void {
  const news = group.alert.status === 'open'
  become(round.state, group, status, { event: status === 'acknowledged' ? 'acknowledged' : 'started', ...why, at: round.now })
  group.quietTo = group.alert.severity
  group.notifyAt = 0n
  if (news) announce(round, group, 'alert.acknowledged', group.toldTo)
}

/** Over, for a person or for us; also another verdict on what is over already. */
export function resolve(round: Round, group: Group, { fields, ...why }: Why & { readonly fields?: Partial<Alert> }): void {
  const { state, now, rules } = round
  if (isComposite(group)) state.review.add(group.alert.tenant)
  become(state, group, 'resolved', { event: 'resolved', ...why, at: now, fields: { silenced_by: '', inhibited_by: '', ...fields } })
  announce(round, group, 'alert.resolved', group.toldTo)
  group.toldBefore = [...new Set([...group.toldBefore, ...group.toldTo])]
  group.toldTo = []
  group.quietTo = ''
  group.again = false
  layAside(state, group, rules)
}

/** Open again: a group that was taken back. Whatever was said of it does not count any more. */
export function reopen(round: Pick<Round, 'state' | 'now'>, group: Group, why: Why): void {
  const { state, now } = round
  become(state, group, 'open', { event: 'reopened', ...why, at: now, fields: { verdict: '', duplicate_of: '', reopened: group.alert.reopened + 1 } })
  group.toldWords = ''
  group.notifiedAt = 0n
  group.heardAt = now
  group.again = group.toldBefore.length > 0
}

/** By a person: those who were told that it was over hear of it at once. */
export function reopenAndTell(round: Round, group: Group, why: Why): void {
  reopen(round, group, why)
  announce(round, group, 'alert.reopened', group.toldBefore)
  group.toldTo = group.toldBefore
  group.toldBefore = []
  group.again = false
}
