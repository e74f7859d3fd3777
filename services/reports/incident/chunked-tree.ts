/** Proofs of many leaves in one pass over the log: roots of whole chunks are kept, and the leaves of those chunks alone that proofs begin in. */
import { CompactRange, inclusionRanges, type LeafRange } from '../../../schemas/merkle.ts'

/** A power of two. */
export const CHUNK = 1_024
const HASH = 32

export class ChunkedTree {
  readonly #size: number
  readonly #needed: ReadonlySet<number>
  /** Roots of whole chunks, in order. */
  readonly #roots: Buffer[] = []
  readonly #leaves = new Map<number, Buffer>()

  /** `indexes`: of leaves that are to be proved, below `size`. */
  constructor(size: number, indexes: readonly number[]) {
    this.#size = size
    this.#needed = new Set([...indexes.map((index) => Math.floor(index / CHUNK)), Math.floor(size / CHUNK)])
  }

  /** Leaf hashes behind each other: those of chunk `number`, as many as it has below `size`. The next one must be the next. */
  add(number: number, hashes: Buffer): void {
    if (this.#needed.has(number)) this.#leaves.set(number, hashes)
    if (hashes.length === CHUNK * HASH) this.#roots[number] = rootOfLeaves(hashes, 0, CHUNK)
  }

  /** Hashes of the proof, lowest first. Throws RangeError where leaves are missing. */
  proof(index: number): Buffer[] {
    return inclusionRanges(index, this.#size).map((range) => this.#root(range))
  }

  /** RFC 6962, 2.1: a range is cut behind its largest power of two. */
  #root({ start, end }: LeafRange): Buffer {
    const tree = new CompactRange()
    const chunk = Math.floor(start / CHUNK)
    if (end - start < CHUNK || end <= (chunk + 1) * CHUNK) {
      const leaves = this.#leaves.get(chunk)
      if (end - start === CHUNK && leaves === undefined) return this.#whole(chunk)
      if (leaves === undefined || leaves.length < (end - chunk * CHUNK) * HASH) throw new RangeError('leaves are missing')
      return rootOfLeaves(leaves, start - chunk * CHUNK, end - chunk * CHUNK)
    }
    const whole = Math.floor(end / CHUNK)
    for (let at = chunk; at < whole; at++) tree.append(this.#whole(at))
    if (end % CHUNK === 0) return tree.root()
    // The rest of the last chunk stands beside whole ones: cut as the standard cuts.
    const cut = largestBelow(end - start)
    return joined(this.#root({ start, end: start + cut }), this.#root({ start: start + cut, end }))
  }

  #whole(chunk: number): Buffer {
    const root = this.#roots[chunk]
    if (root === undefined) throw new RangeError('leaves are missing')
    return root
  }
}

function rootOfLeaves(hashes: Buffer, from: number, to: number): Buffer {
  const tree = new CompactRange()
  for (let at = from; at < to; at++) tree.append(hashes.subarray(at * HASH, (at + 1) * HASH))
  return tree.root()
}

function joined(left: Buffer, right: Buffer): Buffer {
  const tree = new CompactRange()
  tree.append(left)
  tree.append(right)
  return tree.root()
}

function largestBelow(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}
