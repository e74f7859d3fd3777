/** Stage 2 on a bus of several partitions: topic `correlations` → the next home, or topic `interactions`. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Envelope, Subscription } from '../../../schemas/ports.ts'
import type { Relay } from '../../../schemas/relay.ts'
import { correlations } from '../../../schemas/topics.ts'
import { traced } from '../../../schemas/traced.ts'
import { type AssemblerConfig, type AssemblerPorts, GATHER_MS } from '../contracts.ts'
import type { Identify } from '../identities.ts'
import { Outbox } from '../outbox.ts'
import type { AssemblerTelemetry } from '../telemetry.ts'
import type { Tokens } from '../tokens.ts'
import { byteKeeper } from './keeper.ts'
import { emptyRelated, relate, type RelatedState, settleRelated } from './relate.ts'
import { decodeRelated, encodeRelated, RELATED_VERSION, relatedSnapshotOf, type RelatedSnapshot } from './snapshot.ts'

/** One partition that this instance holds. */
interface Holding {
  readonly state: RelatedState
  readonly outbox: Outbox
  next: number
  /** Until `next` has come to the snapshot's: what comes out was said before. */
  replay: RelatedSnapshot | undefined
  savedAt: bigint
}

export interface FollowParts {
  readonly config: AssemblerConfig
  readonly ports: AssemblerPorts
  readonly telemetry: AssemblerTelemetry
  readonly identify: Identify
  readonly tokens: Tokens | undefined
  failed(error: unknown): void
}

const snapshotName = (partition: number): string => `assembler-correlations-${partition}`

/** Folds one envelope; `said`: whether it was folded before, so that nothing that comes out is news. */
function foldRelays(holding: Pick<Holding, 'state' | 'outbox'>, { offset, records }: Pick<Envelope<Relay>, 'offset' | 'records'>, { config, tokens, said }: {
  readonly config: Pick<AssemblerConfig, 'limits'>; readonly tokens: Tokens | undefined; readonly said: boolean
}): void {
  const { state, outbox } = holding
  const sink = said ? { interactions: [], relays: [] } : outbox
  const options = { offset, limits: config.limits, sink, keeper: byteKeeper, tokens }
  const before = state.now
  for (const relay of records) relate(state, relay, options)
  if (state.now > before) settleRelated(state, state.now, options)
}

/** Subscribes group `assembler-correlations`. */
export async function followCorrelations({ config, ports: { bus, snapshots, log }, telemetry, identify, tokens, failed }: FollowParts): Promise<Subscription> {
  const holdings = new Map<number, Holding>()
  telemetry.watchRelated(() => [...holdings.values()].map(({ state }) => state))
  const tracer = trace.getTracer('watchkeeper.assembler')
  let subscription: Subscription | undefined

  async function save(partition: number, holding: Holding): Promise<void> {
    if (holding.replay !== undefined) return
    const state = encodeRelated(relatedSnapshotOf(holding.state, holding.next))
    await snapshots.save(snapshotName(partition), { version: RELATED_VERSION, nextOffset: holding.next, state })
    holding.savedAt = holding.state.now
    await subscription?.commit(partition, holding.next)
  }

  function take(holding: Holding, envelope: Envelope<Relay>): void {
    if (holding.replay !== undefined && envelope.offset >= holding.replay.next) {
      holding.state.habits = new Map(holding.replay.habits)
      holding.state.counts = { ...holding.replay.counts }
      holding.replay = undefined
    }
    foldRelays(holding, envelope, { config, tokens, said: holding.replay !== undefined })
    holding.next = envelope.offset + 1
  }

  async function relateAll(partition: number, holding: Holding, envelopes: readonly Envelope<Relay>[]): Promise<void> {
    await holding.outbox.flush(bus)
    for (const envelope of envelopes) if (envelope.offset >= holding.next) take(holding, envelope)
    await holding.outbox.flush(bus)
    if (holding.savedAt === 0n) holding.savedAt = holding.state.now
    if (holding.state.now - holding.savedAt >= config.snapshotEveryNs) await save(partition, holding)
  }

  subscription = await bus.subscribe(correlations, {
    group: 'assembler-correlations', gatherMs: GATHER_MS,
    async assigned(partition) {
      const saved = await snapshots.load(snapshotName(partition))
      const replay = saved !== undefined && saved.version === RELATED_VERSION ? decodeRelated(saved.state) : undefined
      const next = replay?.replayFrom ?? 0
      holdings.set(partition, { state: emptyRelated(), outbox: new Outbox(telemetry, identify), next, replay, savedAt: 0n })
      return next
    },
    async revoked(partition) {
      const holding = holdings.get(partition)
      holdings.delete(partition)
      if (holding === undefined) return
      await holding.outbox.flush(bus)
      await save(partition, holding)
    },
    async handle(envelopes) {
      const partition = envelopes[0]?.partition
      const holding = partition === undefined ? undefined : holdings.get(partition)
      if (partition === undefined || holding === undefined) return
      const attributes = { 'watchkeeper.topic': correlations.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
      await traced(tracer, { name: 'relate', kind: SpanKind.CONSUMER, attributes }, () => relateAll(partition, holding, envelopes))
    },
    async gap(gap) {
      log.warn({ ...gap }, 'records of a partition cannot be read any more: calls of several traces may stay apart')
      const holding = holdings.get(gap.partition)
      if (holding !== undefined && holding.next < gap.next) holding.next = gap.next
    },
    failed,
  })
  return subscription
}
