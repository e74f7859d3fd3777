/**
 * Merkle trees of RFC 6962 section 2: leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right), the left side of a node being the
 * largest power of two below its size. All hashes are Buffers of 32 bytes; sizes and indices are whole numbers up to 2^53 - 1.
 */
import { hash } from 'node:crypto'

export const HASH_BYTES = 32

/** SHA-256. By way of a string: `hash` makes a Buffer at twice the cost of all the rest. */
function sha256(bytes: Buffer): Buffer {
  const digest = Buffer.allocUnsafe(HASH_BYTES)
  digest.write(hash('sha256', bytes, 'binary'), 'latin1')
  return digest
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Buffer => sha256(Buffer.alloc(0))

/** Hash of a leaf with this data. */
export function leafHash(data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length)
  bytes[0] = 0
  bytes.set(data, 1)
  return sha256(bytes)
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1)

/** Hash of the node over two subtrees. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1, 0, HASH_BYTES)
  right.copy(pair, 1 + HASH_BYTES, 0, HASH_BYTES)
  return sha256(pair)
}

/** The same of hashes as strings of one character a byte: what trees of millions of leaves are made with, because a string costs less than a Buffer. */
function pairHash(left: string, right: string): string {
  pair.write(left, 1, HASH_BYTES, 'latin1')
  pair.write(right, 1 + HASH_BYTES, HASH_BYTES, 'latin1')
  return hash('sha256', pair, 'binary')
}

const bytesOf = (node: string): Buffer => Buffer.from(node, 'latin1')

const bitCount = (size: number): number => {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}

/** What must be kept of a tree to append to it: the roots of its whole subtrees, largest first, one for each bit of its size. */
export class CompactRange {
  #size = 0
  readonly #nodes: string[] = []

  get size(): number {
    return this.#size
  }

  /** Appends one leaf by its hash. */
  append(leaf: Buffer): void {
    this.#push(leaf.toString('latin1'))
  }

  /** Appends the leaf of data that stand behind their 0x00: the whole of `prefixed` is hashed. */
  appendData(prefixed: Uint8Array): void {
    this.#push(hash('sha256', prefixed, 'binary'))
  }

