/**
 * Leaves from the table, sixteen at a time: the engine hashes leaves and the four lowest levels of the tree over them, on its own threads, so that one
 * hash in sixteen is made here.
 */
import type { Row, Store } from '../../schemas/ports.ts'

export const CHUNK = 16
/** Most leaves of a partition in one look, whole chunks: after an upgrade there may be millions. */
const MOST_LEAVES = 32_768 * CHUNK

/** Where to go on in a partition's log: a whole number of chunks. */
export interface Start {
  readonly partition: number
  readonly chunk: number
  /** Leaves before this index alone, and of no other partition. */
  readonly end?: number
}

export interface LeafChunk {
  readonly partition: number
  /** Index of its first leaf, divided by the size of a chunk. */
  readonly chunk: number
  /** Leaves of it that are there; `CHUNK` for a whole one. */
  readonly count: number
  /** They stand without gap from its begin, one at each index. */
  readonly sound: boolean
  /** Root over the whole chunk; undefined while it is not whole. */
  readonly root: Buffer | undefined
  /** Leaf hashes, of the chunk that was gone on from and of one that is not whole; else empty. */
  readonly leaves: readonly Buffer[]
}

/** The root over leaves `from … from + count - 1` of the array `l`, as an expression. */
const treeOf = (from: number, count: number): string =>
  (count === 1 ? `l[${from + 1}]` : `SHA256(concat(unhex('01'), ${treeOf(from, count / 2)}, ${treeOf(from + count / 2, count / 2)}))`)
const TREE = treeOf(0, CHUNK)

/** Index ranges that are asked for; numbers are our own. */
function wanted(starts: readonly Start[]): string {
  const known = starts.map(({ partition, chunk, end = Infinity }) =>
    `(partition = ${partition} AND leaf_index >= ${chunk * CHUNK} AND leaf_index < ${Math.min(end, chunk * CHUNK + MOST_LEAVES)})`)
  if (starts.some(({ end }) => end !== undefined)) return known.join(' OR ')
  const others = starts.length === 0 ? '' : `partition NOT IN (${starts.map(({ partition }) => partition).join()}) AND `
  return [...known, `(${others}leaf_index < ${MOST_LEAVES})`].join(' OR ')
}

const split = (bytes: Buffer): readonly Buffer[] => Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32))

function chunkOf(row: Row): LeafChunk {
  const count = Number(row['n'])
  const root = Buffer.from(String(row['root']), 'hex')
  return {
    partition: Number(row['partition']), chunk: Number(row['chunk']), count, sound: row['sound'] === 1,
    root: root.length === 0 ? undefined : root, leaves: split(Buffer.from(String(row['leaves']), 'hex')),
  }
}

/**
 * Leaves from each start on, and all of partitions that have none, in order. Two different leaves at one index are not sound. Hashes are put together as
 * hex digits: of bytes `arrayStringConcat` drops the zeros at the end of each.
 */
export async function readChunks(store: Pick<Store, 'query'>, starts: readonly Start[]): Promise<readonly LeafChunk[]> {
  const begins = [[-1, 0], ...starts.map(({ partition, chunk }) => [partition, chunk])].map((pair) => `(${pair.join()})`).join()
  const rows = await store.query(`SELECT partition, chunk, length(l) AS n, toUInt8(n = places AND top = chunk * ${CHUNK} + n - 1) AS sound,
      if(n = ${CHUNK} AND sound, hex(${TREE}), '') AS root,
      if(root = '' OR (toInt64(partition), chunk) IN (${begins}), arrayStringConcat(arrayMap(leaf -> hex(leaf), l)), '') AS leaves
    FROM (SELECT partition, intDiv(leaf_index, ${CHUNK}) AS chunk, uniqExact(leaf_index) AS places, max(leaf_index) AS top,
        arrayMap(leaf -> leaf.2, arraySort(groupArray((leaf_index, SHA256(concat(unhex('0001'), event_id, record_hash)))))) AS l
      FROM watchkeeper.event_leaf_versions FINAL WHERE ${wanted(starts)} GROUP BY partition, chunk)
    ORDER BY partition, chunk`)
  return rows.map(chunkOf)
}
