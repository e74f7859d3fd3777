/**
 * What servers offer, version after version: topic `definitions` → `findings`. One partition has all lists of a server. Versions are kept with the offset as
 * one snapshot, so that a change is told across restarts.
 */
import { SpanKind, trace } from '@opentelemetry/api'
import { Packr } from 'msgpackr'
import type { Armed } from '../../../detectors/detector.ts'
import type { Envelope, Snapshot, Subscription } from '../../../schemas/ports.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'
import { definitions } from '../../../schemas/topics.ts'
import { traced } from '../../../schemas/traced.ts'
import type { Place, WorkerParts } from '../contracts.ts'
import { DefectGuard } from '../defects.ts'
import { findingOfDefinition } from '../finding.ts'
import { Outbox } from '../outbox.ts'
import { Recent } from '../recent.ts'
import { RunTools } from '../tools.ts'
import { type KeptOffers, Offered } from './offered.ts'

const SNAPSHOT_VERSION = 1
/** Texts of definitions that a partition keeps, bytes; a definition has some 2,000. */
export const OFFERED_BYTES = 64 * 1024 * 1024
/** Name by which the worker's telemetry knows what is forgotten here. */
const KEPT = 'definitions'

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })
const nameOf = (partition: number): string => `worker-${definitions.name}-${partition}`

/** Subscribes group `worker-definitions`. */
export async function watchDefinitions(parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const tracer = trace.getTracer('watchkeeper.worker')
  const shelves = new Map<number, Shelf>()
  let subscription: Subscription | undefined

  async function judge(envelopes: readonly Envelope<ToolDefinition>[], shelf: Shelf, partition: number): Promise<void> {
    await shelf.outbox.flush(bus)
    for (const envelope of envelopes) shelf.take(envelope)
    await shelf.outbox.flush(bus)
    if (shelf.due()) await shelf.save()
    await subscription?.commit(partition, shelf.next)
  }

  subscription = await bus.subscribe(definitions, {
    group: `worker-${definitions.name}`,
    async assigned(partition) {
      const shelf = await Shelf.open(partition, parts)
      shelves.set(partition, shelf)
      return shelf.start
    },
    async revoked(partition) {
      const shelf = shelves.get(partition)
      shelves.delete(partition)
      await shelf?.close()
    },
    async handle(envelopes) {
      const partition = envelopes[0]?.partition
      const shelf = partition === undefined ? undefined : shelves.get(partition)
      if (partition === undefined || shelf === undefined) return
      const attributes = { 'watchkeeper.topic': definitions.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
      await traced(tracer, { name: 'watch definitions', kind: SpanKind.CONSUMER, attributes }, () => judge(envelopes, shelf, partition))
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
      shelves.get(gap.partition)?.skipTo(gap.next)
    },
    failed(error) {
      telemetry.subscriptionFailed(definitions.name, error)
      parts.failed(error)
    },
  })
  return subscription
}

/** One partition: the versions that were shown last, and what is not said yet. */
class Shelf {
  readonly outbox: Outbox
  /** Offset to read from; undefined: the committed one. */
  readonly start: number | undefined
  next: number
  readonly #partition: number
  readonly #parts: WorkerParts
  readonly #armed: readonly Armed[]
  readonly #offered: Offered
  readonly #guard: DefectGuard
  readonly #tools: RunTools
  /** New versions that the last snapshot does not have. */
  #unsaved = 0
  #savedAt = 0n
  #at = 0n

  private constructor(partition: number, parts: WorkerParts, kept: { readonly offers: KeptOffers; readonly next: number } | undefined) {
    const { config, armed, ports } = parts
    this.#partition = partition
    this.#parts = parts
    this.start = kept?.next
    this.next = kept?.next ?? 0
    this.#armed = armed.filter(({ defines }) => defines)
    this.outbox = new Outbox(new Recent(config.recentFindings), ports.telemetry)
    this.#guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#tools = new RunTools(ports.keyedHash)
    this.#offered = new Offered(OFFERED_BYTES, () => ports.telemetry.keyEvicted(KEPT), kept?.offers)
  }

  static async open(partition: number, parts: WorkerParts): Promise<Shelf> {
    const snapshot = await parts.ports.snapshots.load(nameOf(partition))
    const offers = snapshot === undefined ? undefined : decode(snapshot)
    if (snapshot !== undefined && offers === undefined) parts.ports.telemetry.snapshotIgnored(partition, KEPT)
    return new Shelf(partition, parts, snapshot === undefined || offers === undefined ? undefined : { offers, next: snapshot.nextOffset })
  }

  take({ offset, records }: Envelope<ToolDefinition>): void {
    if (offset < this.next) return
    for (const definition of records) this.#judge(definition, { topic: definitions.name, partition: this.#partition, offset })
    this.next = offset + 1
    this.#parts.ports.telemetry.recordsRead(definitions.name, records.length)
  }

  #judge(definition: ToolDefinition, place: Place): void {
    if (definition.last_seen > this.#at) this.#at = definition.last_seen
    const offer = this.#offered.show(definition)
    if (offer === undefined) return
    this.#unsaved++
    this.#tools.tenant = definition.tenant
    const suspect = { place, tenant: definition.tenant, receivedAt: definition.first_seen, bytes: () => definitions.codec.encode([definition]) }
    for (const detector of this.#armed) {
      const refused = this.#guard.attempt(detector.rule.id, suspect, () => {
        for (const draft of detector.define(offer, this.#tools)) {
          this.outbox.put(findingOfDefinition(draft, offer.definition, { detector: detector.rule.id, ruleVersion: detector.rule.version }))
        }
      })
      if (refused !== undefined) this.outbox.refuse(refused)
    }
  }

  skipTo(offset: number): void {
    this.next = Math.max(this.next, offset)
  }

  due(): boolean {
    return this.#unsaved > 0 && this.#at - this.#savedAt >= BigInt(this.#parts.config.snapshotSeconds) * 1_000_000_000n
  }

  async save(): Promise<void> {
    const { ports } = this.#parts
    const state = packr.pack(this.#offered.toJSON())
    await ports.snapshots.save(nameOf(this.#partition), { version: SNAPSHOT_VERSION, nextOffset: this.next, state })
    this.#unsaved = 0
    this.#savedAt = this.#at
    ports.telemetry.keysHeld(KEPT, this.#partition, this.#offered.size)
    ports.telemetry.snapshotSaved(this.#partition, this.#offered.size, state.length)
  }

  async close(): Promise<void> {
    await this.outbox.flush(this.#parts.ports.bus)
    if (this.#unsaved > 0) await this.save()
  }
}

/** Undefined where the snapshot is of another shape. */
function decode({ version, state }: Snapshot): KeptOffers | undefined {
  if (version !== SNAPSHOT_VERSION) return undefined
  try {
    const kept: unknown = packr.unpack(state)
    return Array.isArray(kept) ? (kept as KeptOffers) : undefined
  } catch {
    return undefined
  }
}
