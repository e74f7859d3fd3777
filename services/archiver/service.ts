/** Archiver: every topic → its table. Offsets are committed after the store's answer, so nothing is left out; ids make repetitions harmless. */
import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Failure, kindOf, pauseMs } from '../../schemas/failure.ts'
import { type Bus, type Envelope, type Gap, type Keyed, type Log, NOT_ASSIGNED, type Row, type Service, type Snapshots, type Subscription } from '../../schemas/ports.ts'
import type { Quarantined, Replay } from '../../schemas/quarantined.ts'
import type { RuleText } from '../../schemas/rule-text.ts'
import { type EventRecord, events, metrics, quarantine, replays, type Topic } from '../../schemas/topics.ts'
import { putAgain } from './again.ts'
import { type Batch, Batcher, type BatchLimits, type Outcome } from './batch.ts'
import { archiveEvents, type EventArchivePorts, type EventPartition, openEventPartition, saveSeen, timeOf } from './events.ts'
import { type Prepared, prepared } from './gate.ts'
import { Convoy } from './convoy.ts'
import { insertOrIsolate } from './isolate.ts'
import { firstOnes, pointLedger } from './points.ts'
import { quarantined } from './quarantined.ts'
import { Rhythm } from './rhythm.ts'
import { archiverTelemetry } from './telemetry.ts'
import { ROW_TOPICS, type RowTopic } from './tables.ts'
import { type InsertStore, tracedStore } from './traced-store.ts'

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
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
/** However long a store asks for. */
const MOST_WAIT_MS = 30_000
const STOP_WAIT_MS = 8_000

interface Line<T> {
  readonly batcher: Batcher<T>
  readonly events?: EventPartition
  next: number
  /** Offset of the envelope that comes next; undefined until the first has come. */
  expected: number | undefined
}

/** Partitions of one topic are written at the same time, and what can go together does. */
interface Pace {
  readonly limits: BatchLimits
  readonly rhythm: Rhythm
  readonly convoy: Convoy
}

const lineName = (topic: string, partition: number): string => `${topic}/${partition}`

