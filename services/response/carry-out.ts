/** Orders and time to the next state of actions. Pure: what is to be sent is an action that is approved and due. */
import { hash } from 'node:crypto'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { Answer } from '../../schemas/ports.ts'
import { type ResponseAction, responseBody, ResponseOrder } from '../../schemas/response-action.ts'
import type { Hook } from './contracts.ts'
import type { ResponderState } from './state.ts'

const SECOND = 1_000_000_000n
const HOUR = 3_600n * SECOND
/** Before the next attempt; after the last one it has failed. */
const AGAIN_AFTER = [2n, 10n, 60n, 300n, 900n] as const
const MOST_WAITING = 1_000
const MOST_ENDED = 2_000
const MOST_ORDERS = 5_000

export interface Turn {
  readonly state: ResponderState
  readonly hooks: ReadonlyMap<string, Pick<Hook, 'name' | 'approval' | 'mostPerHour'>>
  readonly now: bigint
  /** What was asked for or approved longer ago is not done any more: the alert is another by then. Nanoseconds. */
  readonly lasts: bigint
  /** Whether a message of the action is on its way. */
  isSending(actionId: string): boolean
}

interface Step {
  readonly by: string
  readonly why: string
  readonly orderId: string
}

const OURSELVES = 'watchkeeper'

function say({ state, now }: Turn, about: Pick<ResponseAction, 'tenant' | 'alert_id' | 'alert_version' | 'action_id'>, { by, why, orderId, event }: Step & { readonly event: 'responded' | 'refused' }): void {
  const { tenant, alert_id, alert_version, action_id: object } = about
  const event_id = hash('sha256', JSON.stringify([tenant, alert_id, event, by, why, orderId, object]), 'hex').slice(0, 32)
  const said: AlertEvent = {
    event_id, tenant, alert_id, alert_version, at: now, event, from_status: '', to_status: '', verdict: '', by, why, order_id: orderId, object, detectors: [],
  }
  state.unsaidEvents.push(said)
}

/** The next version of an action, told twice: as a row, and as an event in the life of its alert. */
function step(turn: Turn, before: ResponseAction, change: Partial<ResponseAction>, said: Step): ResponseAction {
  const { state, now } = turn
  const action: ResponseAction = { ...before, ...change, version: before.version + 1, updated_at: now }
  // An action that has moved is the newest.
  state.actions.delete(action.action_id)
  state.actions.set(action.action_id, action)
  state.unsaidActions.push(action)
  say(turn, action, { ...said, event: 'responded' })
  return action
}

const isOpen = ({ state }: ResponseAction): boolean => state === 'waiting' || state === 'approved'

function sentWithin({ state, now }: Turn, hook: string): bigint[] {
  const kept = (state.sent.get(hook) ?? []).filter((at) => at + HOUR > now)
  state.sent.set(hook, kept)
  return kept
}

/** '' where it goes on its way, else why not. */
function release(turn: Turn, before: ResponseAction, change: Partial<ResponseAction>, said: Step): string {
  const { state, hooks, now } = turn
  const hook = hooks.get(before.hook)
  if (hook === undefined) return `There is no hook ${before.hook} any more.`
  const sent = sentWithin(turn, hook.name)
  if (sent.length >= hook.mostPerHour) return `Hook ${hook.name} takes ${hook.mostPerHour} actions an hour, and has had them: wait, or raise most_per_hour.`
  sent.push(now)
  const decided = { ...before, ...change }
  step(turn, before, { ...change, state: 'approved', body: responseBody(decided, now) }, said)
  state.dueAt.set(before.action_id, now)
  return ''
}

function request(turn: Turn, order: Extract<ResponseOrder, { order: 'request' }>): string {
  const { state, hooks, now } = turn
  const hook = hooks.get(order.hook)
  if (hook === undefined) return `There is no hook ${order.hook}.`
  if (state.actions.has(order.action_id)) return 'There is such an action already.'
  if ([...state.actions.values()].filter(isOpen).length >= MOST_WAITING) return `${MOST_WAITING} actions are waiting: decide on some first.`
  const { action_id, tenant, alert_id, alert_version, why, by } = order
  const blank: ResponseAction = {
    action_id, version: 0, tenant, alert_id, alert_version, hook: hook.name, state: 'waiting', request: order.request, why, requested_by: by, requested_token: order.token,
    requested_at: now, decided_by: '', decided_why: '', decided_at: 0n, body: '', attempts: 0, status: 0, answer: '', updated_at: now,
  }
  const said = { by, orderId: order.order_id }
  if (!hook.approval) return release(turn, blank, {}, { ...said, why: `${hook.name}: ${why}` })
  step(turn, blank, {}, { ...said, why: `${hook.name} is asked for: ${why}` })
  return ''
}

