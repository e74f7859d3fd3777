import { metrics } from '@opentelemetry/api'
import type { Verdicts } from './gate.ts'

export interface ArchiverTelemetry {
  archived(verdicts: Verdicts): void
  stored(topic: string, rows: number): void
  refused(topic: string, rows: number): void
}

/** What becomes of each record: the counts add up to what was read from the bus. */
export function archiverTelemetry(): ArchiverTelemetry {
  const records = metrics.getMeter('watchkeeper.archiver').createCounter('watchkeeper.archiver.records', { description: 'Records by what became of them' })
  const count = (topic: string, outcome: string, value: number) => value > 0 && records.add(value, { topic, outcome })
  return {
    archived({ rows, duplicates, conflicts, unreadable }) {
      count('events', 'stored', rows.length - conflicts.length)
      count('events', 'duplicate', duplicates)
      count('events', 'conflict', conflicts.length)
      count('events', 'quarantined', unreadable.length)
    },
    stored: (topic, rows) => count(topic, 'stored', rows),
    refused: (topic, rows) => count(topic, 'quarantined', rows),
  }
}