export function createArchiver(config: ArchiverConfig, { bus, store: untraced, snapshots, log }: ArchiverPorts): Service {
  const telemetry = archiverTelemetry()
  const store = tracedStore(untraced)
  const stopping = new AbortController()
  const subscriptions = new Map<string, Promise<Subscription>>()
  /** Why it is not ready, by line: that one line goes on says nothing of another that has stopped. */
  const troubles = new Map<string, string>()
  /** Latest receipt of an event, nanoseconds: dates what has no time of its own. */
  let latest = 0n

  const failed = (line: string) => (error: unknown): void => {
    if (stopping.signal.aborted) return
    troubles.set(line, error instanceof Error ? error.message : String(error))
    log.error({ line, err: error }, 'archiver stopped')
  }

  /** Tries until the store answers. What is tried asks the group each time: an insert that was begun is given up only by who has lost the partition. */
  async function persist<T>(line: string, write: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
      try {
        const written = await write()
        troubles.delete(line)
        return written
      } catch (error) {
        if (kindOf(error) !== 'unavailable' || stopping.signal.aborted) throw error
        troubles.set(line, `${line}: ${(error as Error).message}`)
        log.warn({ line, err: error }, 'store or bus did not take a batch; trying again')
        await wait(pauseMs(error, pause, MOST_WAIT_MS), undefined, { signal: stopping.signal })
      }
    }
  }

  /** Tells the group that everything before `next` is done. False: the partition is another's by now. */
  async function keep(topic: string, partition: number, next: number): Promise<boolean> {
    try {
      await (await subscriptions.get(topic))?.commit(partition, next)
      return true
    } catch (error) {
      if (error instanceof Failure && error.code === NOT_ASSIGNED) return false
      throw error
    }
  }

  /** Whoever has the partition when its place cannot be kept makes the batch again, and finds it stored. */
  async function finish<T>(topic: string, partition: number, line: Line<T>, batch: Batch<T>): Promise<Outcome> {
    if (!(await persist(lineName(topic, partition), () => keep(topic, partition, batch.next)))) return 'left'
    line.next = batch.next
    return 'kept'
  }

  function dated(envelope: Envelope<EventRecord>): Envelope<Prepared> {
    const ready = prepared(envelope)
    const time = timeOf(ready.records[0])
    if (time > latest) latest = time
    return ready
  }

  async function openEventLine(partition: number, { limits, rhythm, convoy }: Pace): Promise<Line<Prepared>> {
    const ports: EventArchivePorts = { bus, store: convoy.store, snapshots, telemetry, keep: (next) => keep('events', partition, next) }
    const held = await openEventPartition(partition, ports)
    const name = lineName('events', partition)
    const batcher = new Batcher<Prepared>(limits, held.cut, (batch) => convoy.during(async () => {
      if (await persist(name, () => archiveEvents(batch, held, ports)) === 'left') return 'left'
      return await finish('events', partition, line, batch)
    }), failed(name), rhythm)
    const line: Line<Prepared> = { batcher, events: held, next: 0, expected: undefined }
    return line
  }

  function openRowLine(kind: RowTopic, partition: number, { limits, rhythm, convoy }: Pace): Line<Row> {
    const name = lineName(kind.topic.name, partition)
    const batcher = new Batcher<Row>(limits, undefined, (batch) => convoy.during(async () => {
      if (await persist(name, () => writeRows(kind, batch, convoy.store)) === 'left') return 'left'
      return await finish(kind.topic.name, partition, line, batch)
    }), failed(name), rhythm)
    const line: Line<Row> = { batcher, next: 0, expected: undefined }
    return line
  }

  function openReplayLine(partition: number, { limits }: Pace): Line<Replay> {
    const name = lineName('replays', partition)
    const batcher = new Batcher<Replay>(limits, undefined, async (batch) => {
      for (const { records } of batch.envelopes) for (const replay of records) await persist(name, () => putAgain(replay, { bus, store }))
      return await finish('replays', partition, line, batch)
    }, failed(name))
    const line: Line<Replay> = { batcher, next: 0, expected: undefined }
    return line
  }

  async function writeRows({ topic, table, defaults }: RowTopic, batch: Batch<Row>, to: InsertStore): Promise<Outcome> {
    const partition = (batch.envelopes[0] as Envelope<Row>).partition
    if (!(await keep(topic.name, partition, batch.first))) return 'left'
    const whole = (row: Row): Row => (defaults === undefined ? row : { ...defaults, ...row })
    const placed = batch.envelopes.flatMap(({ offset, records }) => records.map((row, index) => ({ row: whole(row), offset, index })))
    const place = `${topic.name}:${partition}:${batch.first}-${batch.next}`
    const points = topic.name === metrics.name
    const firsts = points ? await firstOnes(placed, to) : placed
    // The token names the rows too: which of them are the first of their identity can change until it is tried again.
    const token = points ? `${place}:${hash('sha256', firsts.map(({ offset, index }) => `${offset}.${index}`).join(), 'hex')}` : place
    const refused = await insertOrIsolate(firsts, token, (some, part) => to.insertRows(table, some.map(({ row }) => row), part))
    telemetry.stored(topic.name, firsts.length - refused.length)
    telemetry.refused(topic.name, refused.length)
    await bus.publish(quarantine, refused.map(({ row: { row, offset, index }, why }): Keyed<Quarantined> => {
      const record = quarantined({
        reason: 'refused_row', topic: topic.name, partition, offset, offset_index: index, payload: topic.codec.encode([row]).toString('base64'),
        detail: why, tenant: typeof row['tenant'] === 'string' ? row['tenant'] : '', quarantined_at: latest,
      })
      return { key: record.quarantine_id, record }
    }))
    if (points) {
      const lines = pointLedger({ partition, placed, firsts: new Set(firsts), refused: new Set(refused.map(({ row }) => row)) })
      await to.insertRows('archive_ledger', lines.map((line) => ({ ...line })), `ledger:${place}`)
    }
    return 'kept'
  }

  async function noteGap(gap: Gap): Promise<void> {
    const reason = gap.cause === 'missing' ? 'missing_group' : gap.cause === 'undecodable' ? 'undecodable_record' : 'damaged_group'
    const record = quarantined({
      reason, topic: gap.topic, partition: gap.partition, offset: gap.first, offset_index: -1, payload: '',
      detail: `envelopes ${gap.first} to ${gap.next - 1} cannot be read: ${gap.cause}`, quarantined_at: latest,
    })
    log.error({ ...gap }, 'records on the bus are lost')
    await bus.publish(quarantine, [{ key: record.quarantine_id, record }])
  }

  /** A bus that leaves out an envelope without a word is found out by the numbers. */
  async function checkOrder<T, P>(topic: string, line: Line<P>, envelopes: readonly Envelope<T>[]): Promise<void> {
    for (const { partition, offset } of envelopes) {
      if (line.expected !== undefined && offset > line.expected) await noteGap({ topic, partition, first: line.expected, next: offset, cause: 'missing' })
      line.expected = offset + 1
    }
  }

  async function follow<T, P>(
    topic: Topic<T>, limits: BatchLimits, prepare: (envelope: Envelope<T>) => Envelope<P>, open: (partition: number, pace: Pace) => Promise<Line<P>>,
  ): Promise<void> {
    const pace: Pace = { limits, rhythm: new Rhythm(limits), convoy: new Convoy(store) }
    const lines = new Map<number, Line<P>>()
    const subscription = bus.subscribe(topic, {
      group: GROUP, gatherMs: GATHER_MS,
      async assigned(partition) {
        lines.set(partition, await open(partition, pace))
        return undefined
      },
      async revoked(partition) {
        const line = lines.get(partition)
        lines.delete(partition)
        await line?.batcher.drain()
        // Whoever has it next begins where this line stopped.
        troubles.delete(lineName(topic.name, partition))
        if (line?.events !== undefined && line.next > 0) await saveSeen(line.events, line.next, { snapshots })
      },
      async handle(envelopes) {
        const line = lines.get((envelopes[0] as Envelope<T>).partition)
        if (line === undefined) return
        await checkOrder(topic.name, line, envelopes)
        await line.batcher.add(envelopes.map(prepare))
      },
      async gap(gap) {
        const line = lines.get(gap.partition)
        if (line !== undefined) line.expected = gap.next
        await noteGap(gap)
      },
      failed: failed(topic.name),
    })
    subscriptions.set(topic.name, subscription)
    await subscription
  }

  /** Every version of a rule once, however often it starts. */
  async function writeRules(rules: readonly RuleText[]): Promise<void> {
    const rows = rules.map((rule): Row => ({ ...rule }))
    await persist('rules', () => store.insertRows('rules', rows, `rules:${hash('sha256', JSON.stringify(rows), 'hex')}`))
  }

  return {
    name: 'archiver',
    async start() {
      if (config.rules !== undefined) void writeRules(config.rules).catch(failed('rules'))
      const others = config.others
      await follow(events, config.events, dated, openEventLine)
      for (const kind of ROW_TOPICS) await follow(kind.topic, others, (envelope) => envelope, async (partition, pace) => openRowLine(kind, partition, pace))
      await follow(replays, others, (envelope) => envelope, async (partition, pace) => openReplayLine(partition, pace))
    },
    async stop() {
      // A store that is away must not hold up the stop: what is not written is read again from the bus at the next start.
      setTimeout(() => stopping.abort(), STOP_WAIT_MS).unref()
      await Promise.all([...subscriptions.values()].map(async (subscribed) => (await subscribed.catch(() => undefined))?.stop()))
      stopping.abort()
      subscriptions.clear()
    },
    notReady: () => (subscriptions.size === 0 ? 'not started' : [...troubles.values()][0] ?? ''),
  }
}