function decide(turn: Turn, order: Extract<ResponseOrder, { order: 'approve' | 'reject' }>): string {
  const { state, now } = turn
  const action = state.actions.get(order.action_id)
  if (action === undefined || action.tenant !== order.tenant) return 'There is no such action.'
  if (action.state !== 'waiting') return `The action is ${action.state} already.`
  const change = { decided_by: order.by, decided_why: order.why, decided_at: now }
  const said = { by: order.by, orderId: order.order_id, why: `${action.hook} is ${order.order === 'approve' ? 'approved' : 'rejected'}${order.why === '' ? '' : `: ${order.why}`}` }
  if (order.order === 'reject') {
    step(turn, action, { ...change, state: 'rejected' }, said)
    return ''
  }
  if (action.requested_token === order.token) return 'Another token must approve it than the one that it was asked for with.'
  return release(turn, action, change, said)
}

/** An order may have lain on the bus while nobody carried any out. */
const isLate = ({ now, lasts }: Turn, { order, at }: ResponseOrder): boolean => order !== 'reject' && at + lasts <= now

const hours = (nanoseconds: bigint): string => `${nanoseconds / HOUR} h`

/** Carries out an order that was not seen before. Throws ZodError for what is no order. */
export function takeOrder(turn: Turn, record: ResponseOrder): void {
  const { state } = turn
  const order = ResponseOrder.parse(record)
  if (state.orders.has(order.order_id)) return
  state.orders.add(order.order_id)
  if (state.orders.size > MOST_ORDERS) state.orders.delete(state.orders.values().next().value as string)
  const late = isLate(turn, order) ? `It was not carried out within ${hours(turn.lasts)}: ask again.` : ''
  const why = late !== '' ? late : order.order === 'request' ? request(turn, order) : decide(turn, order)
  if (why === '') return
  const known = state.actions.get(order.action_id)
  const about = order.order === 'request' ? order : { tenant: order.tenant, action_id: order.action_id, alert_id: known?.tenant === order.tenant ? known.alert_id : '', alert_version: 0 }
  say(turn, about, { by: order.by, why, orderId: order.order_id, event: 'refused' })
}

const mayPass = (status: number): boolean => status === 0 || status === 408 || status === 425 || status === 429 || status >= 500

/** After an attempt: done, failed, or once more later. */
export function settle(turn: Turn, actionId: string, { status, text, retryAfterSeconds }: Answer): void {
  const { state, now } = turn
  const action = state.actions.get(actionId)
  if (action === undefined || action.state !== 'approved') return
  const attempts = action.attempts + 1
  const result = { attempts, status, answer: text.slice(0, 1_024) }
  const heard = status === 0 ? text.slice(0, 200) : String(status)
  const wait = AGAIN_AFTER[attempts - 1]
  if (status >= 200 && status < 300) {
    state.dueAt.delete(actionId)
    step(turn, action, { ...result, state: 'done' }, { by: OURSELVES, orderId: '', why: `${action.hook} took it (${heard})` })
  } else if (mayPass(status) && wait !== undefined) {
    const asked = BigInt(Math.min(retryAfterSeconds ?? 0, 3_600))
    state.dueAt.set(actionId, now + (asked > wait ? asked : wait) * SECOND)
    step(turn, action, result, { by: OURSELVES, orderId: '', why: `${action.hook} did not take it (${heard}), attempt ${attempts}: once more` })
  } else {
    state.dueAt.delete(actionId)
    step(turn, action, { ...result, state: 'failed' }, { by: OURSELVES, orderId: '', why: `${action.hook} did not take it (${heard}), attempt ${attempts}: given up` })
  }
}

/** From when on an action lasts: since it was asked for, or since it was approved. */
const since = ({ state, requested_at: requested, decided_at: decided }: ResponseAction): bigint => (state === 'waiting' || decided === 0n ? requested : decided)

/** Lets go of what nobody approved in time, of what could not be sent in time, and of what ended long ago. */
export function expire(turn: Turn): void {
  const { state, now, lasts } = turn
  for (const action of [...state.actions.values()].filter((one) => isOpen(one) && since(one) + lasts <= now && !turn.isSending(one.action_id))) {
    const why = `${action.hook} was not ${action.state === 'waiting' ? 'approved' : 'reached'} within ${hours(lasts)}`
    state.dueAt.delete(action.action_id)
    step(turn, action, { state: 'expired' }, { by: OURSELVES, orderId: '', why })
  }
  const ended = [...state.actions.values()].filter((action) => !isOpen(action))
  for (const { action_id: id } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) state.actions.delete(id)
}

/** When something is to be done by itself; undefined where nothing is. */
export function nextDue({ actions, dueAt }: Pick<ResponderState, 'actions' | 'dueAt'>, lasts: bigint): bigint | undefined {
  const times = [...dueAt.values(), ...[...actions.values()].filter(({ state }) => state === 'waiting').map(({ requested_at: at }) => at + lasts)]
  return times.length === 0 ? undefined : times.reduce((a, b) => (b < a ? b : a))
}
