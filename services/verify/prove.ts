/** Proofs for single events that others' tools verify: the event in the log of its partition, and that log's checkpoint in the log over all. */
import { bodyOf } from '../../schemas/checkpoint.ts'
import type { EvidenceSource, StoredCheckpoint } from '../../schemas/evidence.ts'
import { Failure } from '../../schemas/failure.ts'
import { CompactRange, inclusionRanges, leafHash, type LeafRange } from '../../schemas/merkle.ts'
import { LeafCursor, leafData } from '../../schemas/packed-leaf.ts'
import { formatProof } from '../../schemas/tlog-proof.ts'

/** Roots of ranges of leaves that come one after the other: a proof in one pass, whatever the size of the log. */
class RangeRoots {
  readonly #ranges: readonly (LeafRange & { readonly tree: CompactRange })[]

  constructor(ranges: readonly LeafRange[]) {
    this.#ranges = ranges.map((range) => ({ ...range, tree: new CompactRange() }))
  }

  add(index: number, leaf: Buffer): void {
    this.#ranges.find(({ start, end }) => index >= start && index < end)?.tree.append(leaf)
  }

  /** In the order of the ranges. Throws Failure `unavailable` where leaves are missing. */
  hashes(): Buffer[] {
    return this.#ranges.map(({ start, end, tree }) => {
      if (tree.size !== end - start) throw new Failure('unavailable', 'evidence.leaves', `The leaves ${start} to ${end - 1} are not all there: watchkeeper verify says more.`)
      return tree.root()
    })
  }
}

const PAGE = 500_000

/** Reads leaves `0 … size - 1`. */
async function eachLeaf(source: EvidenceSource, partition: number, size: number, take: (leaf: LeafCursor) => void): Promise<void> {
  for (let from = 0; from < size; from += PAGE) {
    let rest = Buffer.alloc(0)
    for await (const chunk of source.leaves(partition, from, Math.min(PAGE, size - from))) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const cursor = new LeafCursor(bytes)
      while (cursor.next()) take(cursor)
      rest = Buffer.from(bytes.subarray(cursor.rest))
    }
  }
}

export interface EventProof {
  readonly partition: number
  readonly index: number
  /** `.tlog-proof`: the event's leaf in the log of its partition; `extra` is the leaf's data. */
  readonly event: string
  /** `.tlog-proof`: the text of that log's checkpoint as a leaf of the log over all partitions, which is what is anchored; `extra` is that text. '' where none was made since. */
  readonly log: string
}

async function lastOf(source: EvidenceSource, of: 'log' | 'partitions', fits: (row: StoredCheckpoint) => boolean): Promise<StoredCheckpoint | undefined> {
  let last: StoredCheckpoint | undefined
  for await (const rows of source.checkpoints(of)) for (const row of rows) if (fits(row)) last = row
  return last
}

async function proofInLog(source: EvidenceSource, checkpoint: StoredCheckpoint): Promise<string> {
  const top = await lastOf(source, 'log', ({ size }) => size > checkpoint.logIndex)
  if (top === undefined) return ''
  const roots = new RangeRoots(inclusionRanges(checkpoint.logIndex, top.size))
  for await (const rows of source.checkpoints('partitions')) {
    for (const { logIndex, note } of rows) if (logIndex < top.size) roots.add(logIndex, leafHash(Buffer.from(bodyOf(note))))
  }
  return formatProof({ extra: Buffer.from(bodyOf(checkpoint.note)), index: checkpoint.logIndex, hashes: roots.hashes(), note: top.note })
}

/**
 * Proofs under the newest checkpoints. Throws Failure `rejected` (`evidence.no_event`, `evidence.not_sealed`) for an event that has no leaf, or none that is signed yet.
 */
export async function proveEvent(source: EvidenceSource, eventId: string): Promise<EventProof> {
  const place = /^[0-9a-f]{32}$/.test(eventId) ? await source.find(eventId) : undefined
  if (place === undefined) throw new Failure('rejected', 'evidence.no_event', `No leaf is that of ${JSON.stringify(eventId)}: the id is the event_id of a row of audit_events.`)
  const { partition, index } = place
  const checkpoint = await lastOf(source, 'partitions', (row) => row.partition === partition && row.size > index)
  if (checkpoint === undefined) throw new Failure('rejected', 'evidence.not_sealed', 'No checkpoint covers the event yet: one is made every few seconds.')
  const roots = new RangeRoots(inclusionRanges(index, checkpoint.size))
  let data: Buffer = Buffer.alloc(0)
  await eachLeaf(source, partition, checkpoint.size, (leaf) => {
    const own = leafData(leaf.eventId, leaf.recordHash)
    roots.add(leaf.index, leafHash(own))
    if (leaf.index === index) data = own
  })
  const event = formatProof({ extra: data, index, hashes: roots.hashes(), note: checkpoint.note })
  return { partition, index, event, log: await proofInLog(source, checkpoint) }
}