  #push(leaf: string): void {
    let node = leaf
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) node = pairHash(this.#nodes.pop()!, node)
    this.#nodes.push(node)
    this.#size++
  }

  root(): Buffer {
    if (this.#size === 0) return emptyRoot()
    return bytesOf(this.#nodes.reduceRight((right, left) => pairHash(left, right)))
  }

  /** u64 little-endian size, then the roots. */
  encode(): Buffer {
    const head = Buffer.alloc(8)
    head.writeBigUInt64LE(BigInt(this.#size))
    return Buffer.concat([head, ...this.#nodes.map(bytesOf)])
  }

  /** The way back. Throws RangeError when the bytes are not what `encode` gives. */
  static decode(bytes: Buffer): CompactRange {
    const size = bytes.length < 8 ? Number.NaN : Number(bytes.readBigUInt64LE(0))
    if (!Number.isSafeInteger(size) || bytes.length !== 8 + bitCount(size) * HASH_BYTES) throw new RangeError('compact range: not as many hashes as its size asks for')
    const range = new CompactRange()
    range.#size = size
    for (let at = 8; at < bytes.length; at += HASH_BYTES) range.#nodes.push(bytes.toString('latin1', at, at + HASH_BYTES))
    return range
  }
}

/** Root of the tree over these leaf hashes. */
export function rootOf(leafHashes: readonly Buffer[], start = 0, end = leafHashes.length): Buffer {
  const range = new CompactRange()
  for (let at = start; at < end; at++) range.append(leafHashes[at]!)
  return range.root()
}

/** Leaves `start … end - 1`. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** Where a tree of this size (at least 2) parts into left and right. */
const splitOf = (size: number): number => {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/**
 * The ranges whose roots are the inclusion proof of leaf `index` in the tree of `size`, in the order of the proof; they do not overlap.
 * So a proof can be made in one pass over leaves that do not fit into memory. Throws RangeError unless 0 <= index < size.
 */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isIndex(index) || !isIndex(size) || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`)
  const ranges: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    if (index < middle) ranges.push({ start: middle, end })
    else ranges.push({ start, end: middle })
    if (index < middle) end = middle
    else start = middle
  }
  return ranges.reverse()
}

/** The same for the proof that the tree of `size` begins with the tree of `oldSize`. Throws RangeError unless 0 <= oldSize <= size. */
export function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  if (!isIndex(oldSize) || !isIndex(size) || oldSize > size) throw new RangeError(`no tree of ${oldSize} in a tree of ${size}`)
  if (oldSize === 0 || oldSize === size) return []
  const ranges: LeafRange[] = []
  let start = 0
  let end = size
  while (end !== oldSize) {
    const middle = start + splitOf(end - start)
    if (oldSize <= middle) ranges.push({ start: middle, end })
    else ranges.push({ start, end: middle })
    if (oldSize <= middle) end = middle
    else start = middle
  }
  if (start > 0) ranges.push({ start, end })
  return ranges.reverse()
}

/** RFC 6962 2.1.1: hashes from the leaf's sibling up. Throws RangeError unless 0 <= index < size <= leaves. */
export function inclusionProof(leafHashes: readonly Buffer[], index: number, size = leafHashes.length): Buffer[] {
  if (size > leafHashes.length) throw new RangeError(`${leafHashes.length} leaves are fewer than ${size}`)
  return inclusionRanges(index, size).map(({ start, end }) => rootOf(leafHashes, start, end))
}

/** RFC 6962 2.1.2. Throws RangeError unless 0 <= oldSize <= size <= leaves. */
export function consistencyProof(leafHashes: readonly Buffer[], oldSize: number, size = leafHashes.length): Buffer[] {
  if (size > leafHashes.length) throw new RangeError(`${leafHashes.length} leaves are fewer than ${size}`)
  return consistencyRanges(oldSize, size).map(({ start, end }) => rootOf(leafHashes, start, end))
}

const areHashes = (values: readonly Uint8Array[]): boolean => values.every((value) => value.length === HASH_BYTES)

export interface InclusionClaim {
  readonly index: number
  readonly size: number
  /** Hash of the leaf. */
  readonly leaf: Buffer
  readonly proof: readonly Buffer[]
  readonly root: Buffer
}

/** Whether the leaf stands at `index` in the tree of `size` with this root (RFC 9162 2.1.3.2). False for whatever is no proof. */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size || !areHashes([leaf, root, ...proof])) return false
  let place = index
  let last = size - 1
  let node = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      node = nodeHash(sibling, node)
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)]
    } else node = nodeHash(node, sibling)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && node.equals(root)
}

export interface ConsistencyClaim {
  readonly oldSize: number
  readonly oldRoot: Buffer
  readonly size: number
  readonly root: Buffer
  readonly proof: readonly Buffer[]
}

/** Whether the tree of `size` begins with that of `oldSize` (RFC 9162 2.1.4.2). False for whatever is no proof. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: ConsistencyClaim): boolean {
  if (!isIndex(oldSize) || !isIndex(size) || oldSize > size || !areHashes([oldRoot, root, ...proof])) return false
  if (oldSize === size) return proof.length === 0 && oldRoot.equals(root)
  if (oldSize === 0) return proof.length === 0 && oldRoot.equals(emptyRoot())
  return climb(proof, oldSize, size, { oldRoot, root })
}

function climb(given: readonly Buffer[], oldSize: number, size: number, roots: { readonly oldRoot: Buffer; readonly root: Buffer }): boolean {
  let place = oldSize - 1
  let last = size - 1
  while (place % 2 === 1) [place, last] = [(place - 1) / 2, Math.floor(last / 2)]
  const proof = place === 0 ? [roots.oldRoot, ...given] : given
  let old = proof[0]
  let node = proof[0]
  if (old === undefined || node === undefined) return false
  for (const sibling of proof.slice(1)) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      old = nodeHash(sibling, old)
      node = nodeHash(sibling, node)
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)]
    } else node = nodeHash(node, sibling)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && old.equals(roots.oldRoot) && node.equals(roots.root)
}
