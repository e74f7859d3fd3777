/** The worker's named events as OpenTelemetry metrics and log lines. Fields only, never a record's content. */
import { metrics } from '@opentelemetry/api'
import type { Log } from '../../schemas/ports.ts'
import type { WarmUpProgress, WorkerTelemetry } from './contracts.ts'

const BOUNDS_MS = [5, 10, 20, 30, 40, 50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 750, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000]

const WARM_UP: Readonly<Record<WarmUpProgress['stage'], string>> = {
  begun: 'detectors learn from archived interactions before they go on', reading: 'detectors are learning from archived interactions',
  done: 'detectors have learned from archived interactions', failed: 'archived interactions could not be read: detectors start from nothing',
}

export function workerTelemetry(log: Log): WorkerTelemetry {
  const meter = metrics.getMeter('watchkeeper.worker')
  const counter = (name: string, description: string) => meter.createCounter(`watchkeeper.worker.${name}`, { description })
  const records = counter('records', 'Records judged, by topic')
  const said = counter('findings', 'Findings by detector, severity and whether this version was new')
  const evicted = counter('evicted_keys', 'States dropped because a detector held too many')
  const failures = counter('detector_failures', 'Records that a detector failed on: quarantined')
  const reset = counter('reset_states', 'States dropped by order of an administrator')
  const undecodable = counter('undecodable', 'Records that are no audit event: quarantined')
  const after = meter.createHistogram('watchkeeper.worker.found_after', {
    description: 'From the receipt of the record to the finding on the bus', unit: 'ms', advice: { explicitBucketBoundaries: BOUNDS_MS },
  })
  const keys = meter.createGauge('watchkeeper.worker.keys', { description: 'States held at the last snapshot' })
  const snapshotBytes = meter.createGauge('watchkeeper.worker.snapshot_bytes', { description: 'Size of the last snapshot', unit: 'By' })
  return {
    recordsRead: (topic, count) => records.add(count, { topic }),
    findingPublished({ detector, severity, version, created_at: createdAt }) {
      said.add(1, { detector, severity, outcome: 'published' })
      after.record(Date.now() - Number(createdAt / 1_000_000n), { detector, from: version === 1 ? 'observation' : 'interaction' })
    },
    findingRepeated: (detector) => said.add(1, { detector, outcome: 'repeated' }),
    keyEvicted: (detector) => evicted.add(1, { detector }),
    keysHeld: (detector, partition, count) => keys.record(count, { detector, partition }),
    detectorFailed(detector, place, error) {
      failures.add(1, { detector })
      log.error({ detector, ...place, error }, 'a detector failed on a record: quarantined, the others went on')
    },
    recordUndecodable(place) {
      undecodable.add(1)
      log.warn({ ...place }, 'a record is no audit event: quarantined')
    },
    snapshotSaved(partition, count, bytes) {
      snapshotBytes.record(bytes, { partition })
      log.debug({ partition, keys: count, bytes }, 'detector state saved')
    },
    snapshotIgnored: (partition, detector) => log.warn({ partition, detector }, 'saved detector state has another shape: starting from nothing'),
    warmedUp: ({ stage, ...progress }) => log[stage === 'failed' ? 'error' : stage === 'reading' ? 'debug' : 'info']({ ...progress, reached: new Date(Number(progress.reached / 1_000_000n)).toISOString() }, WARM_UP[stage]),
    statesReset(detector, count) {
      reset.add(count, { detector })
      log.info({ detector, states: count }, 'baselines were reset')
    },
    gapSeen: (gap) => log.warn({ ...gap }, 'records of a partition cannot be read any more: detectors have not seen them'),
    subscriptionFailed: (topic, error) => log.error({ topic, err: error }, 'worker stopped reading'),
  }
}
