/** Where the sums of leaves and rows differ: looks at both one by one, and says what is wrong with which. */
import { LeafCursor } from '../../schemas/packed-leaf.ts'
import { FIELD, PackedCursor } from '../../schemas/packed-record.ts'
import type { EvidenceSource, Fault, Places } from '../../schemas/evidence.ts'
import { BUCKET_OFFSETS } from './place-sums.ts'
import type { Frontier } from './row-task.ts'

interface Leaf {
  readonly index: number
  readonly place: string
  readonly eventId: string
  readonly recordHash: string
  readonly tenant: string
  /** Rows as they were, copies that a removal blanked, and declarations that it was dropped. */
  whole: number
  blanked: number
  dropped: number
}

/** So many neighbouring buckets are asked for at once. */
const NEIGHBOURS = 8
const MOST_FAULTS = 50

/** Neighbouring buckets as ranges of offsets. */
export function runsOf(partition: number, buckets: readonly number[]): Places[] {
  const runs: { partition: number; first: number; next: number }[] = []
  for (const bucket of buckets) {
    const last = runs.at(-1)
    const first = bucket * BUCKET_OFFSETS
    if (last !== undefined && last.next === first && first - last.first < NEIGHBOURS * BUCKET_OFFSETS) last.next = first + BUCKET_OFFSETS
    else runs.push({ partition, first, next: first + BUCKET_OFFSETS })
  }
  return runs
}

/** Collects chunks that are cut anywhere into whole ones, and reads each. */
async function readAll(stream: AsyncIterable<Buffer>, take: (bytes: Buffer) => number): Promise<void> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    rest = Buffer.from(bytes.subarray(take(bytes)))
  }
}

const keyOf = (place: string, eventId: string): string => `${place} ${eventId}`

export interface Compared {
  readonly source: EvidenceSource
  readonly frontier: Frontier
  /** Whether a removal is doing its work just now: this one, or any. */
  isUnderWay(removal?: string): boolean
}

export class Comparison {
  readonly #source: EvidenceSource
  readonly #frontier: Frontier
  readonly #isUnderWay: Compared['isUnderWay']
  readonly faults: Fault[] = []
  /** Ranges that differ and were not looked at. */
  skipped = 0
  /** Declarations that an event was dropped, beyond those of events that are gone. */
  overcounted = 0
  /** Events that stand there twice because a removal is under way. */
  doubled = 0

  constructor({ source, frontier, isUnderWay }: Compared) {
    this.#source = source
    this.#frontier = frontier
    this.#isUnderWay = isUnderWay
  }

  /** Looks at these buckets of one partition. */
  async look(buckets: readonly number[]): Promise<void> {
    const runs = runsOf(this.#frontier.partition, buckets)
    const { mostRanges } = this.#source
    for (const run of runs.slice(0, mostRanges)) await this.#compare(run)
    this.skipped = Math.max(0, runs.length - mostRanges)
    this.faults.sort((a, b) => (a.index < 0 ? 1 : b.index < 0 ? -1 : a.index - b.index))
  }

  async #compare(places: Places): Promise<void> {
    const leaves = await this.#leaves(places)
    await this.#dropped(places, leaves)
    await readAll(this.#source.rowsWithin(places), (bytes) => {
      const cursor = new PackedCursor(bytes)
      while (this.#next(cursor)) if (this.#isSealed(cursor)) this.#hold(cursor, leaves)
      return cursor.rest
    })
    for (const leaf of leaves.values()) this.#count(leaf)
  }

  /** A removal writes down what it drops before it does, and blanked copies before it deletes what they are of. */
  #count({ index, place, whole, blanked, dropped }: Leaf): void {
    if (whole + blanked + dropped === 0) this.#fault('completeness', 'row-missing', index, `the row of leaf ${index} (${place}) is missing, and no removal is declared`)
    const isThere = whole + blanked > 0
    if (dropped > 0 && isThere && !this.#isUnderWay()) this.#fault('integrity', 'row-twice', index, `the row of leaf ${index} (${place}) is there, and declared to be dropped`)
    // Two removals may have chosen the same event: the first was stopped before it dropped it.
    this.overcounted += isThere ? dropped : Math.max(0, dropped - 1)
    if (whole === 1 && blanked === 1) this.doubled++
  }

