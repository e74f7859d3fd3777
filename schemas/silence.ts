/** Silence: what nobody wants to be told of until a certain time. Alerts are made and kept all the same. */
import { z } from 'zod'

export const SILENCE_FIELDS = ['alert_id', 'detector', 'family', 'severity', 'actor', 'principal', 'client', 'server', 'tool', 'conversation', 'group_key'] as const

export const SilenceMatcher = z.strictObject({
  field: z.enum(SILENCE_FIELDS),
  /** Exactly this text; `is_not`: anything but it. Of lists (detector, family) every entry must be: what another detector says of the alert, too, is told. */
  operator: z.enum(['is', 'is_not']),
  value: z.string().min(1).max(512),
})
export type SilenceMatcher = Readonly<z.infer<typeof SilenceMatcher>>

/** All matchers must fit. A silence without an end, an owner or a reason does not exist. */
export const Silence = z.strictObject({
  silence_id: z.string().regex(/^[0-9a-f]{32}$/),
  tenant: z.string(),
  matchers: z.array(SilenceMatcher).min(1).max(16).readonly(),
  owner: z.string().min(1).max(256),
  reason: z.string().min(1).max(2_000),
  /** Nanoseconds; the end is behind the start. */
  starts_at: z.bigint(),
  ends_at: z.bigint(),
})
export type Silence = Readonly<z.infer<typeof Silence>>

/** A row of table `silences`: newest version counts. */
export const SilenceRow = Silence.extend({
  version: z.number().int().min(1),
  /** Last changed: when and by whom. */
  updated_at: z.bigint(),
  updated_by: z.string(),
})
export type SilenceRow = Readonly<z.infer<typeof SilenceRow>>
