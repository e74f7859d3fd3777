/** What the clock makes of the state: messages that are due, alerts that have been quiet long enough, holds that begin or end. Pure but for the state given. */
import type { AlerterRules } from './contracts.ts'
import { holdersNow, review } from './hold.ts'
import { isDown, tryAt } from './line.ts'
import { isHeld, notify } from './notify.ts'
import { heads } from './queue.ts'
import { forgetResolved } from './resolved.ts'
import type { Renderer, Round } from './round.ts'
import { downIn } from './route.ts'
import { endSilences, nextTurn } from './silence.ts'
import type { AlerterState, Group, Pending } from './state.ts'
import { resolve } from './status.ts'
import { isLongAgo, nextSummary, runStorms } from './storm.ts'

/** Somebody works on it: it is not resolved by itself so soon. */
const PATIENCE = 7n
/** Every alert is looked at so often, whatever is due. */
const LONGEST = 3_600_000_000_000n

/** An outage is told once, and is over when the receiver is up, not when nothing more is said of it. */
function quietUntil({ state, now, rules: { resolveAfter } }: Round, { alert, heardAt }: Group): bigint {
  const down = downIn(alert)
  if (down !== '' && isDown(state, down)) return now + resolveAfter
  return heardAt + (alert.status === 'in_progress' ? PATIENCE * resolveAfter : resolveAfter)
}

const deadline = (round: Round, group: Group): bigint => {
  const quiet = quietUntil(round, group)
  return group.notifyAt !== 0n && !isHeld(group) && group.notifyAt < quiet ? group.notifyAt : quiet
}

/** Why the alert is over; '' while it is not. */
function overBy(round: Round, group: Group, crowded: boolean): string {
  const { state, now, receivers } = round
  const down = downIn(group.alert)
  if (down !== '' && !receivers.some(({ receiver }) => receiver === down)) return 'The receiver is not configured any more.'
  if (down !== '' && !isDown(state, down)) return 'The receiver takes messages again.'
  if (quietUntil(round, group) <= now) return 'It has been quiet.'
  return crowded ? 'There are too many open alerts: the oldest made room.' : ''
}

/** Does with one alert what the time asks for. Nobody may miss an alert because it leaves early. */
function attend(round: Round, group: Group, crowded: boolean): boolean {
  if (crowded && group.notifyAt > round.now) group.notifyAt = round.now
  const why = overBy(round, group, crowded)
  const repaired = why !== '' && downIn(group.alert) !== ''
  const told = !repaired && notify(round, group)
  if (why === '') return told
  resolve(round, group, { why })
  return true
}

/** The oldest of too many. */
function excessOf({ state: { groups }, rules }: Round): readonly string[] {
  const excess: string[] = []
  for (const id of groups.keys()) {
    if (excess.length >= groups.size - rules.maxOpenAlerts) break
    excess.push(id)
  }
  return excess
}

/** Alerts to look at: those that have changed or whose time has come, all of a tenant where what holds them has changed, all where a silence begins or ends. */
function inTurn({ state, now }: Round, excess: readonly string[]): readonly Group[] {
  const ids = new Set([...excess, ...state.touched, ...state.agenda.due(now)])
  const tenants = new Set(state.review)
  state.touched.clear()
  state.review.clear()
  if (now >= state.scanAt) {
    state.scanAt = nextTurn(state, now) ?? now + LONGEST
    return [...state.groups.values()]
  }
  if (tenants.size > 0) return [...state.groups.values()].filter(({ alert }) => tenants.has(alert.tenant) || ids.has(alert.alert_id))
  return [...ids].map((id) => state.groups.get(id)).filter((group) => group !== undefined)
}

function pass(round: Round): boolean {
  const { state } = round
  const excess = excessOf(round)
  const groups = inTurn(round, excess)
  if (groups.length === 0) return false
  const holders = holdersNow(round)
  let changed = false
  for (const group of groups) if (review(round, group, holders)) changed = true
  for (const group of groups) {
    if (attend(round, group, excess.includes(group.alert.alert_id))) changed = true
    if (state.groups.has(group.alert.alert_id)) state.agenda.set(group.alert.alert_id, deadline(round, group))
  }
  return changed
}

/** Receivers come and go through the API: what is known of one that is gone is let go of. */
function forgetReceivers({ state, receivers, now }: Round): void {
  for (const name of state.lines.keys()) if (!receivers.some(({ receiver }) => receiver === name)) state.lines.delete(name)
  for (const [name, minutes] of state.spent) if (isLongAgo(minutes, now)) state.spent.delete(name)
}

/** Everything that is due at `now`; true when the state has changed. `receivers`: those who get new messages. */
export function runDue(state: AlerterState, receivers: readonly Renderer[], now: bigint, rules: AlerterRules): boolean {
  const round: Round = { state, receivers, now, rules }
  endSilences(state, now)
  forgetResolved(state, now, rules)
  forgetReceivers(round)
  let changed = pass(round)
  // What a composite held that has just ended is told now.
  while (state.review.size > 0) if (pass(round)) changed = true
  // What has changed in between has been looked at.
  state.touched.clear()
  if (runStorms(round)) changed = true
  return changed
}

/**
 * When something is due next: the earliest of messages, resolutions, summaries and attempts; undefined when nothing waits. `isBlocked`: attempts
 * that an answer will set free, not the clock.
 */
export function nextDue(state: AlerterState, isBlocked: (pending: Pending) => boolean, now: bigint, rules: AlerterRules): bigint | undefined {
  const attempts = heads(state).filter((pending) => !isBlocked(pending)).map((pending) => tryAt(state, pending, now))
  const times = [state.groups.size > 0 || state.silences.size > 0 ? state.scanAt : undefined, state.agenda.next, nextSummary(state, rules), ...attempts].filter((at) => at !== undefined)
  return times.length === 0 ? undefined : times.reduce((a, b) => (b < a ? b : a))
}
