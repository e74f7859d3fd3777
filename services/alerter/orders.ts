/** What people ask of alerts, silences and messages: carried out once, answered by one event with the order's id. */
import { AlertOrder } from '../../schemas/alert-order.ts'
import type { Alert } from '../../schemas/alert.ts'
import { holdersNow, review } from './hold.ts'
import { alter, type Deed, mention, say } from './life.ts'
import { notify } from './notify.ts'
import { sendAgain } from './queue.ts'
import { layAside, resolvedAlert, takeBack } from './resolved.ts'
import type { Round } from './round.ts'
import { cancelSilence, setSilence } from './silences.ts'
import type { Group } from './state.ts'
import { reopenAndTell, resolve, takeCare } from './status.ts'

const MOST_ORDERS = 2_000

type OnAlert = Extract<AlertOrder, { alert_id: string }>
/** Why it is not done; '' = it is. */
type Refused = string

const whyOf = ({ by, why, order_id: orderId }: { readonly by: string; readonly why: string; readonly order_id: string }): Omit<Deed, 'event'> => ({ by, why, orderId })

function whyNot(order: OnAlert, alert: Alert | undefined): Refused {
  if (alert === undefined || alert.tenant !== order.tenant) return 'There is no such alert, or it was resolved too long ago.'
  if (order.expected_version !== 0 && order.expected_version !== alert.version) return `The alert has version ${alert.version} by now, not ${order.expected_version}.`
  const { status, status_by: by } = alert
  if (order.order === 'reopen') return status === 'resolved' ? '' : `The alert is not resolved: it is ${status}.`
  if (order.order === 'note' || order.order === 'resolve') return order.order === 'resolve' && order.duplicate_of === alert.alert_id ? 'An alert is no duplicate of itself.' : ''
  if (status === 'resolved') return 'The alert is resolved: open it again first.'
  if (order.order === 'acknowledge' && status === 'acknowledged') return `The alert is acknowledged already, by ${by}.`
  return order.order === 'start' && status === 'in_progress' ? `The alert is in progress already, by ${by}.` : ''
}

function carryOut(round: Round, group: Group, order: OnAlert): void {
  const { state, now } = round
  const why = whyOf(order)
  if (order.order === 'acknowledge') return takeCare(round, group, 'acknowledged', why)
  if (order.order === 'start') return takeCare(round, group, 'in_progress', why)
  if (order.order === 'reopen') return reopenAndTell(round, group, why)
  if (order.order === 'resolve') {
    const fields = { verdict: order.verdict, duplicate_of: order.verdict === 'duplicate' ? order.duplicate_of : '' }
    return resolve(round, group, { ...why, fields })
  }
  alter(state, group, {}, now)
  say(state, group.alert, { event: 'noted', ...why })
}

function onAlert(round: Round, order: OnAlert): Refused {
  const { state, rules, now } = round
  const open = state.groups.get(order.alert_id)
  const refused = whyNot(order, open?.alert ?? resolvedAlert(state, order.alert_id))
  if (refused !== '') return refused
  // Who asks has not seen what is told just now, and others hear of it all the same.
  if (open !== undefined && open.notifyAt !== 0n && open.notifyAt <= now) {
    review(round, open, holdersNow(round))
    notify(round, open)
  }
  const group = open ?? takeBack(state, order.alert_id)
  if (group === undefined) return 'There is no such alert.'
  carryOut(round, group, order)
  // A note, or another verdict, leaves a resolved alert resolved.
  if (group.alert.status === 'resolved') layAside(state, group, rules)
  return ''
}

function redeliver({ state, now }: Round, order: Extract<AlertOrder, { order: 'redeliver' }>): Refused {
  const { message_id: messageId, receiver, tenant } = order
  const found = sendAgain(state, { messageId, receiver, tenant }, now)
  if (found === undefined) return 'There is no such message that waits or was given up, or it was let go to make room.'
  mention(state, { event: 'redelivered', ...whyOf(order), object: messageId }, { tenant, at: now, alertId: found.alertId })
  return ''
}

function handle(round: Round, order: AlertOrder): Refused {
  if (order.order === 'silence') return setSilence(round, order)
  if (order.order === 'unsilence') return cancelSilence(round, order)
  return order.order === 'redeliver' ? redeliver(round, order) : onAlert(round, order)
}

const objectOf = (order: AlertOrder): string => {
  if (order.order === 'silence') return order.silence.silence_id
  if (order.order === 'unsilence') return order.silence_id
  return order.order === 'redeliver' ? order.message_id : ''
}

function refuse({ state, now }: Round, order: AlertOrder, why: string): void {
  const alertId = 'alert_id' in order ? order.alert_id : ''
  mention(state, { event: 'refused', by: order.by, why, orderId: order.order_id, object: objectOf(order) }, { tenant: order.tenant, at: now, alertId })
}

function isNew({ state }: Round, orderId: string): boolean {
  if (state.orders.has(orderId)) return false
  state.orders.add(orderId)
  const [oldest] = state.orders
  if (state.orders.size > MOST_ORDERS && oldest !== undefined) state.orders.delete(oldest)
  return true
}

const MALFORMED = 'This version of the alerter cannot read the order.'

/** Carries out an order that was not seen before; one that cannot be read is refused. False for one that was seen. */
export function takeOrder(round: Round, record: AlertOrder): boolean {
  if (!isNew(round, String(record.order_id))) return false
  const { success, data: order } = AlertOrder.safeParse(record)
  if (!success) {
    mention(round.state, { event: 'refused', by: String(record.by), why: MALFORMED, orderId: String(record.order_id) }, { tenant: String(record.tenant), at: round.now })
    return true
  }
  const why = handle(round, order)
  if (why !== '') refuse(round, order, why)
  return true
}
