/** decode → normalise → redact → encode → publish. What resolves here is durable; only then may an exporter be told 200. */
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Keyed, Publisher } from '../../schemas/ports.ts'
import { eventKey } from '../../schemas/record-key.ts'
import { refusedOf } from '../../schemas/refused-records.ts'
import { EventRecord, events, metrics } from '../../schemas/topics.ts'
import type { Arrival, Counted, Normalised, Normaliser, Redactor, SourceCount } from './contracts.ts'
import type { Ingest, IngestResult } from './ingest-port.ts'
import { countRefused, countRefusedPoints } from './refused.ts'
import type { CollectorTelemetry } from './telemetry.ts'

export interface PipelinePorts {
  readonly bus: Publisher
  readonly normaliser: Normaliser
  readonly redactor: Redactor
  readonly telemetry: CollectorTelemetry
}

const REASONS_SHOWN = 3

function answer({ accepted, skipped, rejected }: Counted): IngestResult {
  if (rejected.length === 0) return { accepted, own: accepted === 0 && skipped.size === 1 && skipped.has('own_telemetry'), rejected: 0, message: '' }
  const reasons = [...new Set(rejected.map(({ what, why }) => `${what}: ${why}`))]
  const more = reasons.length > REASONS_SHOWN ? `; and ${reasons.length - REASONS_SHOWN} more` : ''
  return { accepted, own: false, rejected: rejected.length, message: reasons.slice(0, REASONS_SHOWN).join('; ') + more }
}

export function createPipeline({ bus, normaliser, redactor, telemetry }: PipelinePorts): Ingest {
  function recordsOf(kept: readonly AuditEventFields[]): Keyed<EventRecord>[] {
    for (const event of kept) redactor.redact(event)
    return EventRecord.together(kept).map((record, i) => ({ key: eventKey(kept[i]!), record }))
  }

  /** Not async: while the log syncs, nothing here shall hold the events, or all of them would outlive the young generation. */
  function take({ events: kept, counted }: Normalised, arrival: Arrival): Promise<IngestResult> {
    return told(kept.length > 0 ? bus.publish(events, recordsOf(kept)) : undefined, counted, arrival)
  }

  /** Sources are counted under the names that their events have. */
  const named = (bySource: readonly SourceCount[], tenant: string): readonly SourceCount[] =>
    bySource.map((count) => {
      const source = redactor.text(tenant, count.source)
      return source === count.source ? count : { ...count, source }
    })

  async function told(published: Promise<void> | undefined, sent: Counted, arrival: Arrival): Promise<IngestResult> {
    const counted = { ...sent, bySource: named(sent.bySource, arrival.tenant) }
    const refusal = await refusedOf(published)
    const all = refusal === undefined ? counted : await countRefused(counted, refusal, bus)
    telemetry.received(all, arrival)
    const result = answer(all)
    return result.message === '' ? result : { ...result, message: redactor.text(arrival.tenant, result.message) }
  }

  return {
    traces: (traces, arrival) => take(normaliser.traces(traces, arrival), arrival),
    logs: (logs, arrival) => take(normaliser.logs(logs, arrival), arrival),
    async metrics(sent, arrival) {
      const { points, counted: all } = normaliser.metrics(sent, arrival)
      const counted = { ...all, bySource: named(all.bySource, arrival.tenant) }
      const clean = points.map((point) => redactor.point(point))
      const refusal = await refusedOf(clean.length > 0 ? bus.publish(metrics, clean.map((point) => ({ key: point.point_id, record: point }))) : undefined)
      telemetry.receivedMetrics(refusal === undefined ? counted : countRefusedPoints(counted, refusal), arrival)
      const rejected = refusal?.records.length ?? 0
      return { accepted: points.length - rejected, own: false, rejected, message: refusal?.message ?? '' }
    },
  }
}
