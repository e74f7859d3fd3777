/** Lines of the archiver: one partition of one topic each, from its batches to its place in the group. */
import type { Publisher, Row, Snapshots } from '../../schemas/ports.ts'
import type { Replay } from '../../schemas/quarantined.ts'
import { events, replays } from '../../schemas/topics.ts'
import { putAgain } from './again.ts'
import { type Batch, Batcher, type BatchLimits, type Cut, type Outcome } from './batch.ts'
import type { Convoy } from './convoy.ts'
import { archiveEvents, type EventArchivePorts, type EventPartition, openEventPartition } from './events.ts'
import type { Expecting } from './gaps.ts'
import type { Prepared } from './gate.ts'
import { Rhythm } from './rhythm.ts'
import { writeRows } from './rows.ts'
import type { RowTopic } from './tables.ts'
import type { ArchiverTelemetry } from './telemetry.ts'
import type { InsertStore } from './traced-store.ts'
import type { Troubles } from './troubles.ts'

export interface Line<T> extends Expecting {
  readonly batcher: Batcher<T>
  readonly events?: EventPartition
  /** Behind the last batch that is done. */
  next: number
}

/** Partitions of one topic are written at the same time, and what can go together does. */
export interface Pace {
  readonly limits: BatchLimits
  readonly rhythm: Rhythm
  readonly convoy: Convoy
}

export interface LinePorts {
  readonly bus: Publisher
  readonly store: InsertStore
  readonly snapshots: Snapshots
  readonly telemetry: ArchiverTelemetry
  readonly troubles: Troubles
  /** Tells the group that everything before `next` is done. False: the partition is another's by now. */
  keep(topic: string, partition: number, next: number): Promise<boolean>
  /** Latest receipt of an event, nanoseconds: dates what has no time of its own. */
  latest(): bigint
}

interface LineOptions<T> {
  readonly topic: string
  readonly partition: number
  readonly pace: Pace
  readonly cut?: Cut | undefined
  readonly events?: EventPartition
  write(batch: Batch<T>): Promise<Outcome>
}

export const lineName = (topic: string, partition: number): string => `${topic}/${partition}`

/** Whoever has the partition when its place cannot be kept makes the batch again, and finds it stored. */
function openLine<T>({ topic, partition, pace, cut, events: held, write }: LineOptions<T>, { troubles, keep }: LinePorts): Line<T> {
  const name = lineName(topic, partition)
  const batcher = new Batcher<T>(pace.limits, cut, (batch) => pace.convoy.during(async () => {
    if (await write(batch) === 'left' || !(await troubles.persist(name, () => keep(topic, partition, batch.next)))) return 'left'
    line.next = batch.next
    return 'kept'
  }), troubles.failed(name), pace.rhythm)
  const line: Line<T> = { batcher, next: 0, expected: undefined, ...(held === undefined ? {} : { events: held }) }
  return line
}

/** Reads back first what its last owner knew. */
export async function openEventLine(partition: number, pace: Pace, line: LinePorts): Promise<Line<Prepared>> {
  const topic = events.name
  const ports: EventArchivePorts = { ...line, store: pace.convoy.store, keep: (next) => line.keep(topic, partition, next) }
  const held = await openEventPartition(partition, ports)
  const write = (batch: Batch<Prepared>): Promise<Outcome> => line.troubles.persist(lineName(topic, partition), () => archiveEvents(batch, held, ports))
  return openLine({ topic, partition, pace, cut: held.cut, events: held, write }, line)
}

export function openRowLine(kind: RowTopic, partition: number, pace: Pace, line: LinePorts): Line<Row> {
  const topic = kind.topic.name
  const ports = { ...line, store: pace.convoy.store, keep: (next: number) => line.keep(topic, partition, next) }
  const write = (batch: Batch<Row>): Promise<Outcome> => line.troubles.persist(lineName(topic, partition), () => writeRows(kind, batch, ports))
  return openLine({ topic, partition, pace, write }, line)
}

/** Replays are written one by one: none of them waits for other partitions. */
export function openReplayLine(partition: number, pace: Pace, line: LinePorts): Line<Replay> {
  const topic = replays.name
  const name = lineName(topic, partition)
  async function write({ envelopes }: Batch<Replay>): Promise<Outcome> {
    for (const { records } of envelopes) for (const replay of records) await line.troubles.persist(name, () => putAgain(replay, line))
    return 'kept'
  }
  return openLine({ topic, partition, pace: { ...pace, rhythm: new Rhythm(pace.limits) }, write }, line)
}
