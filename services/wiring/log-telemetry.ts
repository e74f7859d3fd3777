/** What the embedded log tells of itself: size, refusals, damage. */
import { metrics } from '@opentelemetry/api'
import type { EmbeddedLog, EmbeddedLogStats } from '../../infra/embedded-log/embedded-log.ts'
import type { Log } from '../../schemas/ports.ts'

const lost = ({ damage }: EmbeddedLogStats): number => Object.values(damage.envelopes).reduce((sum, count) => sum + count, 0)

export function observeLog(bus: EmbeddedLog, log: Log): void {
  const meter = metrics.getMeter('watchkeeper.log')
  const gauge = (name: string, description: string, of: (stats: EmbeddedLogStats) => number) =>
    meter.createObservableGauge(`watchkeeper.log.${name}`, { description }).addCallback((result) => result.observe(of(bus.stats())))
  gauge('stored_bytes', 'Bytes stored, all topics', (stats) => stats.storedBytes)
  gauge('waiting_bytes', 'Bytes that wait for the disk', (stats) => stats.waitingBytes)
  gauge('refused', 'Publishes that were refused since the start', (stats) => stats.refused)
  gauge('lost_envelopes', 'Envelopes that cannot be read any more', lost)
  const { damage } = bus.stats()
  if (damage.rebuilt !== undefined || lost(bus.stats()) > 0) log.error({ damage }, 'the log is damaged: what could be read was kept')
}
