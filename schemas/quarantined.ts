/** Quarantined record: it reached us and could not be used; kept with its cause, so that nothing leaves in silence. */
import { z } from 'zod'

export const QUARANTINE_REASONS = ['undecodable_record', 'damaged_group', 'missing_group', 'redaction_failed', 'defect', 'refused_row', 'lookup_failed'] as const

export const Quarantined = z.strictObject({
  /** 32 hex digits: hash of stage, reason and payload. */
  quarantine_id: z.string(),
  tenant: z.string(),
  /** Name of the sending software where the record says it, else ''. */
  source: z.string(),
  /** Service that gave up on it. */
  stage: z.string(),
  reason: z.enum(QUARANTINE_REASONS),
  /** Detector that failed on it; '' where it was none. */
  detector: z.string(),
  /** One sentence: which field, what shape, what to do. Never a value. */
  detail: z.string(),
  topic: z.string(),
  partition: z.number().int(),
  offset: z.number().int(),
  /** Place within the envelope; -1 where it is the whole envelope or not known. */
  offset_index: z.number().int(),
  /** The record as base64 where it may be kept (after redaction); '' where it may not. */
  payload: z.string(),
  /** Record time near it, nanoseconds. */
  quarantined_at: z.bigint(),
})
export type Quarantined = Readonly<z.infer<typeof Quarantined>>

/** What an envelope of an older version leaves out. */
export const QUARANTINED_DEFAULTS = { source: '', detector: '', offset_index: -1 } as const

const QUARANTINE_ACTIONS = ['replay', 'discard', 'return'] as const

/**
 * What somebody decided on a quarantined record, or what became of that. Never changed or removed: the state of a record is its action with the
 * highest `step`. `return` = the replay failed for the same reason again, so that it waits as before.
 */
export const QuarantineAction = z.strictObject({
  quarantine_id: z.string(),
  tenant: z.string(),
  /** 1 for the first action on this record: two that are asked for at once are one. */
  step: z.number().int().min(1),
  action: z.enum(QUARANTINE_ACTIONS),
  /** Who asked, as they say themselves behind the API's token. */
  by: z.string(),
  why: z.string(),
  /** Nanoseconds, clock of the process that took the action. */
  acted_at: z.bigint(),
})
export type QuarantineAction = Readonly<z.infer<typeof QuarantineAction>>

/** A quarantined record on its way back to the stage that gave up on it; `step` is that of the action that sent it. */
export interface Replay {
  readonly record: Quarantined
  readonly step: number
}

/** Why a record is not sent back; '' when it can be. Where the bytes were never had, nothing can be put back. */
export function notReplayable({ payload, reason, stage }: Pick<Quarantined, 'payload' | 'reason' | 'stage'>): string {
  if (payload === '') return 'its bytes were not kept, or never arrived'
  if (reason === 'undecodable_record' || (reason === 'refused_row' && stage === 'archiver') || (reason === 'defect' && stage === 'worker')) return ''
  return `no stage takes back what was put aside as ${reason} by ${stage}`
}
