/** Assembler: topic `events` → topic `interactions`. State and offset are saved as one, so a restart goes on as if nothing had been. */
import { SpanKind, trace } from '@opentelemetry/api'
import { emptyAddressBook } from '../../schemas/address-book.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { Envelope, Service, Subscription } from '../../schemas/ports.ts'
import { type EventRecord, events } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import { type AssemblerConfig, type AssemblerPorts, GATHER_MS } from './contracts.ts'
import { type AssemblerState, emptyState, fold, type FoldOptions } from './fold.ts'
import { type Identify, identifier } from './identities.ts'
import { Outbox } from './outbox.ts'
import { locator } from './place/locate.ts'
import { followCorrelations } from './related/follow.ts'
import { repeatsIn } from './repeats.ts'
import { decodeSnapshot, encodeSnapshot, endReplay, type Replay, replayOf, snapshotOf, STATE_VERSION } from './snapshot.ts'
import { assemblerTelemetry } from './telemetry.ts'
import { tokensOf } from './tokens.ts'

/** One partition that this instance holds. */
interface Holding {
  readonly state: AssemblerState
  next: number
  /** Until `next` has come to the snapshot's. */
  replay: Replay | undefined
  savedAt: bigint
  readonly outbox: Outbox
}

const snapshotName = (partition: number): string => `assembler-events-${partition}`

function latestTick(envelopes: readonly Envelope<EventRecord>[]): bigint {
  let latest = 0n
  for (const { records } of envelopes) for (const { tickAt } of records) if (tickAt > latest) latest = tickAt
  return latest
}

export function createAssembler(config: AssemblerConfig, ports: AssemblerPorts): Service {
  const { bus, snapshots, store, log } = ports
  const holdings = new Map<number, Holding>()
  const telemetry = assemblerTelemetry(() => [...holdings.values()].map((holding) => holding.state))
  const tracer = trace.getTracer('watchkeeper.assembler')
  const named = identifier(config.identities)
  const located = locator(ports.addressBook ?? emptyAddressBook)
  const identify: Identify = (interaction) => located(named(interaction))
  const relays = config.partitions > 1
  const tokens = ports.keyedHash === undefined ? undefined : tokensOf(ports.keyedHash)
  let subscription: Subscription | undefined
  let related: Subscription | undefined
  let trouble = ''

  async function assigned(partition: number): Promise<number | undefined> {
    const saved = await snapshots.load(snapshotName(partition))
    const snapshot = saved !== undefined && saved.version === STATE_VERSION ? decodeSnapshot(saved.state) : undefined
    const next = snapshot?.replayFrom ?? 0
    holdings.set(partition, { state: emptyState(), next, replay: snapshot === undefined ? undefined : replayOf(snapshot), savedAt: 0n, outbox: new Outbox(telemetry, identify) })
    return next
  }

  async function save(partition: number, holding: Holding): Promise<void> {
    // In the middle of a replay the snapshot that it began with is still the best one.
    if (holding.replay !== undefined) return
    await snapshots.save(snapshotName(partition), {
      version: STATE_VERSION, nextOffset: holding.next, state: encodeSnapshot(snapshotOf(holding.state, holding.next)),
    })
    holding.savedAt = holding.state.now
    await subscription?.commit(partition, holding.next)
  }

  async function handle(envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const partition = (envelopes[0] as Envelope<EventRecord>).partition
    const holding = holdings.get(partition)
    if (holding === undefined) return
    const attributes = { 'watchkeeper.topic': events.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
    await traced(tracer, { name: 'assemble', kind: SpanKind.CONSUMER, attributes }, () => assemble(partition, holding, envelopes))
  }

  async function assemble(partition: number, holding: Holding, envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    await holding.outbox.flush(bus)
    const fresh = envelopes.filter((envelope) => envelope.offset >= holding.next)
    const live = fresh.filter(({ offset }) => holding.replay === undefined || offset >= holding.replay.snapshot.next)
    for (const envelope of fresh) if (!live.includes(envelope)) replayEnvelope(holding, envelope)
    if (live.length > 0) await foldLive(holding, live)
    await holding.outbox.flush(bus)
    if (holding.savedAt === 0n) holding.savedAt = holding.state.now
    if (holding.state.now - holding.savedAt >= config.snapshotEveryNs) await save(partition, holding)
  }

  function replayEnvelope(holding: Holding, envelope: Envelope<EventRecord>): void {
    const { state, replay } = holding
    fold(state, envelope, { ...ways(undefined), takes: (event) => replay?.held.has(state.keys.of(event)) === true })
    holding.next = envelope.offset + 1
  }

  async function foldLive(holding: Holding, envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const { state } = holding
    if (holding.replay !== undefined) endReplay(state, holding.replay)
    holding.replay = undefined
    const repeats = await repeatsIn(state, envelopes, store)
    const takes = ({ event_id: id }: EventHead): boolean => {
      if (!repeats.has(id)) return true
      state.counts.duplicates++
      return false
    }
    for (const envelope of envelopes) {
      fold(state, envelope, { ...ways(holding.outbox), takes })
      holding.next = envelope.offset + 1
    }
    // Stage 2 gets no ticks of the collector: the first partition's stand for all.
    if (relays && envelopes[0]?.partition === 0) holding.outbox.tickAt = latestTick(envelopes)
  }

  /** Where the fold puts what it says; undefined: nowhere, it was said before. */
  function ways(outbox: Outbox | undefined): Pick<FoldOptions, 'limits' | 'out' | 'relays' | 'tokens'> {
    return { limits: config.limits, out: outbox?.interactions ?? [], tokens, ...(relays ? { relays: outbox?.relays ?? [] } : {}) }
  }

  function failed(error: unknown): void {
    trouble = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, 'assembler stopped')
  }

  return {
    name: 'assembler',
    async start() {
      if (relays) related = await followCorrelations({ config, ports, telemetry, identify, tokens, failed })
      subscription = await bus.subscribe(events, {
        group: 'assembler', gatherMs: GATHER_MS,
        assigned,
        async revoked(partition) {
          const holding = holdings.get(partition)
          holdings.delete(partition)
          if (holding !== undefined) await holding.outbox.flush(bus).then(() => save(partition, holding))
        },
        handle,
        async gap(gap) {
          log.warn({ ...gap }, 'records of a partition cannot be read any more: calls in them are missing')
          const holding = holdings.get(gap.partition)
          if (holding !== undefined && holding.next < gap.next) holding.next = gap.next
        },
        failed,
      })
    },
    async stop() {
      await subscription?.stop()
      subscription = undefined
      await related?.stop()
      related = undefined
    },
    notReady: () => (subscription === undefined ? 'not started' : trouble),
  }
}
