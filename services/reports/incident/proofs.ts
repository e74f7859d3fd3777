/** Proofs that events are in the log, as others' tools read them (C2SP tlog-proof): each under the newest signed state of its partition's log, and that in the log over all. */
import { bodyOf } from '../../../schemas/checkpoint.ts'
import { formatProof } from '../../../schemas/tlog-proof.ts'
import type { Row, Store } from '../../../schemas/ports.ts'
import { leafData } from '../../../schemas/packed-leaf.ts'
import { CHUNK, ChunkedTree } from './chunked-tree.ts'

type Query = Pick<Store, 'query'>

export interface EventPlace {
  readonly eventId: string
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
}

interface Leaf {
  readonly index: number
  readonly eventId: string
  readonly recordHash: string
}

interface Checkpoint {
  readonly size: number
  readonly note: string
  readonly logIndex: number
}

/** Chunks in one answer: 16 MiB of hex digits. */
const CHUNKS_A_PAGE = 256
const PLACES_A_QUERY = 1_000

async function newest(store: Query, partition: number, above: number): Promise<Checkpoint | undefined> {
  const [row] = await store.query(
    `SELECT size, note, log_index FROM watchkeeper.checkpoints WHERE partition = {partition:Int32} AND size > {above:Int64} ORDER BY size DESC, note LIMIT 1`, { partition, above })
  return row === undefined ? undefined : { size: Number(row['size']), note: String(row['note']), logIndex: Number(row['log_index']) }
}

async function leavesOf(store: Query, partition: number, places: readonly EventPlace[]): Promise<readonly Leaf[]> {
  const wanted = new Set(places.map(({ eventId }) => eventId))
  const found: Leaf[] = []
  for (let from = 0; from < places.length; from += PLACES_A_QUERY) {
    const offsets = [...new Set(places.slice(from, from + PLACES_A_QUERY).map(({ offset }) => offset))]
    const rows = await store.query(
      `SELECT leaf_index, event_id, record_hash FROM watchkeeper.event_leaves WHERE partition = {partition:UInt32} AND \`offset\` IN {offsets:Array(Int64)} ORDER BY leaf_index`, { partition, offsets })
    found.push(...rows.filter((row) => wanted.has(String(row['event_id']))).map((row) => ({ index: Number(row['leaf_index']), eventId: String(row['event_id']), recordHash: String(row['record_hash']) })))
  }
  return found
}

interface Grown {
  readonly size: number
  readonly indexes: readonly number[]
  /** Rows of `number` and `hashes` (hex) of chunks from … and before …. */
  page(from: number, to: number): Promise<readonly Row[]>
}

async function grow({ size, indexes, page }: Grown, signal: AbortSignal | undefined): Promise<ChunkedTree> {
  const tree = new ChunkedTree(size, indexes)
  const chunks = Math.ceil(size / CHUNK)
  for (let from = 0; from < chunks; from += CHUNKS_A_PAGE) {
    signal?.throwIfAborted()
    for (const row of await page(from, Math.min(chunks, from + CHUNKS_A_PAGE))) tree.add(Number(row['number']), Buffer.from(String(row['hashes']), 'hex'))
  }
  return tree
}

const inChunks = (from: string): string =>
  `SELECT intDiv(place, ${CHUNK}) AS number, arrayStringConcat(arrayMap(pair -> pair.2, arraySort(groupArray((place, hash))))) AS hashes FROM (${from}) GROUP BY number ORDER BY number`

function partitionTree(store: Query, partition: number, { size, indexes, signal }: { readonly size: number; readonly indexes: readonly number[]; readonly signal: AbortSignal | undefined }): Promise<ChunkedTree> {
  const sql = inChunks(`SELECT leaf_index AS place, min(hex(SHA256(concat(unhex('0001'), leaf.event_id, leaf.record_hash)))) AS hash FROM watchkeeper.event_leaf_versions AS leaf
    WHERE partition = {partition:UInt32} AND leaf_index >= {from:UInt64} AND leaf_index < {to:UInt64} GROUP BY leaf_index`)
  return grow({ size, indexes, page: (from, to) => store.query(sql, { partition, from: from * CHUNK, to: Math.min(size, to * CHUNK) }) }, signal)
}

function topTree(store: Query, { size, indexes, signal }: { readonly size: number; readonly indexes: readonly number[]; readonly signal: AbortSignal | undefined }): Promise<ChunkedTree> {
  const sql = inChunks(`SELECT log_index AS place, min(hex(SHA256(concat(char(0), substring(note, 1, position(note, '\\n\\n')))))) AS hash
    FROM watchkeeper.checkpoint_versions WHERE partition >= 0 AND log_index >= {from:Int64} AND log_index < {to:Int64} GROUP BY log_index`)
  return grow({ size, indexes, page: (from, to) => store.query(sql, { from: from * CHUNK, to: Math.min(size, to * CHUNK) }) }, signal)
}

export interface ProofFile {
  readonly path: string
  readonly text: string
}

/** Of events that are under a checkpoint by now; for each partition one more, that its checkpoint is in the log over all. Throws RangeError where leaves are missing. */
export async function* proofsOf(store: Query, places: readonly EventPlace[], signal?: AbortSignal): AsyncGenerator<ProofFile> {
  const used: (readonly [number, Checkpoint])[] = []
  for (const partition of [...new Set(places.map((place) => place.partition))].sort((a, b) => a - b)) {
    const checkpoint = await newest(store, partition, 0)
    const leaves = checkpoint === undefined ? [] : (await leavesOf(store, partition, places.filter((place) => place.partition === partition))).filter(({ index }) => index < checkpoint.size)
    if (checkpoint === undefined || leaves.length === 0) continue
    const tree = await partitionTree(store, partition, { size: checkpoint.size, indexes: leaves.map(({ index }) => index), signal })
    for (const { index, eventId, recordHash } of leaves) {
      const extra = leafData(Buffer.from(eventId, 'hex'), Buffer.from(recordHash, 'hex'))
      yield { path: `proofs/${eventId}.tlog-proof`, text: formatProof({ extra, index, hashes: tree.proof(index), note: checkpoint.note }) }
    }
    used.push([partition, checkpoint])
  }
  const most = Math.max(-1, ...used.map(([, { logIndex }]) => logIndex))
  const top = most < 0 ? undefined : await newest(store, -1, most)
  if (top === undefined) return
  const tree = await topTree(store, { size: top.size, indexes: used.map(([, { logIndex }]) => logIndex), signal })
  for (const [partition, { note, logIndex }] of used) {
    yield { path: `proofs/partition-${partition}.log.tlog-proof`, text: formatProof({ extra: Buffer.from(bodyOf(note)), index: logIndex, hashes: tree.proof(logIndex), note: top.note }) }
  }
}
