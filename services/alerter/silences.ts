/** Orders about silences. What they hold back from then on, or no longer, is found out when alerts are looked at next. */
import type { AlertOrder } from '../../schemas/alert-order.ts'
import type { SilenceRow } from '../../schemas/silence.ts'
import { mention } from './life.ts'
import type { Round } from './round.ts'

type Make = Extract<AlertOrder, { order: 'silence' }>
type Cancel = Extract<AlertOrder, { order: 'unsilence' }>

/** Of silences that are over as many are remembered as there may be others: whoever makes and ends them does not fill the memory. */
function forgetOver({ state: { silences }, now, rules }: Round): void {
  const over = [...silences.values()].filter(({ ends_at }) => ends_at <= now)
  if (over.length <= rules.maxSilences) return
  over.sort((a, b) => (a.ends_at < b.ends_at ? -1 : 1))
  for (const { silence_id } of over.slice(0, over.length - rules.maxSilences)) silences.delete(silence_id)
}

function put(round: Round, row: SilenceRow): void {
  const { state } = round
  state.silences.set(row.silence_id, row)
  forgetOver(round)
  state.saidSilences.push(row)
  state.review.add(row.tenant)
  // Its beginning or its end may be the next thing that happens.
  state.scanAt = 0n
}

function whyNot({ state, now, rules }: Round, { tenant, silence }: Make): string {
  const before = state.silences.get(silence.silence_id)
  if (silence.tenant !== tenant || (before !== undefined && before.tenant !== tenant)) return 'The silence belongs to another tenant.'
  if (silence.ends_at <= silence.starts_at) return 'The silence ends before it begins.'
  if (silence.ends_at <= now) return 'The silence is over already.'
  return before === undefined && [...state.silences.values()].filter(({ ends_at }) => ends_at > now).length >= rules.maxSilences ? `There are ${rules.maxSilences} silences: let one end first.` : ''
}

/** A new silence, or another version of one. '' when it is done, else why not. */
export function setSilence(round: Round, order: Make): string {
  const refused = whyNot(round, order)
  if (refused !== '') return refused
  const { state, now } = round
  const { silence, by, tenant, order_id: orderId } = order
  put(round, { ...silence, version: (state.silences.get(silence.silence_id)?.version ?? 0) + 1, updated_at: now, updated_by: by })
  mention(state, { event: 'silenced', by, why: silence.reason, orderId, object: silence.silence_id }, { tenant, at: now })
  return ''
}

/** Ends a silence now. '' when it is done, else why not. */
export function cancelSilence(round: Round, { silence_id: id, tenant, by, why, order_id: orderId }: Cancel): string {
  const { state, now } = round
  const before = state.silences.get(id)
  if (before === undefined || before.tenant !== tenant) return 'There is no such silence.'
  if (before.ends_at <= now) return 'The silence is over already.'
  const starts_at = before.starts_at < now ? before.starts_at : now - 1n
  put(round, { ...before, starts_at, ends_at: now, version: before.version + 1, updated_at: now, updated_by: by })
  mention(state, { event: 'unsilenced', by, why, orderId, object: id }, { tenant, at: now })
  return ''
}
