/** Changes in the life of an alert: each is a new version of it, and one event that says who did what, and why. */
import { hash } from 'node:crypto'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { Alert, AlertStatus } from '../../schemas/alert.ts'
import type { AlerterState, Group } from './state.ts'

/** Who does what nobody asked for. */
export const OURSELVES = 'watchkeeper'

export interface Deed {
  readonly event: AlertEvent['event']
  readonly by?: string
  readonly why?: string
  readonly orderId?: string
  /** Silence, message, other alert or receiver that it is about. */
  readonly object?: string
}

type About = Pick<AlertEvent, 'tenant' | 'alert_id' | 'alert_version' | 'at' | 'from_status' | 'to_status' | 'verdict' | 'detectors'>

/** 32 hex digits: of what happened, not of when, so that a replay says nothing new. */
const eventId = (event: Omit<AlertEvent, 'event_id' | 'at'>): string =>
  hash('sha256', JSON.stringify([event.tenant, event.alert_id, event.alert_version, event.event, event.by, event.why, event.order_id, event.object]), 'hex').slice(0, 32)

function eventOf({ at, ...about }: About, { event, by = OURSELVES, why = '', orderId: order_id = '', object = '' }: Deed): AlertEvent {
  const said = { ...about, event, by, why, order_id, object }
  return { ...said, at, event_id: eventId(said) }
}

/** An event about no alert: a silence, a message, a refusal. */
export function mention(state: AlerterState, deed: Deed, about: { readonly tenant: string; readonly at: bigint; readonly alertId?: string; readonly detectors?: readonly string[] }): void {
  state.events.push(eventOf({
    tenant: about.tenant, alert_id: about.alertId ?? '', alert_version: 0, at: about.at, from_status: '', to_status: '', verdict: '', detectors: about.detectors ?? [],
  }, deed))
}

/** An event about an alert as it is now; `from`: its status before. */
export function say(state: AlerterState, alert: Alert, deed: Deed, from: AlertStatus | '' = alert.status): void {
  const { tenant, alert_id, version: alert_version, updated_at: at, status: to_status, verdict, detectors } = alert
  state.events.push(eventOf({ tenant, alert_id, alert_version, at, from_status: from, to_status, verdict, detectors }, deed))
}

/** The next version of a group's alert, that goes to the bus as soon as it is saved. */
export function alter(state: AlerterState, group: Group, fields: Partial<Alert>, now: bigint): void {
  group.alert = { ...group.alert, ...fields, version: group.alert.version + 1, updated_at: now }
  group.unpublished = true
  group.patient = false
  state.touched.add(group.alert.alert_id)
}

/** A new version that says another status, and the event. */
export function become(state: AlerterState, group: Group, status: AlertStatus, deed: Deed & { readonly at: bigint; readonly fields?: Partial<Alert> }): void {
  const from = group.alert.status
  alter(state, group, { status, status_by: deed.by ?? OURSELVES, status_why: deed.why ?? '', status_at: deed.at, ...deed.fields }, deed.at)
  say(state, group.alert, deed, from)
}
