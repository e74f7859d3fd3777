/** One partition of topic `events` as an instance holds it: folded, published, and saved with its offset as one. */
import type { EventHead } from '../../schemas/event-head.ts'
import type { Envelope } from '../../schemas/ports.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import type { AssemblerConfig, AssemblerPorts } from './contracts.ts'
import { type AssemblerState, emptyState, fold, type FoldOptions } from './fold.ts'
import type { Identify } from './identities.ts'
import { Outbox } from './outbox.ts'
import { repeatsIn } from './repeats.ts'
import { type AssemblerSnapshot, decodeSnapshot, encodeSnapshot, endReplay, type Replay, replayOf, snapshotOf, STATE_VERSION } from './snapshot.ts'
import type { AssemblerTelemetry } from './telemetry.ts'
import type { Tokens } from './tokens.ts'

/** What all partitions of an instance share. */
export interface HoldingParts {
  readonly config: AssemblerConfig
  readonly ports: Pick<AssemblerPorts, 'bus' | 'snapshots' | 'store'>
  readonly telemetry: AssemblerTelemetry
  readonly identify: Identify
  readonly tokens: Tokens | undefined
  commit(partition: number, next: number): Promise<void>
}

const snapshotName = (partition: number): string => `assembler-events-${partition}`

function latestTick(envelopes: readonly Envelope<EventRecord>[]): bigint {
  let latest = 0n
  for (const { records } of envelopes) for (const { tickAt } of records) if (tickAt > latest) latest = tickAt
  return latest
}

export class Holding {
  readonly state: AssemblerState = emptyState()
  /** Offset of the first envelope that is not in the state. */
  next: number
  readonly #partition: number
  readonly #parts: HoldingParts
  readonly #outbox: Outbox
  /** Until `next` has come to the snapshot's. */
  #replay: Replay | undefined
  #savedAt = 0n

  private constructor(partition: number, snapshot: AssemblerSnapshot | undefined, parts: HoldingParts) {
    this.next = snapshot?.replayFrom ?? 0
    this.#partition = partition
    this.#parts = parts
    this.#outbox = new Outbox(parts.telemetry, parts.identify)
    this.#replay = snapshot === undefined ? undefined : replayOf(snapshot)
  }

  /** Goes on from the newest snapshot. */
  static async open(partition: number, parts: HoldingParts): Promise<Holding> {
    const saved = await parts.ports.snapshots.load(snapshotName(partition))
    return new Holding(partition, saved !== undefined && saved.version === STATE_VERSION ? decodeSnapshot(saved.state) : undefined, parts)
  }

  /** Folds what is not in the state yet and publishes what comes of it. Failure `unavailable`: the same envelopes are to be given again. */
  async take(envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const { bus } = this.#parts.ports
    await this.#outbox.flush(bus)
    const fresh = envelopes.filter((envelope) => envelope.offset >= this.next)
    const live = fresh.filter(({ offset }) => this.#replay === undefined || offset >= this.#replay.snapshot.next)
    for (const envelope of fresh) if (!live.includes(envelope)) this.#foldAgain(envelope)
    if (live.length > 0) await this.#foldLive(live)
    await this.#outbox.flush(bus)
    if (this.#savedAt === 0n) this.#savedAt = this.state.now
    if (this.state.now - this.#savedAt >= this.#parts.config.snapshotEveryNs) await this.#save()
  }

  /** The envelopes before `offset` cannot be had any more. */
  skipTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  /** Says what is not said yet, and saves. */
  async close(): Promise<void> {
    await this.#outbox.flush(this.#parts.ports.bus)
    await this.#save()
  }

  async #save(): Promise<void> {
    // In the middle of a replay the snapshot that it began with is still the best one.
    if (this.#replay !== undefined) return
    const { ports: { snapshots }, commit } = this.#parts
    const state = encodeSnapshot(snapshotOf(this.state, this.next))
    await snapshots.save(snapshotName(this.#partition), { version: STATE_VERSION, nextOffset: this.next, state })
    this.#savedAt = this.state.now
    await commit(this.#partition, this.next)
  }

  #foldAgain(envelope: Envelope<EventRecord>): void {
    const { state } = this
    fold(state, envelope, { ...this.#ways(undefined), takes: (event) => this.#replay?.held.has(state.keys.of(event)) === true })
    this.next = envelope.offset + 1
  }

  async #foldLive(envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const { state } = this
    if (this.#replay !== undefined) endReplay(state, this.#replay)
    this.#replay = undefined
    const repeats = await repeatsIn(state, envelopes, this.#parts.ports.store)
    const takes = ({ event_id: id }: EventHead): boolean => {
      if (!repeats.has(id)) return true
      state.counts.duplicates++
      return false
    }
    for (const envelope of envelopes) {
      fold(state, envelope, { ...this.#ways(this.#outbox), takes })
      this.next = envelope.offset + 1
    }
    // Stage 2 gets no ticks of the collector: the first partition's stand for all.
    if (this.#parts.config.partitions > 1 && this.#partition === 0) this.#outbox.tickAt = latestTick(envelopes)
  }

  /** Where the fold puts what it says; undefined: nowhere, it was said before. */
  #ways(outbox: Outbox | undefined): Pick<FoldOptions, 'limits' | 'out' | 'relays' | 'tokens'> {
    const { config: { limits, partitions }, tokens } = this.#parts
    return { limits, out: outbox?.interactions ?? [], tokens, ...(partitions > 1 ? { relays: outbox?.relays ?? [] } : {}) }
  }
}
