/** A quarantined record through the archiver again. Done twice, it is done once: places, tokens and the ledger's key are those of the record. */
import { addSeen, nothingSeen } from '../../detectors/stats/seen.ts'
import type { Keyed, Publisher, Row } from '../../schemas/ports.ts'
import type { QuarantineAction, Quarantined, Replay } from '../../schemas/quarantined.ts'
import { EventRecord, metrics, quarantineActions } from '../../schemas/topics.ts'
import { insertAbsent, report } from './events.ts'
import { candidateOf, judge, type Verdicts } from './gate.ts'
import { insertOrIsolate } from './isolate.ts'
import { orderRow } from './leaves.ts'
import { takenBack } from './ledger.ts'
import { firstOnes } from './points.ts'
import { ROW_TOPICS } from './tables.ts'
import type { InsertStore } from './traced-store.ts'

export interface AgainPorts {
  readonly bus: Publisher
  readonly store: InsertStore
}

/** Throws Failure `unavailable` when store or bus is away: then it is to be called again. */
export async function putAgain({ record, step }: Replay, ports: AgainPorts): Promise<void> {
  if (record.stage !== 'archiver') return
  if (record.reason === 'undecodable_record') return readAgain(record, ports)
  const stored = record.topic === 'events' ? await eventAgain(record, ports) : await rowAgain(record, ports)
  if (!stored) await ports.bus.publish(quarantineActions, [returned(record, step)])
}

const token = ({ quarantine_id: id }: Quarantined): string => `again:${id}`

/** It waits as before, and says so behind the step that sent it. */
function returned({ quarantine_id, tenant, quarantined_at }: Quarantined, step: number): Keyed<QuarantineAction> {
  const action: QuarantineAction = {
    quarantine_id, tenant, step: step + 1, action: 'return', by: 'archiver', why: 'the store refused it again', acted_at: quarantined_at,
  }
  return { key: quarantine_id, record: action }
}

/** Its bytes go through the topic again and are counted there under their tenant and source: here they are only counted no more. */
async function readAgain(record: Quarantined, { store }: AgainPorts): Promise<void> {
  if (record.topic !== 'events') return
  const row = takenBack(record.quarantine_id, { tenant: '', source: '', received_at: record.quarantined_at }, undefined)
  await store.insertRows('archive_ledger', [{ ...row }], `ledger:${token(record)}`)
}

/** The row takes the place that it should have had. False when it was refused again. */
async function eventAgain(record: Quarantined, { bus, store }: AgainPorts): Promise<boolean> {
  const bytes = Buffer.from(record.payload, 'base64')
  const { event, head } = EventRecord.of(bytes)
  if (event === undefined || head === undefined) return false
  const { partition, offset, offset_index: offsetIndex } = record
  const candidate = candidateOf(head, bytes, { partition, offset, offsetIndex })
  const seen = nothingSeen()
  addSeen(seen, head.event_id)
  const verdicts = await judge([{ partition, offset, records: [candidate] }], seen, store)
  const refused = await insertAbsent(verdicts, token(record), store)
  if (refused.length > 0) return false
  await report(verdicts, partition, { bus })
  // Behind the row: what it has no leaf for gets one from the owner of its partition.
  await store.insertRows('leaf_orders', verdicts.rows.map(orderRow), `leaf:${token(record)}`)
  await store.insertRows('archive_ledger', [{ ...takenBack(record.quarantine_id, head, became(verdicts)) }], `ledger:${token(record)}`)
  return true
}

function became({ rows, conflicts }: Verdicts): 'stored' | 'duplicate' | 'conflict' {
  if (conflicts.length > 0) return 'conflict'
  // A conflict that was refused as such comes back under its own id.
  return rows.length > 0 ? 'stored' : 'duplicate'
}

async function rowAgain(record: Quarantined, { store }: AgainPorts): Promise<boolean> {
  const kind = ROW_TOPICS.find(({ topic }) => topic.name === record.topic)
  if (kind === undefined) return false
  const rows = kind.topic.codec.decode(Buffer.from(record.payload, 'base64')).map((row) => ({ ...kind.defaults, ...row }))
  if (record.topic === metrics.name) return pointAgain(record, rows, store)
  const refused = await insertOrIsolate(rows, token(record), (some, part) => store.insertRows(kind.table, some, part))
  return refused.length === 0
}

/** It may have been sent again meanwhile: then it is there. */
async function pointAgain(record: Quarantined, rows: readonly Row[], store: InsertStore): Promise<boolean> {
  const firsts = (await firstOnes(rows.map((row, index) => ({ row, offset: record.offset, index })), store)).map(({ row }) => row)
  const refused = await insertOrIsolate(firsts, token(record), (some, part) => store.insertRows('mcp_metrics', some, part))
  const [row] = rows
  if (refused.length > 0 || row === undefined) return false
  const origin = { points: true, tenant: String(row['tenant']), source: String(row['source']), received_at: row['received_at'] as bigint }
  const line = takenBack(record.quarantine_id, origin, firsts.length > 0 ? 'stored' : 'duplicate')
  await store.insertRows('archive_ledger', [{ ...line }], `ledger:${token(record)}`)
  return true
}
