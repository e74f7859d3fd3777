import { hash } from 'node:crypto'
import type { Quarantined } from '../../schemas/quarantined.ts'

export interface Refusal extends Pick<Quarantined, 'reason' | 'topic' | 'partition' | 'offset' | 'offset_index' | 'payload' | 'detail' | 'quarantined_at'> {
  readonly tenant?: string
  readonly source?: string
}

/** A record for the quarantine; its id is that of its place, so that a second attempt is the same entry. */
export function quarantined(refusal: Refusal): Quarantined {
  const { topic, partition, offset, offset_index: index, reason } = refusal
  const id = hash('sha256', `archiver\u0000${topic}\u0000${partition}\u0000${offset}\u0000${index}\u0000${reason}`, 'hex').slice(0, 32)
  return { quarantine_id: id, tenant: '', source: '', stage: 'archiver', detector: '', ...refusal }
}
