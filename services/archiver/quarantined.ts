import { hash } from 'node:crypto'
import type { Quarantined } from '../../schemas/quarantined.ts'

export interface Refusal extends Pick<Quarantined, 'reason' | 'topic' | 'partition' | 'offset' | 'payload' | 'detail'> {
  /** Place within the envelope. */
  readonly index: number
}

/** A record for the quarantine; its id is that of its place, so that a second attempt is the same entry. */
export function quarantined({ index, ...rest }: Refusal): Quarantined {
  const id = hash(
    'sha256', `archiver\u0000${rest.topic}\u0000${rest.partition}\u0000${rest.offset}\u0000${index}\u0000${rest.reason}`, 'hex',
  ).slice(0, 32)
  return { quarantine_id: id, tenant: '', stage: 'archiver', quarantined_at: 0n, ...rest }
}
