/** Topic `events` → table `audit_events`, each identity once. */
import { hash } from 'node:crypto'
import { conflictFinding } from '../../detectors/record-conflict/finding.ts'
import { addSeen, maybeSeen, nothingSeen, type Seen } from '../../detectors/stats/seen.ts'
import type { Envelope, Publisher, Snapshots } from '../../schemas/ports.ts'
import { sideBySide } from '../../schemas/side-by-side.ts'
import { findings, quarantine } from '../../schemas/topics.ts'
import { Packr } from 'msgpackr'
import type { Batch, Cut, Outcome } from './batch.ts'
import { type Candidate, judge, type Prepared, type Verdicts } from './gate.ts'
import { digestOfIds } from './ids-digest.ts'
import { insertOrIsolate, type Refused } from './isolate.ts'
import { LeafLog, type LeafOrder, type LeafPlan } from './leaves.ts'
import { digestOfLines, ledgerOf } from './ledger.ts'
import { quarantined } from './quarantined.ts'
import type { ArchiverTelemetry } from './telemetry.ts'
import type { InsertStore } from './traced-store.ts'

export interface EventArchivePorts {
  readonly bus: Publisher
  readonly store: InsertStore
  readonly snapshots: Snapshots
  readonly telemetry: ArchiverTelemetry
  /** Tells the group that everything before `next` is done. False: the partition is another's by now. */
  keep(next: number): Promise<boolean>
}

const SEEN_VERSION = 1
/** 2: with where the batch begins; 3: and what it takes of the log of leaves. */
const INTENT_VERSION = 3
const INTENT_BYTES = 24
/** A save costs 4 bytes for every identity ever seen, so it is made seldom; after a crash the rest is read back from the table. */
const SAVE_EVERY_RECORDS = 1_000_000

const packr = new Packr({ useRecords: true })
const seenName = (partition: number): string => `archiver-seen-${partition}`
const intentName = (partition: number): string => `archiver-intent-${partition}`

