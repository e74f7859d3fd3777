import { metrics } from '@opentelemetry/api'
import type { Arrival, Counted, CountedPoints } from './contracts.ts'

export interface CollectorTelemetry {
  received(counted: Counted, arrival: Arrival): void
  receivedMetrics(counted: CountedPoints, arrival: Arrival): void
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
    received({ accepted, skipped, rejected }, { transport }) {
      if (accepted > 0) records.add(accepted, { outcome: 'accepted', transport })
      for (const [reason, count] of skipped) records.add(count, { outcome: 'skipped', reason, transport })
      if (rejected.length > 0) records.add(rejected.length, { outcome: 'rejected', transport })
    },
    receivedMetrics({ accepted, skipped }) {
      points.add(accepted, { outcome: 'accepted' })
      points.add(skipped, { outcome: 'skipped' })
    },
  }
}
