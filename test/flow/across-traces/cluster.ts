/** Assemblers over several partitions without a bus: what is read when is the test's to say. */
import type { AuditEvent } from '../../../schemas/audit-event.ts'
import type { Interaction } from '../../../schemas/interaction.ts'
import { partitionOf } from '../../../schemas/partition-of.ts'
import { eventKey } from '../../../schemas/record-key.ts'
import { decodeRelays, encodeRelays, type Relay } from '../../../schemas/relay.ts'
import { EventRecord } from '../../../schemas/topics.ts'
import { type AssemblerLimits, type AssemblerState, emptyState, fold } from '../../../services/assembler/fold.ts'
import { byteKeeper } from '../../../services/assembler/related/keeper.ts'
import { emptyRelated, relate, type RelatedState, settleRelated } from '../../../services/assembler/related/relate.ts'
import { decodeRelated, encodeRelated, relatedSnapshotOf } from '../../../services/assembler/related/snapshot.ts'
import { decodeSnapshot, encodeSnapshot, endReplay, replayOf, snapshotOf } from '../../../services/assembler/snapshot.ts'
import { SECOND, START } from './stories.ts'

export const LIMITS: AssemblerLimits = {
  quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 2_000, spansPerTenant: 100_000, spans: 100_000,
  relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
}

interface Entry<T> { readonly offset: number; readonly records: readonly T[] }
interface Reader<T, State> { readonly log: Entry<T>[]; read: number; state: State; saved: { readonly bytes: Buffer; readonly next: number } | undefined }
type Stage1 = Reader<EventRecord, AssemblerState>
type Stage2 = Reader<Relay, RelatedState>

/** Assemblers over so many partitions, each of which is read when `next` says so; a crash takes a state back to its last snapshot. */
export class Cluster {
  readonly out: Interaction[] = []
  readonly limits: AssemblerLimits
  readonly #events: Stage1[]
  readonly #relays: Stage2[]
  readonly #one: boolean

  constructor(partitions: number, limits = LIMITS) {
    this.limits = limits
    this.#one = partitions === 1
    this.#events = Array.from({ length: partitions }, () => ({ log: [], read: 0, state: emptyState(), saved: undefined }))
    this.#relays = Array.from({ length: this.#one ? 0 : partitions }, () => ({ log: [], read: 0, state: emptyRelated(), saved: undefined }))
  }
  send(events: readonly AuditEvent[]): void {
    for (const event of events) {
      const { log } = this.#events[partitionOf(eventKey(event), this.#events.length)] as Stage1
      log.push({ offset: log.length, records: EventRecord.together([event]) })
    }
  }
  tick(at: bigint): void {
    for (const { log } of this.#events) log.push({ offset: log.length, records: [EventRecord.tick(at)] })
    for (const { log } of this.#relays) log.push({ offset: log.length, records: [{ kind: 'tick', key: '', at }] })
  }
  /** Reads one entry of one of the logs that have news; false where none has. */
  step(pick: number): boolean {
    const waiting = [...this.#events.map((one) => ({ one, take: () => this.#assemble(one) })), ...this.#relays.map((one) => ({ one, take: () => this.#relate(one) }))]
      .filter(({ one }) => one.read < one.log.length)
    waiting[pick % Math.max(1, waiting.length)]?.take()
    return waiting.length > 0
  }
  drain(picks: () => number): void {
    while (this.step(picks())) { /* until all is read */ }
  }
  save(): void {
    for (const one of this.#events) one.saved = { bytes: encodeSnapshot(snapshotOf(one.state, one.read)), next: one.read }
    for (const one of this.#relays) one.saved = { bytes: encodeRelated(relatedSnapshotOf(one.state, one.read)), next: one.read }
  }
  /** All states are lost; what was published since the last save is published again. */
  crash(): void {
    for (const one of this.#events) {
      one.state = emptyState()
      one.read = 0
      if (one.saved === undefined) continue
      const replay = replayOf(decodeSnapshot(one.saved.bytes))
      for (const entry of one.log.slice(replay.snapshot.replayFrom, replay.snapshot.next)) {
        fold(one.state, entry, { limits: this.limits, out: [], ...(this.#one ? {} : { relays: [] }), takes: (event) => replay.held.has(one.state.keys.of(event)) })
      }
      endReplay(one.state, replay)
      one.read = replay.snapshot.next
    }
    for (const one of this.#relays) {
      one.state = emptyRelated()
      const snapshot = one.saved === undefined ? undefined : decodeRelated(one.saved.bytes)
      for (const entry of one.log.slice(snapshot?.replayFrom ?? 0, snapshot?.next ?? 0)) this.#fold(one.state, entry, { interactions: [], relays: [] })
      one.read = snapshot?.next ?? 0
    }
  }
  /** Stage 2 of every partition. */
  related(): readonly RelatedState[] {
    return this.#one ? this.#events.map(({ state }) => state.related) : this.#relays.map(({ state }) => state)
  }
  #assemble(one: Stage1): void {
    const relays: Relay[] = []
    fold(one.state, one.log[one.read++] as Entry<EventRecord>, { limits: this.limits, out: this.out, ...(this.#one ? {} : { relays }), takes: () => true })
    this.#send(relays)
  }
  #relate(one: Stage2): void {
    const relays: Relay[] = []
    this.#fold(one.state, one.log[one.read++] as Entry<Relay>, { interactions: this.out, relays })
    this.#send(relays)
  }
  #fold(state: RelatedState, { offset, records }: Entry<Relay>, sink: { interactions: Interaction[]; relays: Relay[] }): void {
    for (const relay of records) relate(state, relay, { offset, limits: this.limits, sink, keeper: byteKeeper })
    settleRelated(state, state.now, { offset, limits: this.limits, sink, keeper: byteKeeper })
  }
  #send(relays: readonly Relay[]): void {
    for (const relay of decodeRelays(encodeRelays(relays))) {
      const { log } = this.#relays[partitionOf(relay.key, this.#relays.length)] as Stage2
      log.push({ offset: log.length, records: [relay] })
    }
  }
}

/** Lets all waits pass. */
export function finish(cluster: Cluster, picks: () => number): void {
  for (const seconds of [230n, 250n, 270n]) {
    cluster.tick(START + seconds * SECOND)
    cluster.drain(picks)
  }
}
