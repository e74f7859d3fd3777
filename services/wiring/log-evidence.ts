/** The embedded log as evidence: its records in place of the tables' rows, under the leaves and checkpoints of the tables. */
import type { EvidenceSource, Piece, Places } from '../../schemas/evidence.ts'
import { decodeCanonical, encodeCanonical } from '../../schemas/canonical.ts'
import { LeafCursor, packLeaf } from '../../schemas/packed-leaf.ts'
import { BARE_HEAD_BYTES, FIELD, packBare, PackedCursor } from '../../schemas/packed-record.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import type { LogToRead, StoredEnvelope } from '../../infra/embedded-log/read-only.ts'

/** Offsets in one piece, and in one answer of the tables. */
const PIECE_OFFSETS = 2_000
const ANSWER_OFFSETS = 400
/** Where an answer has fewer leaves, envelopes are small, and one answer will do for the rest of the piece: each costs as much as some thousand leaves. */
const FEW_LEAVES = 10_000
const EVENT_ID = FIELD.event_id
const PAGE_LEAVES = 500_000
/** Records are given by about so many bytes: small envelopes together. */
const ENOUGH_BYTES = 512 * 1024

export interface LogParts {
  readonly tables: EvidenceSource
  readonly log: LogToRead
  /** Records of an envelope. Throws RangeError where its key is gone, or its bytes are none. */
  decode(payload: Buffer): readonly EventRecord[]
  readonly directory: string
}

async function eachLeaf(stream: AsyncIterable<Buffer>, take: (leaf: LeafCursor) => void): Promise<void> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const cursor = new LeafCursor(bytes)
    while (cursor.next()) take(cursor)
    rest = Buffer.from(bytes.subarray(cursor.rest))
  }
}

const placesOf = ({ id }: Piece): Places => {
  const [partition = 0, first = 0, next = 0] = id.split(':').map(Number)
  return { partition, first, next }
}

/** offset → event_id of the leaf of each place within the envelope. */
type Ids = Map<number, string[]>

/** A record, and the identity that its leaf has. */
interface Found {
  readonly bytes: Buffer
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  readonly id: string
}

function put(ids: Ids, { offset, offsetIndex, eventId }: LeafCursor): void {
  const known = ids.get(offset) ?? []
  known[offsetIndex] = eventId.toString('hex')
  ids.set(offset, known)
}

class LogRecords {
  readonly #parts: LogParts
  /** `partition:offset` of envelopes that cannot be opened any more. */
  readonly gone = new Set<string>()

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  async pieces(): Promise<Piece[]> {
    return [...await this.#parts.log.bounds()].flatMap(([partition, { first, next }]) =>
      Array.from({ length: Math.ceil((next - first) / PIECE_OFFSETS) }, (_, at) => {
        const from = first + at * PIECE_OFFSETS
        return { id: `${partition}:${from}:${Math.min(next, from + PIECE_OFFSETS)}`, rows: 0 }
      }))
  }

