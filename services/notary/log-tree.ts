/** The tree over one partition's leaves, as much of it as is needed to go on: the roots of its whole chunks, and the leaves behind them. */
import { CompactRange, nodeHash } from '../../schemas/merkle.ts'
import { CHUNK, type LeafChunk } from './leaf-chunks.ts'

const HASH_BYTES = 32

export interface SavedTree {
  readonly chunks: Buffer
  readonly tail: Buffer
}

/** The leaves do not go on from where they were: words for people. */
export class BrokenLog extends Error {
  /** Index of the first leaf that is not as it must be, or up to 15 below. */
  readonly index: number

  constructor(index: number, message: string) {
    super(message)
    this.name = 'BrokenLog'
    this.index = index
  }
}

export class LogTree {
  readonly #chunks: CompactRange
  #tail: readonly Buffer[]

  constructor({ chunks, tail }: SavedTree = { chunks: new CompactRange().encode(), tail: Buffer.alloc(0) }) {
    this.#chunks = CompactRange.decode(chunks)
    this.#tail = Array.from({ length: tail.length / HASH_BYTES }, (_, i) => Buffer.from(tail.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)))
  }

  get size(): number {
    return this.#chunks.size * CHUNK + this.#tail.length
  }

  /** Number of the chunk to go on from. */
  get chunk(): number {
    return this.#chunks.size
  }

  save(): SavedTree {
    return { chunks: this.#chunks.encode(), tail: Buffer.concat(this.#tail) }
  }

  /** Takes what was read from `chunk` on, in order. Throws BrokenLog where it is not what was there before, or has a gap or two leaves at an index; what is before is taken. */
  take(chunks: readonly LeafChunk[]): void {
    if (chunks.length === 0 && this.#tail.length > 0) throw new BrokenLog(this.#chunks.size * CHUNK, `the last leaves are gone: ${this.size} were there`)
    for (const chunk of chunks) this.#takeOne(chunk)
  }

  #takeOne({ chunk, count, sound, root, leaves }: LeafChunk): void {
    const index = this.#chunks.size * CHUNK
    if (chunk !== this.#chunks.size) throw new BrokenLog(index, `there is no leaf ${index}, and there are later ones`)
    if (!sound) throw new BrokenLog(index, `of leaves ${index} to ${index + CHUNK - 1} one is missing, or stands beside another at its index`)
    const altered = this.#tail.findIndex((leaf, i) => leaves[i] === undefined || !leaf.equals(leaves[i]))
    if (altered >= 0) throw new BrokenLog(index + altered, `leaf ${index + altered} is another than when it was signed`)
    if (root === undefined) this.#tail = leaves.slice(0, count)
    else {
      this.#chunks.append(root)
      this.#tail = []
    }
  }

  /** RFC 6962: roots of chunks are nodes of the tree over all leaves. */
  root(): Buffer {
    const tail = new CompactRange()
    for (const leaf of this.#tail) tail.append(leaf)
    if (tail.size === 0 || this.#chunks.size === 0) return tail.size === 0 ? this.#chunks.root() : tail.root()
    const nodes = this.#chunks.encode().subarray(8)
    let root = tail.root()
    for (let at = nodes.length - HASH_BYTES; at >= 0; at -= HASH_BYTES) root = nodeHash(nodes.subarray(at, at + HASH_BYTES), root)
    return root
  }
}
