/** The log over all partitions as it stands in the table: its leaves, and proofs that it only grew. */
import { bodyOf } from '../../schemas/checkpoint.ts'
import { CompactRange, consistencyRanges, leafHash, rootOf } from '../../schemas/merkle.ts'
import type { Store } from '../../schemas/ports.ts'

const PAGE = 20_000
const HASH_BYTES = 32

/** Leaf hashes `from … to - 1`, some thousands at a time; it ends early where the table has not all of them (yet). */
export async function* topLeaves(store: Pick<Store, 'query'>, from: number, to: number): AsyncGenerator<readonly Buffer[]> {
  for (let next = from; next < to;) {
    const rows = await store.query(`SELECT log_index, note FROM watchkeeper.checkpoint_versions WHERE log_index >= {from:Int64} AND log_index < {to:Int64}
      ORDER BY log_index LIMIT 1 BY log_index LIMIT ${PAGE}`, { from: next, to })
    const whole = rows.findIndex((row, i) => Number(row['log_index']) !== next + i)
    const sound = whole < 0 ? rows : rows.slice(0, whole)
    if (sound.length === 0) return
    yield sound.map((row) => leafHash(Buffer.from(bodyOf(String(row['note'])))))
    if (whole >= 0) return
    next += sound.length
  }
}

/** The range over the first `size` leaves; undefined where the table has not all of them. */
export async function topRange(store: Pick<Store, 'query'>, size: number): Promise<CompactRange | undefined> {
  const range = new CompactRange()
  for await (const leaves of topLeaves(store, 0, size)) for (const leaf of leaves) range.append(leaf)
  return range.size === size ? range : undefined
}

/** Roots of the whole subtrees of a range, by where they begin. */
function subtreesOf(range: CompactRange): ReadonlyMap<string, Buffer> {
  const bytes = range.encode()
  const subtrees = new Map<string, Buffer>()
  let start = 0
  let at = 8
  for (let size = 2 ** 52; size >= 1; size /= 2) {
    if (Math.floor(range.size / size) % 2 === 0) continue
    subtrees.set(`${start}-${start + size}`, bytes.subarray(at, at + HASH_BYTES))
    start += size
    at += HASH_BYTES
  }
  return subtrees
}

/** RFC 6962 2.1.2: that the tree of `old` and the leaves behind it begins with the tree of `old`. */
export function growthProof(old: CompactRange, behind: readonly Buffer[]): readonly Buffer[] {
  const subtrees = subtreesOf(old)
  return consistencyRanges(old.size, old.size + behind.length).map(({ start, end }) =>
    subtrees.get(`${start}-${end}`) ?? rootOf(behind, start - old.size, end - old.size))
}
