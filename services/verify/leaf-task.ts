/** Reads the leaves of one partition in order: makes the tree again and holds it against what was signed. */
import { CompactRange, HASH_BYTES } from '../../schemas/merkle.ts'
import { ID_BYTES, LeafCursor, leafData } from '../../schemas/packed-leaf.ts'
import type { Fault } from '../../schemas/evidence.ts'
import { PlaceSums, type SumsData } from './place-sums.ts'

/** Roots that were promised of a partition, by size, smallest first; of `roots` 32 bytes each. */
export interface Claims {
  readonly sizes: Float64Array
  readonly roots: Uint8Array
}

/** How far the leaves of a partition have been read. */
export interface LeafState {
  /** Index of the next leaf. */
  readonly next: number
  /** The tree so far, as `CompactRange.encode` gives it. */
  readonly tree: Uint8Array
  /** The largest size whose root was held against a claim and is right. */
  readonly proved: number
  /** The furthest place that has a leaf; -1 for none. */
  readonly offset: number
  readonly offsetIndex: number
  /** The tree is of no use any more: something is wrong with it. */
  readonly broken: boolean
}

export const NO_LEAVES: LeafState = { next: 0, tree: new CompactRange().encode(), proved: 0, offset: -1, offsetIndex: -1, broken: false }

export interface LeafJob {
  readonly kind: 'leaves'
  readonly partition: number
  readonly state: LeafState
  /** Those of sizes above `state.next`, as far as this job goes at least. */
  readonly claims: Claims
  readonly key: Uint8Array
  /** Leaves of others have no rows to be held against. */
  readonly tenants: readonly string[] | undefined
}

export interface LeafResult {
  readonly state: LeafState
  readonly sums: SumsData
  readonly faults: readonly Fault[]
}

export class LeafTask {
  readonly #job: LeafJob
  readonly #tree: CompactRange
  readonly #sums: PlaceSums
  readonly #faults: Fault[] = []
  /** 0x00 and the data of a leaf (RFC 6962); the identity is put in place. */
  readonly #prefixed = Buffer.concat([Buffer.alloc(1), leafData(Buffer.alloc(ID_BYTES), Buffer.alloc(HASH_BYTES))])
  #state: { -readonly [Field in keyof LeafState]: LeafState[Field] }
  #claim = 0
  /** Where the leaf before this one stands. */
  #last: { bytes: Buffer; start: number; end: number } = { bytes: Buffer.alloc(0), start: 0, end: 0 }

  constructor(job: LeafJob) {
    this.#job = job
    this.#tree = CompactRange.decode(Buffer.from(job.state.tree))
    this.#sums = new PlaceSums(Buffer.from(job.key))
    this.#state = { ...job.state }
  }

  /** Reads whole leaves; the answer is where the rest begins. */
  take(bytes: Buffer): number {
    const cursor = new LeafCursor(bytes)
    while (cursor.next()) this.#leaf(cursor, bytes)
    // The memory of the bytes is the sender's.
    const { bytes: own, start, end } = this.#last
    this.#last = { bytes: Buffer.from(own.subarray(start, end)), start: 0, end: end - start }
    return cursor.rest
  }

  end(leftOver: number): LeafResult {
    if (leftOver > 0) this.#fault('leaves-damaged', 'the leaves end in the middle of one')
    return { state: { ...this.#state, tree: this.#tree.encode() }, sums: this.#sums.data(), faults: this.#faults }
  }

  #leaf(cursor: LeafCursor, bytes: Buffer): void {
    const state = this.#state
    const last = this.#last
    const { index, offset, offsetIndex, start, identityAt, tenantAt } = cursor
    const end = cursor.rest
    // The engine may still hold the same row twice: two inserts of it that were not merged yet.
    if (index === state.next - 1 && bytes.compare(last.bytes, last.start, last.end, start, end) === 0) return
    if (index !== state.next && !state.broken) {
      this.#fault('leaf-order', index > state.next ? `the leaves ${state.next} to ${index - 1} are missing` : `there are two leaves with index ${index}`, Math.min(index, state.next))
    }
    last.bytes = bytes
    last.start = start
    last.end = end
    const { partition, tenants } = this.#job
    if (tenants === undefined || tenants.includes(cursor.tenant)) {
      this.#sums.addPacked({ partition, offset, offsetIndex, identity: bytes, identityAt, name: bytes, tenantAt, tenantEnd: end })
    }
    if (offset > state.offset || (offset === state.offset && offsetIndex > state.offsetIndex)) {
      state.offset = offset
      state.offsetIndex = offsetIndex
    }
    state.next = Math.max(state.next, index + 1)
    if (state.broken) return
    for (let byte = 0; byte < ID_BYTES + HASH_BYTES; byte++) this.#prefixed[2 + byte] = bytes[identityAt + byte] as number
    this.#tree.appendData(this.#prefixed)
    this.#hold()
  }

  /** Holds the tree against the claims of its size. */
  #hold(): void {
    const { sizes, roots } = this.#job.claims
    const size = this.#tree.size
    while (this.#claim < sizes.length && (sizes[this.#claim] as number) <= size) {
      const root = roots.subarray(this.#claim * HASH_BYTES, (this.#claim + 1) * HASH_BYTES)
      if (sizes[this.#claim] === size && !this.#tree.root().equals(root)) {
        this.#fault('root', `a leaf from ${this.#state.proved} to ${size - 1} is not what was signed: the root of ${size} leaves is another`, this.#state.proved)
        return
      }
      if (sizes[this.#claim] === size) this.#state.proved = size
      this.#claim++
    }
  }

  #fault(kind: string, detail: string, index = this.#state.next): void {
    this.#state.broken = true
    this.#faults.push({ question: 'integrity', kind, partition: this.#job.partition, index, detail })
  }
}
