/**
 * Tells whether two sets of (place, event, record hash) are equal though each comes in its own order, in little memory: for each 256 offsets of a partition
 * the sum of a keyed hash of every member. The key is drawn for this run, after the data was fixed, so nobody can have made two sets with equal sums; what
 * differs by chance is 2^-128 likely to look equal. Sums of unequal buckets say where to look one by one.
 */
import { hash } from 'node:crypto'

export const BUCKET_OFFSETS = 256
const LANES = 4
const SLOT = LANES + 1
const KEY_BYTES = 32
const HEAD = KEY_BYTES + 4 + 8 + 4
const ID = 16
const HASH = 32

/** A member of such a set. `eventId` has 16 bytes, `recordHash` 32. */
export interface Placed {
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  readonly eventId: Buffer
  readonly recordHash: Buffer
  readonly tenant: string
}

/** The sums of one run as plain data, for another thread or a file. */
export interface SumsData {
  /** partition, bucket, lanes and count of each slot. */
  readonly numbers: Float64Array
}

export class PlaceSums {
  readonly #message: Buffer
  readonly #slots = new Map<number, Map<number, number>>()
  #sums = new Uint32Array(SLOT * 64)
  #used = 0

  /** `key`: 32 random bytes. */
  constructor(key: Buffer) {
    this.#message = Buffer.alloc(HEAD + ID + HASH + 256)
    key.copy(this.#message, 0, 0, KEY_BYTES)
  }

  add({ partition, offset, offsetIndex, eventId, recordHash, tenant }: Placed): void {
    const message = this.#message
    message.writeUInt32LE(partition, KEY_BYTES)
    message.writeDoubleLE(offset, KEY_BYTES + 4)
    message.writeUInt32LE(offsetIndex, KEY_BYTES + 12)
    message.set(eventId, HEAD)
    message.set(recordHash, HEAD + ID)
    const end = HEAD + ID + HASH + message.write(tenant, HEAD + ID + HASH)
    const digest = hash('sha256', message.subarray(0, end), 'buffer')
    const at = this.#slot(partition, Math.floor(offset / BUCKET_OFFSETS))
    const sums = this.#sums
    for (let lane = 0; lane < LANES; lane++) sums[at + lane] = (sums[at + lane] as number) + digest.readUInt32LE(lane * 4)
    sums[at + LANES] = (sums[at + LANES] as number) + 1
  }

  #slot(partition: number, bucket: number): number {
    let buckets = this.#slots.get(partition)
    if (buckets === undefined) this.#slots.set(partition, buckets = new Map())
    const known = buckets.get(bucket)
    if (known !== undefined) return known
    const at = this.#used
    this.#used += SLOT
    if (this.#used > this.#sums.length) {
      const grown = new Uint32Array(this.#sums.length * 2)
      grown.set(this.#sums)
      this.#sums = grown
    }
    buckets.set(bucket, at)
    return at
  }

  /** Takes in the sums of another run with the same key. */
  merge({ numbers }: SumsData): void {
    for (let at = 0; at < numbers.length; at += 2 + SLOT) {
      const slot = this.#slot(numbers[at] as number, numbers[at + 1] as number)
      for (let lane = 0; lane < SLOT; lane++) this.#sums[slot + lane] = (this.#sums[slot + lane] as number) + (numbers[at + 2 + lane] as number)
    }
  }

  data(): SumsData {
    const numbers = new Float64Array((this.#used / SLOT) * (2 + SLOT))
    let to = 0
    for (const [partition, buckets] of this.#slots) {
      for (const [bucket, at] of buckets) {
        numbers[to] = partition
        numbers[to + 1] = bucket
        numbers.set(this.#sums.subarray(at, at + SLOT), to + 2)
        to += 2 + SLOT
      }
    }
    return { numbers }
  }

  /** The buckets of a partition, by number, in which the two differ. */
  differences(other: PlaceSums, partition: number): number[] {
    const all = new Set([...(this.#slots.get(partition)?.keys() ?? []), ...(other.#slots.get(partition)?.keys() ?? [])])
    return [...all].filter((bucket) => !this.#equal(other, partition, bucket)).sort((a, b) => a - b)
  }

  #equal(other: PlaceSums, partition: number, bucket: number): boolean {
    const [mine, theirs] = [this.#slots.get(partition)?.get(bucket), other.#slots.get(partition)?.get(bucket)]
    for (let lane = 0; lane < SLOT; lane++) {
      const own = mine === undefined ? 0 : this.#sums[mine + lane]
      if (own !== (theirs === undefined ? 0 : other.#sums[theirs + lane])) return false
    }
    return true
  }

  partitions(): number[] {
    return [...this.#slots.keys()]
  }
}
