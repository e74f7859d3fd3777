/** The embedded log as evidence: its records in place of the tables' rows, under the leaves and checkpoints of the tables. */
import type { EvidenceSource, Piece, Places } from '../../schemas/evidence.ts'
import { decodeCanonical, encodeCanonical } from '../../schemas/canonical.ts'
import { LeafCursor, packLeaf } from '../../schemas/packed-leaf.ts'
import { FIELD, packBare, PackedCursor } from '../../schemas/packed-record.ts'
import type { EventRecord } from '../../schemas/topics.ts'
import type { LogToRead, StoredEnvelope } from '../../infra/embedded-log/read-only.ts'

/** Offsets in one piece, and in one answer of the tables. */
const PIECE_OFFSETS = 2_000
const ANSWER_OFFSETS = 400
const PAGE_LEAVES = 500_000

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
    for (let from = first; from < next; from += ANSWER_OFFSETS) {
      const places = { partition, first: from, next: Math.min(next, from + ANSWER_OFFSETS) }
      const ids: Ids = new Map()
      await eachLeaf(this.#parts.tables.leavesWithin(places), (leaf) => put(ids, leaf))
      if (ids.size === 0) continue
      for await (const envelope of this.#parts.log.envelopes(partition, places.first, places.next)) yield this.#packed(partition, envelope, ids)
    }
  }

  #packed(partition: number, { offset, payload }: StoredEnvelope, ids: Ids): Buffer {
    const records = payload === undefined ? [] : this.#opened(partition, offset, payload)
    return packBare(records.flatMap(({ bytes }, offsetIndex) => {
      const id = ids.get(offset)?.[offsetIndex]
      const stored = id === undefined || bytes === undefined ? undefined : asStored(bytes, id)
      return stored === undefined ? [] : [{ bytes: stored, partition, offset, offsetIndex }]
    }))
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

/** The record as the archiver stores it: one that claims the identity of another is kept under its own. undefined for what is no record. */
function asStored(bytes: Buffer, eventId: string): Buffer | undefined {
  try {
    if (isRecordOf(bytes, eventId)) return bytes
    const event = decodeCanonical(bytes)
    return encodeCanonical(event.event_id === eventId ? event : { ...event, event_id: eventId, conflict_with: event.event_id }).bytes
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether the bytes are one whole record with this identity: then they are what was stored. Throws RangeError. */
function isRecordOf(bytes: Buffer, eventId: string): boolean {
  const packed = packBare([{ bytes, partition: 0, offset: 0, offsetIndex: 0 }])
  const cursor = new PackedCursor(packed)
  return cursor.next() && cursor.rest === packed.length && cursor.text(FIELD.event_id) === eventId
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
