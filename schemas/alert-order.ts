/**
 * What somebody asks of the alerter: a change of an alert's life, a silence, a message once more. Travels on topic `findings`, between the findings of
 * its tenant, so that whoever has the tenant's alerts takes both in one order. What became of it is an AlertEvent with the same `order_id`.
 */
import { z } from 'zod'
import { AlertVerdict } from './alert.ts'
import { Silence } from './silence.ts'

const text = z.string()
const id = z.string().regex(/^[0-9a-f]{32}$/)
const why = text.max(2_000)

const ordered = {
  /** Tells orders from findings. */
  order_id: id,
  tenant: text,
  /** Who asks: the name of the token, or of the person behind it. */
  by: text.min(1).max(256),
  /** Nanoseconds, clock of the process that took the order. */
  at: z.bigint(),
}
const onAlert = {
  ...ordered,
  alert_id: id,
  /** Refused where the alert has another version by then; 0 = whatever it has. */
  expected_version: z.number().int().min(0),
  why,
}

export const AlertOrder = z.discriminatedUnion('order', [
  z.strictObject({ order: z.literal('acknowledge'), ...onAlert }),
  z.strictObject({ order: z.literal('start'), ...onAlert }),
  /** A reason in writing is needed. */
  z.strictObject({ order: z.literal('resolve'), ...onAlert, why: why.min(1), verdict: AlertVerdict.exclude(['']), duplicate_of: id.or(z.literal('')) }),
  z.strictObject({ order: z.literal('reopen'), ...onAlert, why: why.min(1) }),
  z.strictObject({ order: z.literal('note'), ...onAlert, why: why.min(1) }),
  /** New, or another version of one with the same id. */
  z.strictObject({ order: z.literal('silence'), ...ordered, silence: Silence }),
  z.strictObject({ order: z.literal('unsilence'), ...ordered, silence_id: id, why: why.min(1) }),
  /** A message that was given up goes out again, with its id and its body. */
  z.strictObject({ order: z.literal('redeliver'), ...ordered, message_id: text.min(1).max(128), receiver: text.min(1).max(64), why }),
])
export type AlertOrder = Readonly<z.infer<typeof AlertOrder>>

/** Of what stands on topic `findings`. */
export const isOrder = (record: object): record is AlertOrder => 'order_id' in record
