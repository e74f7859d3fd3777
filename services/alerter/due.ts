/** What the clock makes of the state: messages that are due, alerts that have been quiet long enough. Pure but for the state given. */
import type { Notifier } from '../../schemas/ports.ts'
import { alertMessage } from './body.ts'
import type { AlerterRules } from './contracts.ts'
import { heads } from './deliver.ts'
import { resolve } from './group.ts'
import type { AlerterState, Group, Pending } from './state.ts'

const MINUTE = 60n * 1_000_000_000n

/** The same for every attempt at this message, and after a restart. Without a `.`, which separates what is signed. */
export const messageIdOf = (alertId: string, version: number): string => `msg_${alertId}_${version}`

/** Those who get new messages, and how they want them. */
export type Renderer = Pick<Notifier, 'receiver' | 'render'>

function compose(group: Group, receivers: readonly Renderer[], now: bigint, { texts }: AlerterRules): Pending[] {
  const { alert_id, version, tenant } = group.alert
  const message = alertMessage(group.notifiedAt === 0n ? 'alert.open' : 'alert.updated', group, texts)
  return receivers.map((notifier) => ({
    messageId: messageIdOf(alert_id, version), alertId: alert_id, alertVersion: version, tenant, receiver: notifier.receiver, body: notifier.render(message),
    madeAt: now, attempts: 0, nextAt: now,
  })).filter(({ body }) => body !== '')
}

/** Makes the group's message where it is due; false when there is nothing to say now. */
function notify(state: AlerterState, group: Group, receivers: readonly Renderer[], now: bigint, rules: AlerterRules): boolean {
  if (group.notifyAt === 0n || group.notifyAt > now) return false
  if (state.pending.length + receivers.length > rules.maxWaiting) {
    group.notifyAt = now + MINUTE
    return false
  }
  state.pending.push(...compose(group, receivers, now, rules))
  group.notifiedAt = now
  group.notifyAt = 0n
  return true
}

/** Everything that is due at `now`; true when the state has changed. `receivers`: those who get new messages. */
export function runDue(state: AlerterState, receivers: readonly Renderer[], now: bigint, rules: AlerterRules): boolean {
  let changed = false
  let excess = state.groups.size - rules.maxOpenAlerts
  for (const group of state.groups.values()) {
    const goes = group.heardAt + rules.resolveAfter <= now || excess > 0
    // Nobody may miss an alert because it leaves early.
    if (goes && group.notifyAt > now && excess > 0) group.notifyAt = now
    if (notify(state, group, receivers, now, rules)) changed = true
    if (!goes || group.notifyAt !== 0n) continue
    resolve(state, group, now)
    excess--
    changed = true
  }
  return changed
}

/**
 * When something is due next: the earliest of messages, resolutions and attempts; undefined when nothing waits. `isBlocked`: attempts
 * that an answer will set free, not the clock.
 */
export function nextDue(state: AlerterState, isBlocked: (pending: Pending) => boolean, rules: AlerterRules): bigint | undefined {
  let next: bigint | undefined
  const consider = (at: bigint): void => {
    if (next === undefined || at < next) next = at
  }
  for (const { notifyAt, heardAt } of state.groups.values()) consider(notifyAt !== 0n ? notifyAt : heardAt + rules.resolveAfter)
  for (const pending of heads(state)) if (!isBlocked(pending)) consider(pending.nextAt)
  return next
}
