/**
 * The identity gate: of all records that claim one identity, the first on the bus is stored; the same again is a duplicate; another is
 * kept under its own id as a conflict. What was never seen is known to be new without asking; only a maybe costs a look into the store.
 */
import { hash } from 'node:crypto'
import { maybeSeen, type Seen } from '../../detectors/stats/seen.ts'
import type { AuditEvent, KnownEvent } from '../../schemas/audit-event.ts'
import { contentHash, decodeCanonical, encodeCanonical, HASH_DIGITS, recordHash, writeHashes } from '../../schemas/canonical.ts'
import { type EventHead, headOf } from '../../schemas/event-head.ts'
import { isHex } from '../../schemas/hex.ts'
import type { Envelope, Store, StoredEvent } from '../../schemas/ports.ts'
import type { EventRecord } from '../../schemas/topics.ts'

export interface Verdicts {
  /** Conflicts stand behind all others. */
  readonly rows: Candidate[]
  /** Those of `rows` that the store has already, at this very place: the batch was begun before. */
  readonly there: Set<Candidate>
  readonly ids: string[]
  readonly conflicts: AuditEvent[]
  readonly duplicates: Candidate[]
  readonly unreadable: Unreadable[]
}

/** What the gate needs of an event: its bytes, who it claims to be, and its hashes. Many wait for their batch, so each is small. */
export interface Candidate extends StoredEvent {
  readonly head: EventHead
}

/** A record that is no audit event, with its place. */
export interface Unreadable {
  readonly unreadable: Buffer
  readonly offset: number
  readonly offsetIndex: number
  /** Receipt of a record or tick near it in its envelope, nanoseconds; 0n where there is none. */
  readonly near: bigint
}

/** Time that moved; nothing to store. */
export interface Tick {
  readonly tickAt: bigint
}

/** Whoever may write to the bus may write anything; a leaf has room for so many hex digits. */
const ID_DIGITS = 32

/** A record of topic `events` as the gate takes it. */
export type Prepared = Candidate | Unreadable | Tick

/** Who has an identity already: a row of the store, or a candidate before in the batch. */
type Known = KnownEvent | Candidate

/** The records of an envelope made ready for the gate. */
export function prepared({ partition, offset, records }: Envelope<EventRecord>): Envelope<Prepared> {
  const hashes = Buffer.allocUnsafeSlow(records.length * HASH_DIGITS * 2)
  return {
    partition, offset,
    records: records.map(({ bytes, head, tickAt }, offsetIndex) => {
      if (bytes === undefined) return { tickAt }
      if (head === undefined || !isHex(head.event_id, ID_DIGITS)) return { unreadable: bytes, offset, offsetIndex, near: timeNear(records, offsetIndex) }
      return candidateAt(head, { bytes, partition, offset, offsetIndex, hashes, hashesAt: offsetIndex * HASH_DIGITS * 2 })
    }),
  }
}

/** When the nearest record before was received, else the nearest behind; 0n where the envelope says no time at all. */
function timeNear(records: readonly EventRecord[], index: number): bigint {
  const timeOf = ({ tickAt, head }: EventRecord): bigint | undefined => head?.received_at ?? (tickAt === 0n ? undefined : tickAt)
  for (let i = index - 1; i >= 0; i--) {
    const time = timeOf(records[i] as EventRecord)
    if (time !== undefined) return time
  }
  for (let i = index + 1; i < records.length; i++) {
    const time = timeOf(records[i] as EventRecord)
    if (time !== undefined) return time
  }
  return 0n
}

/** Judges one batch of one partition. `store.places` is asked only about ids that may be there. */
export async function judge(envelopes: readonly Envelope<Prepared>[], seen: Seen, store: Pick<Store, 'places'>): Promise<Verdicts> {
  const verdicts: Verdicts = { rows: [], there: new Set(), ids: [], conflicts: [], duplicates: [], unreadable: [] }
  const candidates: Candidate[] = []
  for (const { records } of envelopes) {
    for (const record of records) {
      if ('unreadable' in record) verdicts.unreadable.push(record)
      else if (!('tickAt' in record)) candidates.push(record)
    }
  }
  const known = await stored(candidates.filter(({ head }) => maybeSeen(seen, head.event_id)), store)
  const rivals: { readonly candidate: Candidate; readonly event: AuditEvent }[] = []
  for (const candidate of candidates) {
    const first = known.get(candidate.head.event_id)
    if (admit(candidate, known, verdicts) === 'conflict') rivals.push(asConflict(candidate, first as Known))
  }
  const knownRivals = await stored(rivals.map(({ candidate }) => candidate), store)
  for (const { candidate, event } of rivals) if (admit(candidate, knownRivals, verdicts) === 'new') verdicts.conflicts.push(event)
  return verdicts
}

