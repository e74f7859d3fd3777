/** Topic `events` → table `audit_events`, each identity once. */
import { hash } from 'node:crypto'
import { conflictFinding } from '../../detectors/record-conflict/finding.ts'
import { addSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import type { Envelope, Publisher, Snapshots } from '../../schemas/ports.ts'
import { findings, quarantine } from '../../schemas/topics.ts'
import { Packr } from 'msgpackr'
import type { Batch } from './batch.ts'
import { type Candidate, judge, type Prepared, type Verdicts } from './gate.ts'
import { insertOrIsolate } from './isolate.ts'
import { ledgerOf } from './ledger.ts'
import { quarantined } from './quarantined.ts'
import type { ArchiverTelemetry } from './telemetry.ts'
import type { InsertStore } from './traced-store.ts'

export interface EventArchivePorts {
  readonly bus: Publisher
  readonly store: InsertStore
  readonly snapshots: Snapshots
  readonly telemetry: ArchiverTelemetry
}

const SEEN_VERSION = 1
const INTENT_VERSION = 1
const TIME_BYTES = 8
/** A save costs 2 bytes for every identity ever seen, so it is made seldom; after a crash the rest is read back from the table. */
const SAVE_EVERY_RECORDS = 1_000_000

const packr = new Packr({ useRecords: true })
const seenName = (partition: number): string => `archiver-seen-${partition}`
const intentName = (partition: number): string => `archiver-intent-${partition}`

/** One partition's memory of identities, and the batch that may be half written. */
export interface EventPartition {
  readonly partition: number
  readonly seen: Seen
  unsaved: number
  /** Where the batch in hand at the crash ended; undefined where none was. */
  readonly cutAt: number | undefined
  /** Latest record time before the next batch, nanoseconds: dates what cannot be read and stands alone. */
  time: bigint
}

/** When a record was received, or what a tick said; 0n where it says nothing. */
export function timeOf(record: Prepared | undefined): bigint {
  if (record === undefined) return 0n
  if ('tickAt' in record) return record.tickAt
  return 'near' in record ? record.near : record.head.received_at
}

/** Reads back what the last run knew. */
export async function openEventPartition(partition: number, { snapshots, store }: EventArchivePorts): Promise<EventPartition> {
  const saved = await snapshots.load(seenName(partition))
  const usable = saved !== undefined && saved.version === SEEN_VERSION
  const seen = usable ? (packr.unpack(saved.state) as Seen) : nothingSeen()
  const missing = await store.eventIdsFrom(partition, usable ? saved.nextOffset : 0)
  for (const id of missing) addSeen(seen, id)
  const intent = await snapshots.load(intentName(partition))
  const known = intent?.version === INTENT_VERSION ? intent : undefined
  // The first version of an intent had no time in it.
  const time = known?.state.length === TIME_BYTES ? known.state.readBigInt64LE() : 0n
  return { partition, seen, unsaved: missing.length, cutAt: known?.nextOffset, time }
}

export async function saveSeen(held: EventPartition, next: number, { snapshots }: EventArchivePorts): Promise<void> {
  await snapshots.save(seenName(held.partition), { version: SEEN_VERSION, nextOffset: next, state: packr.pack(held.seen) })
  held.unsaved = 0
}

/** Stores one batch. When this has resolved, everything in it is stored, a duplicate, a conflict or in quarantine, and the ledger says which. */
export async function archiveEvents(batch: Batch<Prepared>, held: EventPartition, ports: EventArchivePorts): Promise<void> {
  const { envelopes, time } = dated(batch.envelopes, held.time)
  if (envelopes.some(({ records }) => records.some((record) => !('tickAt' in record)))) await archive({ ...batch, envelopes }, held, ports)
  held.time = time
}

/** Unreadable records that stand alone get the time that it was when they came. `time`: where it stands behind the last envelope. */
function dated(envelopes: readonly Envelope<Prepared>[], from: bigint): { readonly envelopes: Envelope<Prepared>[]; readonly time: bigint } {
  let time = from
  const dating = (record: Prepared): Prepared => {
    const own = timeOf(record)
    if (own > time) time = own
    return 'near' in record && own === 0n ? { ...record, near: time } : record
  }
  const out = envelopes.map((envelope) => {
    const { records } = envelope
    if (records.some((record) => 'near' in record)) return { ...envelope, records: records.map(dating) }
    for (const record of records) dating(record)
    return envelope
  })
  return { envelopes: out, time }
}

async function archive(batch: Batch<Prepared>, held: EventPartition, ports: EventArchivePorts): Promise<void> {
  const verdicts = await judge(batch.envelopes, held.seen, ports.store)
  await report(verdicts, held.partition, ports)
  // Also where nothing is to be inserted: the ledger's row must be that of the same batch after a crash, and its times those of then.
  const state = Buffer.alloc(TIME_BYTES)
  state.writeBigInt64LE(held.time)
  await ports.snapshots.save(intentName(held.partition), { version: INTENT_VERSION, nextOffset: batch.next, state })
  const place = `${held.partition}:${batch.first}-${batch.next}`
  const refused = verdicts.rows.length === 0 ? [] : await insert(verdicts, place, ports)
  await ports.store.insertRows('archive_ledger', ledgerOf(held.partition, verdicts, new Set(refused)).map((row) => ({ ...row })), `ledger:${place}`)
  for (const id of verdicts.ids) addSeen(held.seen, id)
  held.unsaved += verdicts.ids.length
  if (held.unsaved >= SAVE_EVERY_RECORDS) await saveSeen(held, batch.next, ports)
  ports.telemetry.archived(verdicts, refused.length)
  ports.telemetry.storedAfter(batch.envelopes)
}

/** What the batch says besides rows. Ids are made of the content, so a repetition after a crash says nothing new. */
export async function report({ conflicts, unreadable }: Verdicts, partition: number, { bus }: Pick<EventArchivePorts, 'bus'>): Promise<void> {
  if (conflicts.length > 0) {
    await bus.publish(findings, conflicts.map((event) => ({
      key: event.tenant, record: conflictFinding(event, hash('sha256', `record-conflict\u0000${event.event_id}`, 'hex').slice(0, 32)),
    })))
  }
  if (unreadable.length > 0) {
    await bus.publish(quarantine, unreadable.map(({ unreadable: bytes, offset, offsetIndex, near }) => {
      const record = quarantined({
        reason: 'undecodable_record', topic: 'events', partition, offset, offset_index: offsetIndex, payload: bytes.toString('base64'),
        detail: 'bytes on topic events are no canonical record of a known version', quarantined_at: near,
      })
      return { key: record.quarantine_id, record }
    }))
  }
}

/** The rows that the store refused: they are in quarantine. */
async function insert({ rows, ids }: Verdicts, place: string, ports: EventArchivePorts): Promise<readonly Candidate[]> {
  const token = `events:${place}:${hash('sha256', ids.join(), 'hex')}`
  const refused = await insertOrIsolate(rows, token, (some, part) => ports.store.insertEvents(some, part))
  if (refused.length === 0) return []
  await ports.bus.publish(quarantine, refused.map(({ row, why }) => {
    const record = quarantined({
      reason: 'refused_row', topic: 'events', partition: row.partition, offset: row.offset, offset_index: row.offsetIndex,
      payload: row.bytes.toString('base64'), detail: why, tenant: row.head.tenant, source: row.head.source, quarantined_at: row.head.received_at,
    })
    return { key: record.quarantine_id, record }
  }))
  return refused.map(({ row }) => row)
}