/** One partition's memory of identities, and the batch that may be half written. */
export interface EventPartition {
  readonly partition: number
  readonly seen: Seen
  unsaved: number
  /** The batch that the last owner had in hand; undefined where there was none. */
  readonly cut: Cut | undefined
  readonly leaves: LeafLog
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
export async function openEventPartition(partition: number, { snapshots, store }: Pick<EventArchivePorts, 'snapshots' | 'store'>): Promise<EventPartition> {
  const saved = await snapshots.load(seenName(partition))
  const usable = saved !== undefined && saved.version === SEEN_VERSION
  const seen = usable ? (packr.unpack(saved.state) as Seen) : nothingSeen()
  const missing = await store.eventIdsFrom(partition, usable ? saved.nextOffset : 0)
  for (const id of missing) addSeen(seen, id)
  const { plan, ...intent } = await loadIntent(partition, snapshots)
  return { partition, seen, unsaved: missing.length, ...intent, leaves: new LeafLog(partition, store, { begun: plan }) }
}

async function loadIntent(partition: number, snapshots: Snapshots): Promise<Pick<EventPartition, 'cut' | 'time'> & { readonly plan?: LeafPlan }> {
  const intent = await snapshots.load(intentName(partition))
  if (intent === undefined || (intent.version !== INTENT_VERSION && intent.version !== INTENT_VERSION - 1)) return { cut: undefined, time: 0n }
  const { state, nextOffset: next } = intent
  const first = Number(state.readBigInt64LE(8))
  const time = state.readBigInt64LE()
  if (intent.version !== INTENT_VERSION) return { cut: { first, next }, time }
  const orders = state.length > INTENT_BYTES ? (packr.unpack(state.subarray(INTENT_BYTES)) as readonly LeafOrder[]) : []
  return { cut: { first, next }, time, plan: { first, next, base: Number(state.readBigInt64LE(16)), orders } }
}

async function saveIntent({ first, next, base, orders }: LeafPlan, { partition, time }: EventPartition, snapshots: Snapshots): Promise<void> {
  const state = Buffer.alloc(INTENT_BYTES)
  state.writeBigInt64LE(time)
  state.writeBigInt64LE(BigInt(first), 8)
  state.writeBigInt64LE(BigInt(base), 16)
  const whole = orders.length === 0 ? state : Buffer.concat([state, packr.pack(orders)])
  await snapshots.save(intentName(partition), { version: INTENT_VERSION, nextOffset: next, state: whole })
}

export async function saveSeen(held: EventPartition, next: number, { snapshots }: Pick<EventArchivePorts, 'snapshots'>): Promise<void> {
  await snapshots.save(seenName(held.partition), { version: SEEN_VERSION, nextOffset: next, state: packr.pack(held.seen) })
  held.unsaved = 0
}

/**
 * Stores one batch. When this has resolved with `kept`, everything in it is stored, a duplicate, a conflict or in quarantine, and the ledger says
 * which. With `left` the partition is another's, and nothing was inserted.
 */
export async function archiveEvents(batch: Batch<Prepared>, held: EventPartition, ports: EventArchivePorts): Promise<Outcome> {
  const { envelopes, time } = dated(batch.envelopes, held.time)
  const isEmpty = envelopes.every(({ records }) => records.every((record) => 'tickAt' in record))
  if ((!isEmpty || await held.leaves.waited(batch)) && await archive({ ...batch, envelopes }, held, ports) === 'left') return 'left'
  held.time = time
  return 'kept'
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

async function archive(batch: Batch<Prepared>, held: EventPartition, ports: EventArchivePorts): Promise<Outcome> {
  const verdicts = await judge(batch.envelopes, held.seen, ports.store)
  await report(verdicts, held.partition, ports)
  const plan = await held.leaves.plan(batch, () => ports.keep(batch.first))
  if (plan === undefined) return 'left'
  // Also where nothing is to be inserted: the ledger's row must be that of the same batch after a crash, and its times those of then.
  await saveIntent(plan, held, ports.snapshots)
  // Behind the line above: while the group says that the partition is ours, nobody has yet read where this batch ends and missed it.
  if (!(await ports.keep(batch.first))) return 'left'
  const place = `${held.partition}:${batch.first}-${batch.next}`
  const refused = await insert(verdicts, place, ports).catch((error: unknown) => {
    doubt(verdicts, held)
    throw error
  })
  ports.telemetry.storedAfter(batch.envelopes)
  const putAside = new Set(refused)
  const ledger = ledgerOf(held.partition, verdicts, putAside)
  await sideBySide(
    ports.store.insertRows('archive_ledger', ledger.map((row) => ({ ...row })), `ledger:${place}:${digestOfLines(ledger)}`),
    held.leaves.append(plan, inPlaces(verdicts, putAside), verdicts.there.size > 0),
  )
  for (const id of verdicts.ids) addSeen(held.seen, id)
  held.unsaved += verdicts.ids.length
  if (held.unsaved >= SAVE_EVERY_RECORDS) await saveSeen(held, batch.next, ports)
  ports.telemetry.archived(verdicts, refused.length)
  return 'kept'
}

/** What is stored, in the order of the bus: the gate puts conflicts behind the others. */
function inPlaces({ rows, conflicts }: Verdicts, refused: ReadonlySet<Candidate>): readonly Candidate[] {
  const stored = refused.size === 0 ? rows : rows.filter((row) => !refused.has(row))
  if (conflicts.length === 0) return stored
  return stored.toSorted((one, other) => one.offset - other.offset || one.offsetIndex - other.offsetIndex)
}

/** An insert whose answer did not come may be there, and its token forgotten by the time that it is tried again: then the store is asked. */
function doubt({ ids }: Verdicts, { seen }: EventPartition): void {
  for (const id of ids) if (!maybeSeen(seen, id)) addSeen(seen, id)
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
async function insert(verdicts: Verdicts, place: string, ports: EventArchivePorts): Promise<readonly Candidate[]> {
  const token = `events:${place}:${digestOfIds(verdicts.ids)}`
  const refused = await insertAbsent(verdicts, token, ports.store)
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

/**
 * The rows of one batch under one token, but those that are there. Halves are those of the whole batch, so that a token never stands for other
 * rows; what of a block is there already is a whole month of it, and an engine knows blocks by token and month.
 */
export async function insertAbsent({ rows, there }: Verdicts, token: string, store: Pick<InsertStore, 'insertEvents'>): Promise<Refused<Candidate>[]> {
  if (there.size === rows.length) return []
  return await insertOrIsolate(rows, token, (some, part) => store.insertEvents(there.size === 0 ? some : some.filter((row) => !there.has(row)), part))
}