  async #leaves(places: Places): Promise<Map<string, Leaf>> {
    const leaves = new Map<string, Leaf>()
    await readAll(this.#source.leavesWithin(places), (bytes) => {
      const cursor = new LeafCursor(bytes)
      while (cursor.next()) {
        const { index, tenant } = cursor
        if (this.#source.tenants?.includes(tenant) === false || !this.#isSealed(cursor)) continue
        const place = `offset ${cursor.offset}, place ${cursor.offsetIndex}`
        const eventId = cursor.eventId.toString('hex')
        leaves.set(keyOf(place, eventId), { index, place, eventId, recordHash: cursor.recordHash.toString('hex'), tenant, whole: 0, blanked: 0, dropped: 0 })
      }
      return cursor.rest
    })
    return leaves
  }

  async #dropped({ partition, first, next }: Places, leaves: ReadonlyMap<string, Leaf>): Promise<void> {
    await readAll(this.#source.dropped(), (bytes) => {
      const cursor = new LeafCursor(bytes)
      while (cursor.next()) {
        if (cursor.index !== partition || cursor.offset < first || cursor.offset >= next) continue
        const leaf = leaves.get(keyOf(`offset ${cursor.offset}, place ${cursor.offsetIndex}`, cursor.eventId.toString('hex')))
        if (leaf !== undefined && leaf.recordHash === cursor.recordHash.toString('hex')) leaf.dropped++
        else this.#fault('integrity', 'removal-of-nothing', leaf?.index ?? -1, `a removal is declared of what is no leaf: offset ${cursor.offset}, place ${cursor.offsetIndex}`)
      }
      return cursor.rest
    })
  }

  #next(cursor: PackedCursor): boolean {
    try {
      return cursor.next()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#fault('integrity', 'rows-damaged', -1, `a row cannot be read: ${error.message}`)
      return false
    }
  }

  #isSealed({ offset, offsetIndex }: Pick<PackedCursor, 'offset' | 'offsetIndex'>): boolean {
    return offset < this.#frontier.offset || (offset === this.#frontier.offset && offsetIndex <= this.#frontier.offsetIndex)
  }

  #hold(row: PackedCursor, leaves: ReadonlyMap<string, Leaf>): void {
    const place = `offset ${row.offset}, place ${row.offsetIndex}`
    const leaf = leaves.get(keyOf(place, row.text(FIELD.event_id)))
    if (leaf === undefined) {
      const near = [...leaves.values()].find((other) => other.place === place)
      this.#fault('integrity', 'row-extra', near?.index ?? -1, `the row at ${place} has no leaf: it was put there, moved, or renamed`)
      return
    }
    const { erasure } = row
    if (erasure === '') leaf.whole++
    else leaf.blanked++
    const isTwice = leaf.whole > 1 || (leaf.blanked > 1 && !this.#isUnderWay()) || (leaf.whole + leaf.blanked > 1 && !this.#isUnderWay(erasure))
    if (isTwice) this.#fault('integrity', 'row-twice', leaf.index, `the row of leaf ${leaf.index} (${place}) is there ${leaf.whole + leaf.blanked} times`)
    else if (row.hashes().record !== leaf.recordHash) this.#fault('integrity', 'row-changed', leaf.index, `the row of leaf ${leaf.index} (${place}) was changed`)
    else if (row.text(FIELD.tenant) !== leaf.tenant) this.#fault('integrity', 'leaf-changed', leaf.index, `leaf ${leaf.index} (${place}) stands under another tenant than its row`)
  }

  #fault(question: Fault['question'], kind: string, index: number, detail: string): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ question, kind, partition: this.#frontier.partition, index, detail })
    else this.skipped++
  }
}