  /** Packed records of what has a leaf: duplicates, ticks and what could not be read have none. */
  async* within({ partition, first, next }: Places): AsyncGenerator<Buffer> {
    let offsets = ANSWER_OFFSETS
    for (let from = first; from < next;) {
      const places = { partition, first: from, next: Math.min(next, from + offsets) }
      const ids: Ids = new Map()
      let leaves = 0
      await eachLeaf(this.#parts.tables.leavesWithin(places), (leaf) => {
        put(ids, leaf)
        leaves++
      })
      if (leaves > 0) yield* this.#records(places, ids)
      from = places.next
      offsets = leaves < FEW_LEAVES ? PIECE_OFFSETS : ANSWER_OFFSETS
    }
  }

  async* #records({ partition, first, next }: Places, ids: Ids): AsyncGenerator<Buffer> {
    let found: Found[] = []
    let bytes = 0
    for await (const envelope of this.#parts.log.envelopes(partition, first, next)) {
      for (const one of this.#under(ids, partition, envelope)) {
        found.push(one)
        bytes += one.bytes.length
      }
      if (bytes < ENOUGH_BYTES) continue
      yield packedOf(found)
      found = []
      bytes = 0
    }
    if (found.length > 0) yield packedOf(found)
  }

  /** Those of an envelope's records that have a leaf. */
  #under(ids: Ids, partition: number, { offset, payload }: StoredEnvelope): readonly Found[] {
    const own = ids.get(offset)
    if (own === undefined || payload === undefined) return []
    return this.#opened(partition, offset, payload).flatMap(({ bytes }, offsetIndex) => {
      const id = own[offsetIndex]
      return id === undefined || bytes === undefined ? [] : [{ bytes, partition, offset, offsetIndex, id }]
    })
  }

  #opened(partition: number, offset: number, payload: Buffer): readonly EventRecord[] {
    try {
      return this.#parts.decode(payload)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      if (error.message.endsWith('is gone')) this.gone.add(`${partition}:${offset}`)
      return []
    }
  }

  /** Leaves of what the log has let go of, or cannot open any more. */
  async* letGo(): AsyncGenerator<Buffer> {
    const bounds = await this.#parts.log.bounds()
    for (const [partition, size] of await this.#parts.tables.partitions()) {
      const { first } = bounds.get(partition) ?? { first: Number.POSITIVE_INFINITY }
      if (first === 0 && this.gone.size === 0) continue
      for (let from = 0; from < size; from += PAGE_LEAVES) {
        const gone: Buffer[] = []
        await eachLeaf(this.#parts.tables.leaves(partition, from, Math.min(PAGE_LEAVES, size - from)), (leaf) => {
          const { offset, offsetIndex, eventId, recordHash, tenant } = leaf
          if (offset < first || (this.gone.size > 0 && this.gone.has(`${partition}:${offset}`))) gone.push(packLeaf({ index: partition, offset, offsetIndex, eventId, recordHash, tenant }))
        })
        yield Buffer.concat(gone)
      }
    }
  }
}

/** Packed, as the archiver stores them. */
function packedOf(found: readonly Found[]): Buffer {
  const packed = packBare(found)
  return areStored(packed, found) ? packed : packBare(found.flatMap(asStored))
}

/** Whether each is one whole record with the identity of its leaf: then it is what was stored, as nearly all are. */
function areStored(packed: Buffer, found: readonly Found[]): boolean {
  const cursor = new PackedCursor(packed)
  let end = 0
  try {
    return found.every(({ bytes, id }) => {
      end += BARE_HEAD_BYTES + bytes.length
      return cursor.next() && cursor.rest === end && cursor.text(EVENT_ID) === id
    })
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The record as the archiver stores it: one that claims the identity of another is kept under its own. Nothing for what is no record. */
function asStored(found: Found): Found[] {
  try {
    if (areStored(packBare([found]), [found])) return [found]
    const { bytes, id } = found
    const event = decodeCanonical(bytes)
    return [{ ...found, bytes: encodeCanonical(event.event_id === id ? event : { ...event, event_id: id, conflict_with: event.event_id }).bytes }]
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}

export function logEvidence(parts: LogParts): EvidenceSource {
  const { tables, directory } = parts
  const records = new LogRecords(parts)
  return {
    name: `log in ${directory}, under the leaves of ${tables.name}`, tenants: undefined, keeps: 'recent', bare: true, mostRanges: tables.mostRanges,
    partitions: () => tables.partitions(), checkpoints: (of) => tables.checkpoints(of), leaves: (partition, from, count) => tables.leaves(partition, from, count),
    pieces: () => records.pieces(), rows: (piece) => records.within(placesOf(piece)), dropped: () => records.letGo(),
    removals: () => tables.removals(), gaps: () => tables.gaps(), anchored: () => tables.anchored(), find: (id) => tables.find(id),
    leavesWithin: (places) => tables.leavesWithin(places), rowsWithin: (places) => records.within(places),
    notes: () => ['The log keeps what is recent: leaves of older events were counted as removed.',
      ...(records.gone.size === 0 ? [] : [`${records.gone.size} envelopes are sealed under keys that are gone: an erasure destroyed them, or somebody changed the bytes.`])],
    faults: () => tables.faults(),
    close: () => tables.close(),
  }
}
