/** Batches of events that are the same whenever they are made, each over six month partitions: what a killed inserter must repeat. */
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import type { StoredEvent } from '../../schemas/ports.ts'

export const BATCH_ROWS = 600
const MONTH = 31n * 86_400_000_000_000n

export function batchOf(number: number): { readonly events: StoredEvent[]; readonly token: string } {
  const events = Array.from({ length: BATCH_ROWS }, (_, i) => {
    const event_id = `${number}x${i}`.padStart(32, '0')
    const canonical = encodeCanonical({ ...exampleAuditEvent, event_id, started_at: exampleAuditEvent.started_at + BigInt(i % 6) * MONTH })
    return {
      bytes: canonical.bytes, partition: 0, offset: number, offsetIndex: i, hashes: writeHashes(canonical), hashesAt: 0,
    }
  })
  return { events, token: `events:0:${number}` }
}
