/** What the alerter tells of itself: how much waits, which receivers are down, how attempts end. */
import { metrics, type ObservableResult } from '@opentelemetry/api'
import type { Delivery } from '../../schemas/alert.ts'

/** Of one partition, now. */
export interface Standing {
  readonly open: number
  readonly dead: number
  /** Messages on their way, by receiver; 0 of those that are there and wait for nothing. */
  readonly waiting: ReadonlyMap<string, number>
  readonly down: ReadonlySet<string>
}

export interface AlerterTelemetry {
  attempted(receiver: string, outcome: Delivery['outcome'], seconds: number): void
  close(): void
}

/** An attempt ends after fifteen seconds at the latest. */
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]

const total = (standings: readonly Standing[], of: (one: Standing) => number): number => standings.reduce((all, one) => all + of(one), 0)

/** `standings`: of the partitions that this process has. */
export function alerterTelemetry(standings: () => readonly Standing[]): AlerterTelemetry {
  const meter = metrics.getMeter('watchkeeper.alerter')
  const attempts = meter.createHistogram('watchkeeper.alerter.attempt', { description: 'Attempts to tell a receiver, by how they ended', unit: 's', advice: { explicitBucketBoundaries: SECONDS } })
  const byReceiver = (of: (one: Standing, receiver: string) => number) => (result: ObservableResult): void => {
    const all = standings()
    for (const receiver of new Set(all.flatMap(({ waiting }) => [...waiting.keys()]))) result.observe(total(all, (one) => of(one, receiver)), { receiver })
  }
  const gauges = [
    ['open', 'Alerts that are not resolved', (result: ObservableResult) => result.observe(total(standings(), ({ open }) => open))],
    ['dead_letters', 'Messages that were given up and can be sent again', (result: ObservableResult) => result.observe(total(standings(), ({ dead }) => dead))],
    ['waiting', 'Messages on their way', byReceiver(({ waiting }, receiver) => waiting.get(receiver) ?? 0)],
    ['receiver_down', 'Partitions whose messages the receiver does not take', byReceiver(({ down }, receiver) => Number(down.has(receiver)))],
  ] as const
  const made = gauges.map(([name, description, observe]) => {
    const gauge = meter.createObservableGauge(`watchkeeper.alerter.${name}`, { description })
    gauge.addCallback(observe)
    return () => gauge.removeCallback(observe)
  })
  return {
    attempted: (receiver, outcome, seconds) => attempts.record(seconds, { receiver, outcome }),
    close: () => made.forEach((remove) => remove()),
  }
}
