/** One change in the life of an alert (or an order that was refused): who, when, why. Never altered or removed; rows of table `alert_events`. */
import { z } from 'zod'
import { AlertStatus, AlertVerdict } from './alert.ts'

const text = z.string()

const ALERT_EVENTS = [
  'opened', 'told', 'escalated', 'acknowledged', 'started', 'resolved', 'reopened', 'noted', 'silenced', 'unsilenced', 'inhibited', 'held_back', 'redelivered', 'responded', 'refused',
] as const

export const AlertEvent = z.strictObject({
  /** 32 hex digits: hash of what it says, so that a replay says nothing new. */
  event_id: text,
  tenant: text,
  /** '' where it is about no alert (a silence, a message). */
  alert_id: text,
  /** Version of the alert after it. */
  alert_version: z.number().int(),
  /** Nanoseconds. */
  at: z.bigint(),
  event: z.enum(ALERT_EVENTS),
  from_status: AlertStatus.or(z.literal('')),
  to_status: AlertStatus.or(z.literal('')),
  verdict: AlertVerdict,
  /** `watchkeeper` where nobody asked for it. */
  by: text,
  why: text,
  /** The order that it answers; '' where there was none. */
  order_id: text,
  /** Silence, message, other alert or receiver that it is about; '' where none. */
  object: text,
  /** Detectors of the alert at that time: verdicts count for them. */
  detectors: z.array(text).readonly(),
})
export type AlertEvent = Readonly<z.infer<typeof AlertEvent>>
