/** The log whose leaves are the texts of all checkpoints of partitions, made again from them. */
import { CompactRange, HASH_BYTES, leafHash } from '../../schemas/merkle.ts'
import type { StoredCheckpoint } from '../../schemas/evidence.ts'
import type { Claims } from './leaf-task.ts'

const NO_CLAIMS: Claims = { sizes: new Float64Array(0), roots: Buffer.alloc(0) }

type Entry = Pick<StoredCheckpoint, 'partition' | 'logIndex' | 'madeAt'>

/** Something that is wrong with it, in a sentence. `missing`: a checkpoint of this log that was made and is not there. */
export interface TopFault {
  readonly kind: 'log' | 'checkpoint-missing'
  readonly says: string
}

/** Whether one stands behind the other of those that are signed together: each partition once, in order, at one time. */
const isNextOf = (last: Entry, { partition, madeAt }: Entry): boolean =>
  partition > last.partition && (madeAt === undefined || last.madeAt === undefined || madeAt === last.madeAt)

export class TopLog {
  readonly #tree = new CompactRange()
  readonly #claims: Claims
  readonly #stored: readonly number[]
  #claim = 0
  #own = 0
  #last: (Entry & { readonly body: string }) | undefined
  /** Largest size that was held against a claim and is right. */
  proved = 0
  broken = false

  /** `stored`: sizes of the checkpoints of this log that the source has, smallest first. */
  constructor(claims: Claims = NO_CLAIMS, stored: readonly number[] = []) {
    this.#claims = claims
    this.#stored = stored
  }

  get size(): number {
    return this.#tree.size
  }

  /** What is wrong with the next one. `body`: its text; undefined where it has none that counts. */
  append(body: string | undefined, entry: Entry): TopFault | undefined {
    if (this.broken) return undefined
    const { logIndex: index } = entry
    if (index === this.size - 1 && body !== undefined) return body === this.#last?.body ? undefined : this.#broke(`two different checkpoints stand at index ${index} of the log over all partitions`)
    if (body === undefined || index !== this.size) return this.#broke(`the log over all partitions cannot be made again from checkpoint ${this.size} on`)
    const missing = this.#missingBefore(entry)
    this.#tree.append(leafHash(Buffer.from(body)))
    this.#last = { ...entry, body }
    return this.#hold() ?? missing
  }

  /** Behind those that were signed together there is a checkpoint of this log. What came after its last one may be on its way. */
  #missingBefore(entry: Entry): TopFault | undefined {
    const { size } = this
    while (this.#own < this.#stored.length && (this.#stored[this.#own] as number) < size) this.#own++
    const isThere = this.#stored[this.#own] === size || this.#own === this.#stored.length
    if (isThere || this.#last === undefined || isNextOf(this.#last, entry)) return undefined
    return { kind: 'checkpoint-missing', says: `the checkpoint of the log over all partitions at size ${size} is missing` }
  }

  #hold(): TopFault | undefined {
    const { sizes, roots } = this.#claims
    for (; this.#claim < sizes.length && (sizes[this.#claim] as number) <= this.size; this.#claim++) {
      if (sizes[this.#claim] !== this.size) continue
      const root = roots.subarray(this.#claim * HASH_BYTES, (this.#claim + 1) * HASH_BYTES)
      if (!this.#tree.root().equals(root)) return this.#broke(`a checkpoint from ${this.proved} to ${this.size - 1} is not what was signed or anchored`)
      this.proved = this.size
    }
    return undefined
  }

  #broke(says: string): TopFault {
    this.broken = true
    return { kind: 'log', says }
  }
}
