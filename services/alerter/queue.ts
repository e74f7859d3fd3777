/** Messages on their way: the queue of each receiver, its fallback, and what was given up. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Notice } from '../../schemas/alert-message.ts'
import { type AlerterRules, receiverRules } from './contracts.ts'
import { isDown } from './line.ts'
import type { Renderer, Round } from './round.ts'
import { isForOthers } from './route.ts'
import type { AlerterState, Pending } from './state.ts'

/** A message before it is written for a receiver. */
export interface Letter extends Pick<Pending, 'messageId' | 'alertId' | 'alertVersion' | 'tenant' | 'line' | 'severity'> {
  readonly notice: Notice
  /** Says that something is wrong; the others follow one that did. */
  readonly opening: boolean
}

const packed = (body: string): Buffer => deflateRawSync(body)
/** What every attempt sends. */
export const bodyOf = ({ body }: Pick<Pending, 'body'>): string => inflateRawSync(body).toString()

export const hasRoom = (state: AlerterState, receiver: string, { maxWaiting }: AlerterRules): boolean =>
  state.pending.filter((pending) => pending.receiver === receiver).length < maxWaiting

function spareOf({ receivers, rules }: Round, { notice, tenant }: Pick<Letter, 'notice' | 'tenant'>, to: string, others: readonly string[]): Pending['spare'] {
  const fallback = receiverRules(rules, to).fallback
  const renderer = receivers.find(({ receiver }) => receiver === fallback)
  if (renderer === undefined || renderer.receiver === to || others.includes(renderer.receiver) || isForOthers(renderer.receiver, tenant, rules)) return undefined
  const body = renderer.render(notice)
  return body === '' ? undefined : { receiver: renderer.receiver, body: packed(body) }
}

/** To the fallback, too: once. */
function handOver(state: AlerterState, pending: Pending, now: bigint): void {
  const { spare } = pending
  pending.spare = undefined
  if (spare === undefined) return
  state.pending.push({ ...pending, ...spare, spare: undefined, madeAt: now, attempts: 0, nextAt: now })
  const group = state.groups.get(pending.alertId)
  if (group !== undefined && !group.toldTo.includes(spare.receiver)) group.toldTo.push(spare.receiver)
}

/** Writes the message for one receiver and puts it into its queue; false where it is not told of such a thing. `others`: who gets it anyway. */
export function enqueue(round: Round, { notice, opening, ...letter }: Letter, to: Renderer, others: readonly string[]): boolean {
  const { state, now } = round
  const body = to.render(notice)
  if (body === '') return false
  // The fallback that may yet hear of an opening that waits has to hear what became of it, too.
  const isAwaited = (one: Pending): boolean => one.line === letter.line && one.receiver === to.receiver && one.spare !== undefined && receiverRules(round.rules, one.spare.receiver).sendResolved
  const spare = opening || state.pending.some(isAwaited) ? spareOf(round, { notice, tenant: letter.tenant }, to.receiver, others) : undefined
  const pending: Pending = { ...letter, receiver: to.receiver, body: packed(body), madeAt: now, attempts: 0, nextAt: now, spare }
  state.pending.push(pending)
  if (isDown(state, to.receiver)) handOver(state, pending, now)
  return true
}

/** What waits for a receiver that has just gone down is told to its fallback. */
export function handOverAll(state: AlerterState, receiver: string, now: bigint): void {
  for (const pending of state.pending.filter((one) => one.receiver === receiver)) handOver(state, pending, now)
}

/** Out of the queue, and kept for a while to be sent again when somebody asks for it. */
export function giveUp(state: AlerterState, pending: Pending, now: bigint, { maxDeadLetters }: AlerterRules): void {
  state.pending.splice(state.pending.indexOf(pending), 1)
  handOver(state, pending, now)
  state.dead.push(pending)
  if (state.dead.length > maxDeadLetters) state.dead.splice(0, state.dead.length - maxDeadLetters)
}

/** Whether the message goes out now, again or sooner; false where it is not kept. */
export function sendAgain(state: AlerterState, about: Pick<Pending, 'messageId' | 'receiver' | 'tenant'>, now: bigint): Pending | undefined {
  const isIt = ({ messageId, receiver, tenant }: Pending): boolean => messageId === about.messageId && receiver === about.receiver && tenant === about.tenant
  const at = state.dead.findIndex(isIt)
  const found = at < 0 ? state.pending.find(isIt) : state.dead.splice(at, 1)[0]
  if (found === undefined) return undefined
  if (at >= 0) state.pending.push(found)
  found.madeAt = now
  found.nextAt = now
  const line = state.lines.get(about.receiver)
  if (line !== undefined && line.probeAt > now) line.probeAt = now
  return found
}

/**
 * Messages that may be tried, those of the fewest attempts first, else the oldest: one that is never taken does not keep a receiver down for the others.
 * Of one line and receiver only the first, so that an update never overtakes what it updates.
 */
export function heads(state: AlerterState): Pending[] {
  const lines = new Set<string>()
  return state.pending.filter(({ line, receiver }) => {
    const key = `${line} ${receiver}`
    if (lines.has(key)) return false
    lines.add(key)
    return true
  }).sort((a, b) => a.attempts - b.attempts)
}
