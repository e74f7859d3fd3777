/** Archiver: every topic → its table. Offsets are committed after the store's answer, so nothing is left out; ids make repetitions harmless. */
import { setTimeout as wait } from 'node:timers/promises'
import { kindOf } from '../../schemas/failure.ts'
import type { Bus, Envelope, Gap, Keyed, Log, Row, Service, Snapshots, Subscription } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { alerts, deliveries, events, findings, interactions, metrics, quarantine, type Topic } from '../../schemas/topics.ts'
import { type Batch, Batcher, type BatchLimits } from './batch.ts'
import { archiveEvents, type EventArchivePorts, type EventPartition, openEventPartition, saveSeen } from './events.ts'
import { type Candidate, prepared, type Unreadable } from './gate.ts'
import { insertOrIsolate } from './isolate.ts'
import { quarantined } from './quarantined.ts'
import { archiverTelemetry } from './telemetry.ts'
import { type InsertStore, tracedStore } from './traced-store.ts'

export interface ArchiverConfig {
  /** A batch is written at so many records or so many milliseconds after its first, whichever is first. */
  readonly events: BatchLimits
  readonly others: BatchLimits
}

export interface ArchiverPorts {
  readonly bus: Bus
  readonly store: InsertStore
  readonly snapshots: Snapshots
  readonly log: Log
}

/** Published table of each topic of ordinary rows. */
const TABLES: readonly { readonly topic: Topic<Row>; readonly table: string }[] = [
  { topic: interactions as unknown as Topic<Row>, table: 'interactions' },
  { topic: findings as unknown as Topic<Row>, table: 'findings' },
  { topic: alerts as unknown as Topic<Row>, table: 'alerts' },
  { topic: deliveries as unknown as Topic<Row>, table: 'deliveries' },
  { topic: quarantine as unknown as Topic<Row>, table: 'quarantine' },
  { topic: metrics as unknown as Topic<Row>, table: 'mcp_metrics' },
]

const GROUP = 'archiver'
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
const STOP_WAIT_MS = 8_000

interface Line<T> {
  readonly batcher: Batcher<T>
  readonly events?: EventPartition
  next: number
}

export function createArchiver(config: ArchiverConfig, { bus, store: untraced, snapshots, log }: ArchiverPorts): Service {
  const telemetry = archiverTelemetry()
  const store = tracedStore(untraced)
  const ports: EventArchivePorts = { bus, store, snapshots, telemetry }
  const stopping = new AbortController()
  const subscriptions = new Map<string, Subscription>()
  let trouble = ''

  const failed = (error: unknown): void => {
    if (stopping.signal.aborted) return
    trouble = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, 'archiver stopped')
  }

  /** Tries until the store answers: an insert that was begun is never given up, or views and rows would part. */
  async function persist(what: string, write: () => Promise<void>): Promise<void> {
    for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
      try {
        await write()
        trouble = ''
        return
      } catch (error) {
        if (kindOf(error) !== 'unavailable' || stopping.signal.aborted) throw error
        trouble = `${what}: ${(error as Error).message}`
        log.warn({ topic: what, err: error }, 'store or bus did not take a batch; trying again')
        await wait(pause, undefined, { signal: stopping.signal })
      }
    }
  }

  async function finish<T>(topic: string, partition: number, line: Line<T>, batch: Batch<T>): Promise<void> {
    line.next = batch.next
    await subscriptions.get(topic)?.commit(partition, batch.next)
  }

  async function openEventLine(partition: number): Promise<Line<Candidate | Unreadable>> {
    const held = await openEventPartition(partition, ports)
    const batcher = new Batcher<Candidate | Unreadable>(config.events, held.cutAt, async (batch) => {
      await persist('events', () => archiveEvents(batch, held, ports))
      await persist('events', () => finish('events', partition, line, batch))
    }, failed)
    const line: Line<Candidate | Unreadable> = { batcher, events: held, next: 0 }
    return line
  }

  function openRowLine(topic: Topic<Row>, table: string, partition: number): Line<Row> {
    const batcher = new Batcher<Row>(config.others, undefined, async (batch) => {
      await persist(topic.name, () => writeRows(topic.name, table, batch))
      await persist(topic.name, () => finish(topic.name, partition, line, batch))
    }, failed)
    const line: Line<Row> = { batcher, next: 0 }
    return line
  }

  async function writeRows(topic: string, table: string, batch: Batch<Row>): Promise<void> {
    const partition = (batch.envelopes[0] as Envelope<Row>).partition
    const placed = batch.envelopes.flatMap(({ offset, records }) => records.map((row, index) => ({ row, offset, index })))
    const token = `${topic}:${partition}:${batch.first}-${batch.next}`
    const refused = await insertOrIsolate(placed, token, (some, part) => store.insertRows(table, some.map(({ row }) => row), part))
    telemetry.stored(topic, placed.length - refused.length)
    telemetry.refused(topic, refused.length)
    await bus.publish(quarantine, refused.map(({ row: { offset, index }, why }): Keyed<Quarantined> => {
      const record = quarantined({ reason: 'refused_row', topic, partition, offset, index, payload: '', detail: why })
      return { key: record.quarantine_id, record }
    }))
  }

  async function noteGap(gap: Gap): Promise<void> {
    const reason = gap.cause === 'missing' ? 'missing_group' : gap.cause === 'undecodable' ? 'undecodable_record' : 'damaged_group'
    const record = quarantined({
      reason, topic: gap.topic, partition: gap.partition, offset: gap.first, index: 0, payload: '',
      detail: `envelopes ${gap.first} to ${gap.next - 1} cannot be read: ${gap.cause}`,
    })
    log.error({ ...gap }, 'records on the bus are lost')
    await bus.publish(quarantine, [{ key: record.quarantine_id, record }])
  }

  async function follow<T, P>(
    topic: Topic<T>, prepare: (envelope: Envelope<T>) => Envelope<P>, open: (partition: number) => Promise<Line<P>>,
  ): Promise<void> {
    const lines = new Map<number, Line<P>>()
    subscriptions.set(topic.name, await bus.subscribe(topic, {
      group: GROUP,
      async assigned(partition) {
        lines.set(partition, await open(partition))
        return undefined
      },
      async revoked(partition) {
        const line = lines.get(partition)
        await line?.batcher.drain()
        if (line?.events !== undefined && line.next > 0) await saveSeen(line.events, line.next, ports)
        lines.delete(partition)
      },
      async handle(envelopes) {
        await lines.get((envelopes[0] as Envelope<T>).partition)?.batcher.add(envelopes.map(prepare))
      },
      gap: noteGap,
      failed,
    }))
  }

  return {
    name: 'archiver',
    async start() {
      await follow(events, prepared, openEventLine)
      for (const { topic, table } of TABLES) await follow(topic, (envelope) => envelope, async (partition) => openRowLine(topic, table, partition))
    },
    async stop() {
      // A store that is away must not hold up the stop: what is not written is read again from the bus at the next start.
      setTimeout(() => stopping.abort(), STOP_WAIT_MS).unref()
      await Promise.all([...subscriptions.values()].map((subscription) => subscription.stop()))
      stopping.abort()
      subscriptions.clear()
    },
    notReady: () => (subscriptions.size === 0 ? 'not started' : trouble),
  }
}
