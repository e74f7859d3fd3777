/** Nothing that belongs to the time before `asOf` is still on its way into the tables. */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure } from '../../schemas/failure.ts'
import type { Clock, PartitionLag } from '../../schemas/ports.ts'

/** What was received before is on the bus by then, and what tells of it (receipts) too. */
export const SETTLE_NS = 60_000_000_000n
const LOOK_MS = 250
const WAIT_MS = 60_000

const placeOf = ({ topic, partition }: PartitionLag): string => `${topic} ${partition}`
const archiverOf = (lags: readonly PartitionLag[]): readonly PartitionLag[] => lags.filter(({ group }) => group === 'archiver')

export interface Settling {
  readonly clock: Clock
  lag(): Promise<readonly PartitionLag[]>
  /** Milliseconds to wait for the archiver; 60 s where not said. */
  readonly waitMs?: number
}

/** Resolves when that is so. Throws Failure `rejected` for a time that is too late, `unavailable` when the archiver does not get there. */
export async function settled(asOf: bigint, { clock, lag, waitMs = WAIT_MS }: Settling, signal: AbortSignal): Promise<void> {
  if (asOf > clock.now() - SETTLE_NS) {
    throw new Failure('rejected', 'report.too_early', 'The as-of time must be a minute ago or more: until then what belongs to it may still be on its way.')
  }
  const ends = archiverOf(await lag()).map((one) => ({ place: placeOf(one), end: one.end }))
  for (let waited = 0; ; waited += LOOK_MS) {
    const committed = new Map(archiverOf(await lag()).map((one) => [placeOf(one), one.committed]))
    const behind = ends.reduce((sum, { place, end }) => sum + Math.max(0, end - Math.max(0, committed.get(place) ?? 0)), 0)
    if (behind === 0) return
    if (waited >= waitMs) throw new Failure('unavailable', 'report.behind', `The archiver is ${behind} envelopes behind: a report now would miss them. Try again when it is through.`, { retryAfterSeconds: 30 })
    await wait(LOOK_MS, undefined, { signal })
  }
}
