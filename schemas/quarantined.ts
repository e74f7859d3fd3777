/** Quarantined record: it reached us and could not be used; kept with its cause, so that nothing leaves in silence. */
import { z } from 'zod'

export const QUARANTINE_REASONS = ['undecodable_record', 'damaged_group', 'missing_group', 'redaction_failed', 'defect', 'refused_row', 'lookup_failed'] as const

export const Quarantined = z.strictObject({
  /** 32 hex digits: hash of stage, reason and payload. */
  quarantine_id: z.string(),
  tenant: z.string(),
  /** Service that gave up on it. */
  stage: z.string(),
  reason: z.enum(QUARANTINE_REASONS),
  /** One sentence: which field, what shape, what to do. Never a value. */
  detail: z.string(),
  topic: z.string(),
  partition: z.number().int(),
  offset: z.number().int(),
  /** The record as base64 where it may be kept (after redaction); '' where it may not. */
  payload: z.string(),
  quarantined_at: z.bigint(),
})
export type Quarantined = Readonly<z.infer<typeof Quarantined>>
