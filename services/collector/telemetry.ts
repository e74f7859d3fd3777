import { metrics } from '@opentelemetry/api'
import type { Arrival, Normalised } from './contracts.ts'

export interface CollectorTelemetry {
  received(normalised: Normalised, arrival: Arrival): void
  receivedMetrics(points: number, skipped: number): void
}

/** Every record that was sent is counted once, under what became of it. */
export function collectorTelemetry(): CollectorTelemetry {
  const records = metrics.getMeter('watchkeeper.collector').createCounter(
    'watchkeeper.collector.records', { description: 'Spans and log records received, by what became of them' },
  )
  const points = metrics.getMeter('watchkeeper.collector').createCounter(
    'watchkeeper.collector.metric_points', { description: 'Metric points received, by what became of them' },
  )
  return {
    received({ events, skipped, rejected }, { transport }) {
      if (events.length > 0) records.add(events.length, { outcome: 'accepted', transport })
      for (const [reason, count] of skipped) records.add(count, { outcome: 'skipped', reason, transport })
      if (rejected.length > 0) records.add(rejected.length, { outcome: 'rejected', transport })
    },
    receivedMetrics(accepted, skipped) {
      points.add(accepted, { outcome: 'accepted' })
      points.add(skipped, { outcome: 'skipped' })
    },
  }
}
