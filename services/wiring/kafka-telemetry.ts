/** What the Kafka bus tells of itself. */
import { metrics } from '@opentelemetry/api'
import type { KafkaBus, KafkaBusStats } from '../../infra/kafka/kafka-bus.ts'

export function observeKafka(bus: KafkaBus): void {
  const meter = metrics.getMeter('watchkeeper.kafka')
  const gauge = (name: string, description: string, of: (stats: KafkaBusStats) => number) =>
    meter.createObservableGauge(`watchkeeper.kafka.${name}`, { description }).addCallback((result) => result.observe(of(bus.stats())))
  gauge('waiting_bytes', 'Bytes that wait to be durable', (stats) => stats.waitingBytes)
  gauge('in_flight_bytes', 'Bytes fetched and not yet handled', (stats) => stats.inFlightBytes)
  gauge('refused', 'Parts of publishes that were refused or given up since the start', (stats) => stats.refused)
  gauge('producers_replaced', 'Producers given up after a failed send since the start', (stats) => stats.producersReplaced)
  gauge('renewals', 'Connections made anew because nothing came through them since the start', (stats) => stats.renewals)
  gauge('gaps', 'Gaps met while reading since the start', (stats) => stats.gaps)
}
