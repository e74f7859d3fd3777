/** Job: how far each consumer group is behind, as a metric. One process asks for all of them. */
import { metrics } from '@opentelemetry/api'
import type { Bus, PartitionLag } from '../../schemas/ports.ts'
import type { Job } from './contracts.ts'

export function busLagJob(bus: Pick<Bus, 'lag'>): Job {
  let lags: readonly PartitionLag[] = []
  metrics.getMeter('watchkeeper.scheduler')
    .createObservableGauge('watchkeeper.bus.lag', { description: 'Envelopes that a group has not committed yet' })
    .addCallback((result) => {
      for (const { topic, group, partition, committed, end } of lags) result.observe(Math.max(0, end - committed), { topic, group, partition })
    })
  return {
    name: 'bus-lag',
    schedule: '*/15 * * * * *',
    async run() {
      lags = await bus.lag()
    },
  }
}
