import { metrics } from '@opentelemetry/api'
import type { Log } from '../../schemas/ports.ts'
import type { CheckpointRow } from '../../schemas/checkpoint.ts'
import type { Anchor, Anchorable } from './contracts.ts'

export interface NotaryTelemetry {
  /** `leaves`: how many were signed for the first time. */
  signed(rows: readonly CheckpointRow[], leaves: number): void
  broken(partition: number, error: Error): void
  anchored(anchor: Anchor, checkpoint: Anchorable): void
  anchorFailed(anchor: Anchor, failures: number, why: string): void
}

export function notaryTelemetry(log: Log): NotaryTelemetry {
  const meter = metrics.getMeter('watchkeeper.notary')
  const signedLeaves = meter.createCounter('watchkeeper.notary.leaves', { description: 'Leaves that a checkpoint covers' })
  const checkpoints = meter.createCounter('watchkeeper.notary.checkpoints', { description: 'Checkpoints signed' })
  const signedAt = meter.createGauge('watchkeeper.notary.signed_at', { description: 'When the last checkpoint was signed', unit: 's' })
  const brokenLogs = meter.createCounter('watchkeeper.notary.broken', { description: 'Looks at a log that does not go on from its last checkpoint' })
  const attempts = meter.createCounter('watchkeeper.notary.anchors', { description: 'Attempts to put a checkpoint outside, by anchor and outcome' })
  const anchoredAt = meter.createGauge('watchkeeper.notary.anchored_at', { description: 'When an anchor took a checkpoint last', unit: 's' })
  const failing = meter.createGauge('watchkeeper.notary.anchor_failures', { description: 'Failures of an anchor since it last took a checkpoint' })
  return {
    signed(rows, leaves) {
      signedLeaves.add(leaves)
      checkpoints.add(rows.length)
      signedAt.record(Number((rows[0]?.made_at ?? 0n) / 1_000_000_000n))
      log.debug({ checkpoints: rows.length, leaves }, 'checkpoints signed')
    },
    broken(partition, error) {
      brokenLogs.add(1, { partition })
      log.error({ partition, why: error.message }, 'leaves do not go on from what was signed: run watchkeeper verify')
    },
    anchored({ name, kind }, { size }) {
      attempts.add(1, { anchor: name, kind, outcome: 'done' })
      anchoredAt.record(Math.floor(Date.now() / 1000), { anchor: name })
      failing.record(0, { anchor: name })
      log.debug({ anchor: name, size }, 'checkpoint anchored')
    },
    anchorFailed({ name, kind }, failures, why) {
      attempts.add(1, { anchor: name, kind, outcome: 'failed' })
      failing.record(failures, { anchor: name })
      log.warn({ anchor: name, failures, why }, 'an anchor did not take the checkpoint; it is tried again')
    },
  }
}
