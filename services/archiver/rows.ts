/** Topics of ordinary rows → their tables. */
import { createHash, hash } from 'node:crypto'
import type { Envelope, Keyed, Publisher, Row } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import { metrics, quarantine } from '../../schemas/topics.ts'
import type { Batch, Outcome } from './batch.ts'
import { insertOrIsolate, type Refused } from './isolate.ts'
import { firstOnes, type PlacedPoint, pointLedger } from './points.ts'
import { quarantined } from './quarantined.ts'
import type { RowTopic } from './tables.ts'
import type { ArchiverTelemetry } from './telemetry.ts'
import type { InsertStore } from './traced-store.ts'

export interface RowPorts {
  readonly bus: Publisher
  readonly store: InsertStore
  readonly telemetry: ArchiverTelemetry
  /** Tells the group that everything before `next` is done. False: the partition is another's by now. */
  keep(next: number): Promise<boolean>
  /** Latest receipt of an event, nanoseconds. */
  latest(): bigint
}

/** Writes one batch. With `left` the partition is another's, and nothing was inserted. */
export async function writeRows(kind: RowTopic, batch: Batch<Row>, ports: RowPorts): Promise<Outcome> {
  const { topic, table } = kind
  const { store, telemetry } = ports
  if (!(await ports.keep(batch.first))) return 'left'
  const partition = (batch.envelopes[0] as Envelope<Row>).partition
  const placed = placedRows(kind, batch)
  const place = `${topic.name}:${partition}:${batch.first}-${batch.next}:${saying(kind, batch)}`
  const points = topic.name === metrics.name
  const firsts = points ? await firstOnes(placed, store) : placed
  // The token names the rows too: which of them are the first of their identity can change until it is tried again.
  const token = points ? `${place}:${hash('sha256', firsts.map(({ offset, index }) => `${offset}.${index}`).join(), 'hex')}` : place
  const refused = await insertOrIsolate(firsts, token, (some, part) => store.insertRows(table, some.map(({ row }) => row), part))
  telemetry.stored(topic.name, firsts.length - refused.length)
  telemetry.refused(topic.name, refused.length)
  await putAside(kind, partition, refused, ports)
  if (points) {
    const lines = pointLedger({ partition, placed, firsts: new Set(firsts), refused: new Set(refused.map(({ row }) => row)) })
    await store.insertRows('archive_ledger', lines.map((line) => ({ ...line })), `ledger:${place}`)
  }
  return 'kept'
}

/**
 * SHA-256 over how many records each envelope has, and the first and last of them, 64 hex digits. Offsets alone do not say what a batch is: a bus
 * that was made anew beside an old store counts from 0 again, and the store would take other records at known places for known rows.
 */
function saying({ topic }: RowTopic, { envelopes }: Batch<Row>): string {
  const digest = createHash('sha256')
  for (const { records } of envelopes) {
    const [first, last] = [records[0], records.at(-1)]
    digest.update(`${records.length}:`).update(topic.codec.encode(first === undefined || last === undefined ? [] : [first, last]))
  }
  return digest.digest('hex')
}

function placedRows({ defaults }: RowTopic, { envelopes }: Batch<Row>): PlacedPoint[] {
  const whole = (row: Row): Row => (defaults === undefined ? row : { ...defaults, ...row })
  return envelopes.flatMap(({ offset, records }) => records.map((row, index) => ({ row: whole(row), offset, index })))
}

/** Rows that the store refused. */
async function putAside({ topic }: RowTopic, partition: number, refused: readonly Refused<PlacedPoint>[], { bus, latest }: RowPorts): Promise<void> {
  await bus.publish(quarantine, refused.map(({ row: { row, offset, index }, why }): Keyed<Quarantined> => {
    const record = quarantined({
      reason: 'refused_row', topic: topic.name, partition, offset, offset_index: index, payload: topic.codec.encode([row]).toString('base64'),
      detail: why, tenant: typeof row['tenant'] === 'string' ? row['tenant'] : '', quarantined_at: latest(),
    })
    return { key: record.quarantine_id, record }
  }))
}
