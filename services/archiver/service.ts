/** Archiver: every topic → its table. Offsets are committed after the store's answer, so nothing is left out; ids make repetitions harmless. */
import { hash } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import { type Bus, type Envelope, type Log, NOT_ASSIGNED, type Row, type Service, type Snapshots, type Subscription } from '../../schemas/ports.ts'
import type { RuleText } from '../../schemas/rule-text.ts'
import { type EventRecord, events, replays, type Topic } from '../../schemas/topics.ts'
import type { BatchLimits } from './batch.ts'
import { Convoy } from './convoy.ts'
import { saveSeen, timeOf } from './events.ts'
import { checkOrder, noteGap } from './gaps.ts'
import { type Prepared, prepared } from './gate.ts'
import { type Line, lineName, type LinePorts, openEventLine, openReplayLine, openRowLine, type Pace } from './lines.ts'
import { Rhythm } from './rhythm.ts'
import { ROW_TOPICS } from './tables.ts'
import { archiverTelemetry } from './telemetry.ts'
import { type InsertStore, tracedStore } from './traced-store.ts'
import { Troubles } from './troubles.ts'

export interface ArchiverConfig {
  /** A batch is written at so many records or so many milliseconds after its first, whichever is first. */
  readonly events: BatchLimits
  readonly others: BatchLimits
  /** Rules in force, for whoever reads findings. */
  readonly rules?: readonly RuleText[]
}

export interface ArchiverPorts {
  readonly bus: Bus
  readonly store: InsertStore
  readonly snapshots: Snapshots
  readonly log: Log
}

const GROUP = 'archiver'
/** Its batches wait for half a second and more. */
const GATHER_MS = 100
const STOP_WAIT_MS = 8_000

/** How records of one topic are taken. */
interface Way<T, P> {
  readonly topic: Topic<T>
  readonly limits: BatchLimits
  prepare(envelope: Envelope<T>): Envelope<P>
  open(partition: number, pace: Pace, ports: LinePorts): Line<P> | Promise<Line<P>>
}

export function createArchiver(config: ArchiverConfig, ports: ArchiverPorts): Service {
  return new Archiver(config, ports)
}

class Archiver implements Service {
  readonly name = 'archiver'
  readonly #config: ArchiverConfig
  readonly #bus: Bus
  readonly #log: Log
  readonly #line: LinePorts
  readonly #stopping = new AbortController()
  readonly #troubles: Troubles
  readonly #subscriptions = new Map<string, Promise<Subscription>>()
  #latest = 0n

  constructor(config: ArchiverConfig, { bus, store, snapshots, log }: ArchiverPorts) {
    this.#config = config
    this.#bus = bus
    this.#log = log
    this.#troubles = new Troubles(this.#stopping.signal, log)
    this.#line = {
      bus, snapshots, store: tracedStore(store), telemetry: archiverTelemetry(), troubles: this.#troubles,
      keep: (topic, partition, next) => this.#keep(topic, partition, next), latest: () => this.#latest,
    }
  }

  async start(): Promise<void> {
    const { rules, events: eventLimits, others: limits } = this.#config
    if (rules !== undefined) void this.#writeRules(rules).catch(this.#troubles.failed('rules'))
    await this.#follow<EventRecord, Prepared>({ topic: events, limits: eventLimits, prepare: (envelope) => this.#dated(envelope), open: openEventLine })
    for (const kind of ROW_TOPICS) {
      await this.#follow({ topic: kind.topic, limits, prepare: (envelope) => envelope, open: (partition, pace, line) => openRowLine(kind, partition, pace, line) })
    }
    await this.#follow({ topic: replays, limits, prepare: (envelope) => envelope, open: openReplayLine })
  }

  async stop(): Promise<void> {
    // A store that is away must not hold up the stop: what is not written is read again from the bus at the next start.
    setTimeout(() => this.#stopping.abort(), STOP_WAIT_MS).unref()
    await Promise.all([...this.#subscriptions.values()].map(async (subscribed) => (await subscribed.catch(() => undefined))?.stop()))
    this.#stopping.abort()
    this.#subscriptions.clear()
  }

  notReady(): string {
    return this.#subscriptions.size === 0 ? 'not started' : this.#troubles.first
  }

  async #follow<T, P>({ topic, limits, prepare, open }: Way<T, P>): Promise<void> {
    const pace: Pace = { limits, rhythm: new Rhythm(limits), convoy: new Convoy(this.#line.store) }
    const gaps = { bus: this.#bus, log: this.#log, latest: this.#line.latest }
    const lines = new Map<number, Line<P>>()
    const subscription = this.#bus.subscribe(topic, {
      group: GROUP, gatherMs: GATHER_MS,
      assigned: async (partition) => {
        lines.set(partition, await open(partition, pace, this.#line))
        return undefined
      },
      revoked: async (partition) => {
        const line = lines.get(partition)
        lines.delete(partition)
        await this.#letGo(lineName(topic.name, partition), line)
      },
      async handle(envelopes) {
        const line = lines.get((envelopes[0] as Envelope<T>).partition)
        if (line === undefined) return
        await checkOrder(topic.name, line, envelopes, gaps)
        await line.batcher.add(envelopes.map(prepare))
      },
      async gap(gap) {
        const line = lines.get(gap.partition)
        if (line !== undefined) line.expected = gap.next
        await noteGap(gap, gaps)
      },
      failed: this.#troubles.failed(topic.name),
    })
    this.#subscriptions.set(topic.name, subscription)
    await subscription
  }

  /** Whoever has it next begins where this line stopped. */
  async #letGo<P>(name: string, line: Line<P> | undefined): Promise<void> {
    await line?.batcher.drain()
    this.#troubles.forget(name)
    if (line?.events !== undefined && line.next > 0) await saveSeen(line.events, line.next, this.#line)
  }

  /** Tells the group that everything before `next` is done. False: the partition is another's by now. */
  async #keep(topic: string, partition: number, next: number): Promise<boolean> {
    try {
      await (await this.#subscriptions.get(topic))?.commit(partition, next)
      return true
    } catch (error) {
      if (error instanceof Failure && error.code === NOT_ASSIGNED) return false
      throw error
    }
  }

  #dated(envelope: Envelope<EventRecord>): Envelope<Prepared> {
    const ready = prepared(envelope)
    const time = timeOf(ready.records[0])
    if (time > this.#latest) this.#latest = time
    return ready
  }

  /** Every version of a rule once, however often it starts. */
  async #writeRules(rules: readonly RuleText[]): Promise<void> {
    const rows = rules.map((rule): Row => ({ ...rule }))
    await this.#troubles.persist('rules', () => this.#line.store.insertRows('rules', rows, `rules:${hash('sha256', JSON.stringify(rows), 'hex')}`))
  }
}
