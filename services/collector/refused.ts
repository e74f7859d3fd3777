/** Events that the bus can never take (larger than its topic allows): rejected to their sender, and in quarantine without their bytes, which fit nowhere. */
import { hash } from 'node:crypto'
import { contentHash } from '../../schemas/canonical.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { MetricPoint } from '../../schemas/metric-point.ts'
import type { Keyed, Publisher } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import type { RefusedRecords } from '../../schemas/refused-records.ts'
import { EventRecord, quarantine } from '../../schemas/topics.ts'
import type { Counted, CountedPoints, SourceCount } from './contracts.ts'

/** `counted`, with refused events among the rejected. Resolves when the quarantine has them. Throws Failure `unavailable` where it cannot. */
export async function countRefused(counted: Counted, refusal: RefusedRecords, bus: Publisher): Promise<Counted> {
  const heads = new Map<EventRecord, EventHead>()
  for (const record of refusal.records) if (record instanceof EventRecord && record.head !== undefined) heads.set(record, record.head)
  await bus.publish(quarantine, [...heads].map(([record, head]) => asQuarantined(record.bytes ?? Buffer.alloc(0), head, refusal)))
  const bySource = withRejected(counted.bySource, [...heads.values()])
  const rejected = [...counted.rejected, ...[...heads.values()].map(({ signal }) => ({ what: signal, why: refusal.message }))]
  return { ...counted, accepted: counted.accepted - heads.size, rejected, bySource }
}

/** The same of metric points, which the table never has: they are rejected and that is all. */
export function countRefusedPoints(counted: CountedPoints, { records }: RefusedRecords): CountedPoints {
  const bySource = withRejected(counted.bySource, records as readonly MetricPoint[])
  return { ...counted, accepted: counted.accepted - records.length, bySource }
}

function withRejected(counts: readonly SourceCount[], refused: Iterable<{ readonly source: string }>): readonly SourceCount[] {
  const bySource = counts.map((count) => ({ ...count }))
  for (const { source } of refused) {
    const count = bySource.find((one) => one.source === source && one.accepted > 0)
    if (count === undefined) continue
    count.accepted--
    count.rejected++
  }
  return bySource
}

/** The same event sent again is the same entry, though its salt is another: its identity and size are its name. */
function asQuarantined(bytes: Buffer, head: EventHead, refusal: RefusedRecords): Keyed<Quarantined> {
  const content = contentHash({ bytes, split: head.split })
  const id = hash('sha256', `collector\u0000refused_row\u0000${head.event_id}\u0000${bytes.length}`, 'hex').slice(0, 32)
  const record: Quarantined = {
    quarantine_id: id, tenant: head.tenant, source: head.source, stage: 'collector', reason: 'refused_row', detector: '',
    detail: `event ${head.event_id} with content hash ${content}: ${refusal.message}`,
    topic: 'events', partition: -1, offset: -1, offset_index: -1, payload: '', quarantined_at: head.received_at,
  }
  return { key: id, record }
}
