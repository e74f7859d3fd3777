/** Raises findings where a look says worse of a source than the one before. */
import { hash } from 'node:crypto'
import { missingTelemetryFinding } from '../../detectors/missing-telemetry/finding.ts'
import type { CoverageRow } from '../../schemas/coverage.ts'
import type { PartitionLag } from '../../schemas/ports.ts'
import { events, findings } from '../../schemas/topics.ts'
import type { CoveragePorts } from './contracts.ts'
import { type Lost, lossesOf, remembered, type States, statesOf } from './losses.ts'
import { readElsewhere, readTold } from './told.ts'

const WEEK_NS = 7n * 86_400_000_000_000n
/** Findings of one look: a whole fleet that stops is told by its first. */
const MOST_FINDINGS = 50

type Ends = ReadonlyMap<number, number>
const archiversOf = (lags: readonly PartitionLag[]): readonly PartitionLag[] => lags.filter(({ group, topic }) => group === 'archiver' && topic === events.name)

/** Whether the archiver has come to where the log ended at the look before. */
const isPast = (lags: readonly PartitionLag[], ends: Ends | undefined): boolean =>
  ends !== undefined && lags.length > 0 && lags.every(({ partition, committed }) => committed >= (ends.get(partition) ?? 0))

const idOf = ({ state: { tenant, source, emitter }, episode }: Lost): string =>
  hash('sha256', JSON.stringify(['missing-telemetry', tenant, source, emitter, episode]), 'hex').slice(0, 32)

export interface Witness {
  /** `now`: of the look, nanoseconds. Throws what bus and store throw; the same is then told by the next look. */
  tell(rows: readonly CoverageRow[], now: bigint): Promise<void>
}

export function createWitness({ bus, store, log, marked }: CoveragePorts): Witness {
  let before: States | undefined
  let ends: Ends | undefined

  async function raise(lost: Lost, now: bigint): Promise<void> {
    const { state, loss } = lost
    const whole = loss.kind === 'silent' ? { ...loss, elsewhere: await readElsewhere(store, state, now) } : loss
    const finding = marked(missingTelemetryFinding(state, whole, { id: idOf(lost), now }))
    log.warn({ tenant: finding.tenant, source: state.source, kind: loss.kind }, 'a source tells less than before: see findings of missing-telemetry')
    await bus.publish(findings, [{ key: finding.tenant, record: finding }])
  }

  return {
    async tell(rows, now) {
      const lags = archiversOf(await bus.lag())
      const archived = isPast(lags, ends)
      before ??= await readTold(store, now - WEEK_NS)
      const states = statesOf(rows)
      for (const lost of lossesOf(before, states, archived).slice(0, MOST_FINDINGS)) await raise(lost, now)
      before = remembered(before, states, archived)
      ends = new Map(lags.map(({ partition, end }) => [partition, end]))
    },
  }
}
