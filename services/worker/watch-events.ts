/**
 * The stateless half of the worker: what one observation shows is said at once, and which tools it says are offered. Topic `events` → `findings` and
 * `definitions`.
 */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Armed } from '../../detectors/detector.ts'
import { isAdminEvent } from '../../schemas/admin-action.ts'
import type { EventHead } from '../../schemas/event-head.ts'
import type { Envelope, Subscription } from '../../schemas/ports.ts'
import { type EventRecord, events } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import { CommitsBehind } from './commits-behind.ts'
import type { Place, WorkerParts } from './contracts.ts'
import { DefectGuard, quarantined } from './defects.ts'
import { findingOfEvent } from './finding.ts'
import { Inventory } from './inventory/inventory.ts'
import { inventoryTelemetry } from './inventory/telemetry.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { RunTools } from './tools.ts'

/** A part of the quarter of a second in which what an observation shows is said. */
const GATHER_MS = 40

/** Subscribes group `worker-events`: every detector observes every event. Ticks say nothing here. */
export async function watchEvents(parts: WorkerParts): Promise<Subscription> {
  const { ports, failed } = parts
  const { bus, telemetry } = ports
  const tracer = trace.getTracer('watchkeeper.worker')
  const inventory = inventoryTelemetry()
  const watchers = new Map<number, Watcher>()
  let subscription: Subscription | undefined
  const commits = new CommitsBehind(async (partition, next) => subscription?.commit(partition, next))

  function watcherOf(partition: number): Watcher {
    const watcher = watchers.get(partition) ?? new Watcher(parts, new Inventory(inventory))
    watchers.set(partition, watcher)
    return watcher
  }

  async function handle(envelopes: readonly Envelope<EventRecord>[]): Promise<void> {
    const last = envelopes.at(-1)
    if (last === undefined) return
    const attributes = { 'watchkeeper.topic': events.name, 'watchkeeper.partition': last.partition, 'watchkeeper.envelopes': envelopes.length }
    await traced(tracer, { name: 'watch events', kind: SpanKind.CONSUMER, attributes }, () => judge(envelopes, last))
  }

  async function judge(envelopes: readonly Envelope<EventRecord>[], last: Envelope<EventRecord>): Promise<void> {
    const watcher = watcherOf(last.partition)
    await watcher.outbox.flush(bus)
    for (const { partition, offset, records } of envelopes) {
      for (const record of records) watcher.read(record, { topic: events.name, partition, offset })
      telemetry.recordsRead(events.name, records.length)
    }
    await watcher.outbox.flush(bus)
    commits.want(last.partition, last.offset + 1)
  }

  subscription = await bus.subscribe(events, {
    group: 'worker-events', gatherMs: GATHER_MS,
    handle,
    revoked: (partition) => commits.end(partition),
    async gap(gap) {
      telemetry.gapSeen(gap)
    },
    failed(error) {
      telemetry.subscriptionFailed(events.name, error)
      failed(error)
    },
  })
  return subscription
}

/** Judges the events of one partition. */
class Watcher {
  readonly outbox: Outbox
  readonly #armed: readonly Armed[]
  readonly #guard: DefectGuard
  readonly #tools: RunTools
  readonly #parts: WorkerParts
  readonly #inventory: Inventory

  constructor(parts: WorkerParts, inventory: Inventory) {
    const { config, armed, ports, maintenance } = parts
    this.outbox = new Outbox(new Recent(config.recentFindings), ports.telemetry, maintenance)
    this.#armed = armed.filter(({ observes }) => observes)
    this.#guard = new DefectGuard(config.maxDefectsInARow, ports.telemetry)
    this.#tools = new RunTools(ports.keyedHash)
    this.#parts = parts
    this.#inventory = inventory
  }

  read(record: EventRecord, place: Place): void {
    const { bytes, head } = record
    if (bytes === undefined) return
    if (head === undefined) return this.#refuse(bytes, place)
    if (isAdminEvent(head)) return
    this.#tools.subject.tenant = head.tenant
    const suspect = { place, tenant: head.tenant, receivedAt: head.received_at, bytes: () => bytes }
    const shown = { record, head, bytes, place }
    for (const detector of this.#armed) {
      // Not `attempt`, whose function would be made for every detector and event.
      try {
        this.#observe(detector, shown)
        this.#guard.passed(detector.rule.id)
      } catch (error) {
        this.outbox.refuse(this.#guard.caught(detector.rule.id, suspect, error))
      }
    }
    const refused = this.#guard.attempt('inventory', suspect, () => this.outbox.list(this.#inventory.read(head, bytes)))
    if (refused !== undefined) this.outbox.refuse(refused)
  }

  #refuse(bytes: Buffer, place: Place): void {
    this.#parts.ports.telemetry.recordUndecodable(place)
    const suspect = { place, tenant: '', receivedAt: 0n, bytes: () => bytes }
    this.outbox.refuse(quarantined(suspect, { detector: '', reason: 'undecodable_record', detail: 'the record is no audit event in canonical form' }))
  }

  /** The whole event is decoded only where there is something to say of it. */
  #observe(detector: Armed, { record, head, bytes, place }: Shown): void {
    const drafts = detector.observe(head, this.#tools)
    if (drafts.length === 0) return
    const { event } = record
    if (event === undefined) return this.#refuse(bytes, place)
    for (const draft of drafts) this.outbox.put(findingOfEvent(draft, event, { detector: detector.rule.id, ruleVersion: detector.rule.version }))
  }
}

interface Shown {
  readonly record: EventRecord
  readonly head: EventHead
  readonly bytes: Buffer
  readonly place: Place
}