/** A record made ready for the gate by itself, at its place on the bus. */
export function candidateOf(head: EventHead, bytes: Buffer, place: Pick<Candidate, 'partition' | 'offset' | 'offsetIndex'>): Candidate {
  return candidateAt(head, { bytes, ...place, hashes: Buffer.allocUnsafeSlow(HASH_DIGITS * 2), hashesAt: 0 })
}

/** Writes the hashes to their place. */
function candidateAt(head: EventHead, { bytes, partition, offset, offsetIndex, hashes, hashesAt }: StoredEvent): Candidate {
  writeHashes({ bytes, split: head.split }, hashes, hashesAt)
  return { bytes, partition, offset, offsetIndex, hashes, hashesAt, head }
}

async function stored(candidates: readonly Candidate[], store: Pick<Store, 'places'>): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for (const tenant of new Set(candidates.map(({ head }) => head.tenant))) {
    const ids = new Set(candidates.filter(({ head }) => head.tenant === tenant).map(({ head }) => head.event_id))
    for (const [id, place] of await store.places(tenant, [...ids])) known.set(id, place)
  }
  return known
}

/** The candidate itself, stored before a crash, by an earlier owner, or before the group was sent back. */
const isItself = (candidate: Candidate, known: Known): boolean => 'offset_index' in known
  && known.partition === candidate.partition && known.offset === candidate.offset && known.offset_index === candidate.offsetIndex

const recordHashOf = (known: Known): string =>
  ('hashes' in known ? known.hashes.toString('latin1', known.hashesAt + HASH_DIGITS, known.hashesAt + 2 * HASH_DIGITS) : known.record_hash)

/** The candidate as if it had arrived with `known`: under its salt, in its version. What was said by both alike has the same hashes then. */
function likeKnown(candidate: Candidate, known: Known): { readonly event: AuditEvent; readonly content: string; readonly record: string } {
  const { transport, exporter_peer, received_at, conflict_with, credential, salt } = 'hashes' in known ? decodeCanonical(known.bytes) : known
  const event = { ...decodeCanonical(candidate.bytes), transport, exporter_peer, received_at, conflict_with, credential, salt }
  const canonical = encodeCanonical(event)
  const content = contentHash(canonical)
  return { event, content, record: recordHash(canonical, content) }
}

/** What was erased cannot be compared any more: whatever comes under its identity is not stored again. */
const isRepeated = (candidate: Candidate, known: Known): boolean =>
  ('erasure' in known && known.erasure !== '') || likeKnown(candidate, known).record === recordHashOf(known)

/** `new` also for this very record again: a batch that is made again must have the same rows, or its token would not be the same. */
function admit(candidate: Candidate, known: Map<string, Known>, verdicts: Verdicts): 'new' | 'duplicate' | 'conflict' {
  const id = candidate.head.event_id
  const first = known.get(id)
  if (first !== undefined && !isItself(candidate, first)) {
    if (!isRepeated(candidate, first)) return 'conflict'
    verdicts.duplicates.push(candidate)
    return 'duplicate'
  }
  if (first !== undefined) verdicts.there.add(candidate)
  known.set(id, candidate)
  verdicts.ids.push(id)
  verdicts.rows.push(candidate)
  return 'new'
}

/** Its own id is made of what it says under the salt of the first, so that it is the same each time that it is sent. */
function asConflict(candidate: Candidate, first: Known): { candidate: Candidate; event: AuditEvent } {
  const { head: { event_id: id }, partition, offset, offsetIndex } = candidate
  const said = likeKnown(candidate, first)
  const own = hash('sha256', `conflict\u0000${id}\u0000${said.event.salt === '' ? said.content : said.record}`, 'hex').slice(0, 32)
  const event: AuditEvent = { ...decodeCanonical(candidate.bytes), event_id: own, conflict_with: id }
  const { bytes, split } = encodeCanonical(event)
  return { event, candidate: candidateOf(headOf(event, split), bytes, { partition, offset, offsetIndex }) }
}
