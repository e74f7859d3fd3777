/** Assembler: topic `events` → topic `interactions`. State and offset are saved as one, so a restart goes on as if nothing had been. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Bus, Envelope, Log, Service, Snapshots, Store, Subscription } from '../../schemas/ports.ts'
import { interactionKey } from '../../schemas/record-key.ts'
import { type EventRecord, events, interactions } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import { type AssemblerLimits, type AssemblerState, emptyState, fold, traceKey } from './fold.ts'
import { repeatsIn } from './repeats.ts'
import { decodeSnapshot, encodeSnapshot, endReplay, type Replay, replayOf, snapshotOf, STATE_VERSION } from './snapshot.ts'
import { assemblerTelemetry } from './telemetry.ts'

export interface AssemblerConfig {
  readonly limits: AssemblerLimits
  /** Record time between two saves of the state, nanoseconds. */
  readonly snapshotEveryNs: bigint
}

export interface AssemblerPorts {
  readonly bus: Bus
  readonly snapshots: Snapshots
  readonly store: Pick<Store, 'places'>
  readonly log: Log
}

/** One partition that this instance holds. */
interface Holding {
  readonly state: AssemblerState
  next: number
  /** Until `next` has come to the snapshot's. */
  replay: Replay | undefined
  savedAt: bigint
  /** Folded but not yet on the bus: the state has moved on, so these must get out before anything else. */
  outbox: Interaction[]
}

const snapshotName = (partition: number): string => `assembler-events-${partition}`

export function createAssembler(config: AssemblerConfig, { bus, snapshots, store, log }: AssemblerPorts): Service {
  const holdings = new Map<number, Holding>()
  const telemetry = assemblerTelemetry(() => [...holdings.values()].map((holding) => holding.state))
  const tracer = trace.getTracer('watchkeeper.assembler')
  let subscription: Subscription | undefined
  let trouble = ''

  async function assigned(partition: number): Promise<number | undefined> {
    const saved = await snapshots.load(snapshotName(partition))
    const snapshot = saved !== undefined && saved.version === STATE_VERSION ? decodeSnapshot(saved.state) : undefined
    const next = snapshot?.replayFrom ?? 0
    holdings.set(partition, { state: emptyState(), next, replay: snapshot === undefined ? undefined : replayOf(snapshot), savedAt: 0n, outbox: [] })
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
    await publishOutbox(holding)
    const fresh = envelopes.filter((envelope) => envelope.offset >= holding.next)
    const live = fresh.filter(({ offset }) => holding.replay === undefined || offset >= holding.replay.snapshot.next)
    for (const envelope of fresh) if (!live.includes(envelope)) replayEnvelope(holding, envelope)
    if (live.length > 0) await foldLive(holding, live)
    await publishOutbox(holding)
    if (holding.savedAt === 0n) holding.savedAt = holding.state.now
    if (holding.state.now - holding.savedAt >= config.snapshotEveryNs) await save(partition, holding)
  }

  function replayEnvelope(holding: Holding, envelope: Envelope<EventRecord>): void {
    const { state, replay } = holding
    fold(state, envelope, { limits: config.limits, out: [], takes: (event) => replay?.held.has(traceKey(event)) === true })
    holding.next = envelope.offset + 1
  }

  async function foldLive(holding: Holding, envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const { state } = holding
    if (holding.replay !== undefined) endReplay(state, holding.replay)
    holding.replay = undefined
    const repeats = await repeatsIn(state, envelopes, store)
    const takes = ({ event_id: id }: AuditEvent): boolean => {
      if (!repeats.has(id)) return true
      state.counts.duplicates++
      return false
    }
    for (const envelope of envelopes) {
      fold(state, envelope, { limits: config.limits, out: holding.outbox, takes })
      holding.next = envelope.offset + 1
    }
  }

  async function publishOutbox({ outbox }: Holding): Promise<void> {
    if (outbox.length === 0) return
    await bus.publish(interactions, outbox.map((record) => ({ key: interactionKey(record), record })))
    telemetry.published(outbox)
    outbox.length = 0
  }

  return {
    name: 'assembler',
    async start() {
      subscription = await bus.subscribe(events, {
        group: 'assembler',
        assigned,
        async revoked(partition) {
          const holding = holdings.get(partition)
          holdings.delete(partition)
          if (holding !== undefined) await publishOutbox(holding).then(() => save(partition, holding))
        },
        handle,
        async gap(gap) {
          log.warn({ ...gap }, 'records of a partition cannot be read any more: calls in them are missing')
          const holding = holdings.get(gap.partition)
          if (holding !== undefined && holding.next < gap.next) holding.next = gap.next
        },
        failed(error) {
          trouble = error instanceof Error ? error.message : String(error)
          log.error({ err: error }, 'assembler stopped')
        },
      })
    },
    async stop() {
      await subscription?.stop()
      subscription = undefined
    },
    notReady: () => (subscription === undefined ? 'not started' : trouble),
  }
}
