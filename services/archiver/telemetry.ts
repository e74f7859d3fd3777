import { metrics } from '@opentelemetry/api'
import type { Envelope } from '../../schemas/ports.ts'
import type { Prepared, Verdicts } from './gate.ts'

const BOUNDS_MS = [10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_250, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000]

export interface ArchiverTelemetry {
  /** `refused`: how many of the verdicts' rows the store did not take. */
  archived(verdicts: Verdicts, refused: number): void
  /** How long after the collector received them the events of an envelope became rows. */
  storedAfter(envelopes: readonly Envelope<Prepared>[]): void
  stored(topic: string, rows: number): void
  refused(topic: string, rows: number): void
}

/** What becomes of each record: the counts add up to what was read from the bus. */
export function archiverTelemetry(): ArchiverTelemetry {
  const meter = metrics.getMeter('watchkeeper.archiver')
  const after = meter.createHistogram('watchkeeper.archiver.stored_after', {
    description: 'From the receipt of a request to its rows, one value an envelope', unit: 'ms', advice: { explicitBucketBoundaries: BOUNDS_MS },
  })
  const records = meter.createCounter('watchkeeper.archiver.records', { description: 'Records by what became of them' })
  const count = (topic: string, outcome: string, value: number) => value > 0 && records.add(value, { topic, outcome })
  return {
    archived({ rows, duplicates, conflicts, unreadable }, refused) {
      count('events', 'stored', rows.length - conflicts.length - refused)
      count('events', 'duplicate', duplicates.length)
      count('events', 'conflict', conflicts.length)
      count('events', 'quarantined', unreadable.length + refused)
    },
    storedAfter(envelopes) {
      const now = Date.now()
      for (const { records: [first] } of envelopes) {
        if (first !== undefined && 'head' in first) after.record(now - Number(first.head.received_at / 1_000_000n))
      }
    },
    stored: (topic, rows) => count(topic, 'stored', rows),
    refused: (topic, rows) => count(topic, 'quarantined', rows),
  }
}
