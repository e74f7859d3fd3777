/**
 * The identity gate: of all records that claim one identity, the first on the bus is stored; the same again is a duplicate; another is
 * kept under its own id as a conflict. What was never seen is known to be new without asking; only a maybe costs a look into the store.
 */
import { hash } from 'node:crypto'
import { maybeSeen, type Seen } from '../../detectors/stats/seen.ts'
import type { AuditEvent, StoredPosition } from '../../schemas/audit-event.ts'
import { canonicalOf, contentHash, encodeCanonical, recordHash } from '../../schemas/canonical.ts'
import type { Envelope, Store, StoredEvent } from '../../schemas/ports.ts'
import type { EventRecord } from '../../schemas/topics.ts'

export interface Verdicts {
  readonly rows: StoredEvent[]
  readonly ids: string[]
  readonly conflicts: AuditEvent[]
  duplicates: number
  /** Records that are no audit event, with their place. */
  readonly unreadable: { readonly bytes: Buffer; readonly offset: number; readonly index: number }[]
}

interface Candidate {
  readonly event: AuditEvent
  readonly bytes: Buffer
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  readonly content: string
  readonly record: string
}

type Known = { readonly content: string; readonly place?: StoredPosition }

/** Judges one batch of envelopes of one partition. `store.places` is asked only about ids that may be there. */
export async function judge(envelopes: readonly Envelope<EventRecord>[], seen: Seen, store: Pick<Store, 'places'>): Promise<Verdicts> {
  const verdicts: Verdicts = { rows: [], ids: [], conflicts: [], duplicates: 0, unreadable: [] }
  const candidates = envelopes.flatMap((envelope) => candidatesOf(envelope, verdicts))
  const known = await stored(candidates.filter(({ event }) => maybeSeen(seen, event.event_id)), store)
  const rivals: Candidate[] = []
  for (const candidate of candidates) if (admit(candidate, known, verdicts) === 'conflict') rivals.push(asConflict(candidate))
  const knownRivals = await stored(rivals, store)
  for (const rival of rivals) if (admit(rival, knownRivals, verdicts) === 'new') verdicts.conflicts.push(rival.event)
  return verdicts
}

function candidatesOf({ partition, offset, records }: Envelope<EventRecord>, verdicts: Verdicts): Candidate[] {
  const candidates: Candidate[] = []
  records.forEach((record, index) => {
    if (record.bytes === undefined) return
    if (record.event === undefined) verdicts.unreadable.push({ bytes: record.bytes, offset, index })
    else candidates.push(candidateOf(record.event, record.bytes, { partition, offset, offsetIndex: index }))
  })
  return candidates
}

function candidateOf(event: AuditEvent, bytes: Buffer, place: Pick<Candidate, 'partition' | 'offset' | 'offsetIndex'>): Candidate {
  const canonical = canonicalOf(event, bytes)
  const content = contentHash(canonical)
  return { event, bytes, ...place, content, record: recordHash(canonical, content) }
}

async function stored(candidates: readonly Candidate[], store: Pick<Store, 'places'>): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for (const tenant of new Set(candidates.map(({ event }) => event.tenant))) {
    const ids = new Set(candidates.filter(({ event }) => event.tenant === tenant).map(({ event }) => event.event_id))
    for (const [id, place] of await store.places(tenant, [...ids])) known.set(id, { content: place.content_hash, place })
  }
  return known
}

const isItself = (candidate: Candidate, place: StoredPosition | undefined): boolean =>
  place !== undefined && place.partition === candidate.partition && place.offset === candidate.offset && place.offset_index === candidate.offsetIndex

/** `new` also for this very record again after a crash: then the batch must be made as it was. */
function admit(candidate: Candidate, known: Map<string, Known>, verdicts: Verdicts): 'new' | 'duplicate' | 'conflict' {
  const id = candidate.event.event_id
  const first = known.get(id)
  if (first !== undefined && !isItself(candidate, first.place)) {
    if (first.content !== candidate.content) return 'conflict'
    verdicts.duplicates++
    return 'duplicate'
  }
  known.set(id, { content: candidate.content })
  verdicts.ids.push(id)
  verdicts.rows.push({
    bytes: candidate.bytes, partition: candidate.partition, offset: candidate.offset, offsetIndex: candidate.offsetIndex,
    contentHash: candidate.content, recordHash: candidate.record,
  })
  return 'new'
}

function asConflict({ event, content, partition, offset, offsetIndex }: Candidate): Candidate {
  const own = hash('sha256', `conflict\u0000${event.event_id}\u0000${content}`, 'hex').slice(0, 32)
  const conflict: AuditEvent = { ...event, event_id: own, conflict_with: event.event_id }
  return candidateOf(conflict, encodeCanonical(conflict).bytes, { partition, offset, offsetIndex })
}
