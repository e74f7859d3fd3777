/**
 * Tells whether two sets of (place, event, record hash, tenant) are equal though each comes in its own order, in little memory: for each 256 offsets of a partition
 * the sum of a keyed function of every member. The key is drawn for this run, after the data was fixed, so nobody can have made two sets with equal sums;
 * what differs looks equal with a chance of 2^-128. Sums of unequal buckets say where to look one by one.
 *
 * The function is CBC-MAC with AES-128 over five blocks, always five: place, event_id, record hash (two), hash of the tenant. It is computed for many members at once,
 * a block of all of them after the other: that costs a twentieth of a keyed SHA-256.
 */
import { type Cipher, createCipheriv, hash } from 'node:crypto'

export const BUCKET_OFFSETS = 256
const LANES = 4
const SLOT = LANES + 1
const BLOCK_WORDS = 4
const BLOCKS = 5
const BATCH = 1024
export const KEY_BYTES = 16

/** A member of such a set. */
export interface Placed {
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  /** 16 bytes. */
  readonly eventId: Buffer
  /** 32 bytes. */
  readonly recordHash: Buffer
  readonly tenant: string
}

/** The same as it lies in a stream: what verifies millions makes no object and no text for each. */
export interface PackedPlace {
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  /** event_id and record hash behind each other from `identityAt` on: 48 bytes. */
  readonly identity: Uint8Array
  readonly identityAt: number
  /** The tenant's name, from `tenantAt` to before `tenantEnd`: LEB128 length and UTF-8. */
  readonly name: Buffer
  readonly tenantAt: number
  readonly tenantEnd: number
}

/** The sums of one run as plain data, for another thread or a file. */
export interface SumsData {
  /** partition, bucket, lanes and count of each slot. */
  readonly numbers: Float64Array
}

/** Members that wait to be added: block by block, all members behind each other. */
class Batch {
  readonly #cipher: Cipher
  readonly #blocks = Array.from({ length: BLOCKS }, () => new Uint32Array(BATCH * BLOCK_WORDS))
  readonly #bytes = this.#blocks.map((words) => Buffer.from(words.buffer))
  readonly slots = new Int32Array(BATCH)
  length = 0

  constructor(key: Buffer) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  }

  put({ partition, offset, offsetIndex, identity, identityAt }: Omit<PackedPlace, 'name' | 'tenantAt' | 'tenantEnd'>, tenant: Buffer, slot: number): void {
    const at = this.length++ * 16
    const [place, id, first, second, owner] = this.#bytes as [Buffer, Buffer, Buffer, Buffer, Buffer]
    place.writeUInt32LE(partition >>> 0, at)
    place.writeDoubleLE(offset, at + 4)
    place.writeUInt32LE(offsetIndex, at + 12)
    for (let byte = 0; byte < 16; byte++) {
      id[at + byte] = identity[identityAt + byte] as number
      first[at + byte] = identity[identityAt + 16 + byte] as number
      second[at + byte] = identity[identityAt + 32 + byte] as number
      owner[at + byte] = tenant[byte] as number
    }
    this.slots[at >>> 4] = slot
  }

  /** Four words of each member. */
  take(): Uint32Array {
    const words = this.length * BLOCK_WORDS
    let state = new Uint32Array(words)
    for (const block of this.#blocks) {
      for (let at = 0; at < words; at++) state[at] = (state[at] as number) ^ (block[at] as number)
      const out = this.#cipher.update(Buffer.from(state.buffer))
      state = new Uint32Array(out.buffer.slice(out.byteOffset, out.byteOffset + words * 4))
    }
    this.length = 0
    return state
  }
}

const MOST_TENANTS = 10_000

export class PlaceSums {
  readonly #batch: Batch
  readonly #slots = new Map<number, Map<number, number>>()
  readonly #tenants = new Map<string, Buffer>()
  #sums = new Uint32Array(SLOT * 64)
  #used = 0
  #latest: { readonly bytes: Buffer; readonly hashed: Buffer } = { bytes: Buffer.alloc(0), hashed: Buffer.alloc(0) }
  #latestSlot = { partition: -1, bucket: -1, slot: -1 }

  /** `key`: 16 random bytes. */
  constructor(key: Buffer) {
    this.#batch = new Batch(key)
  }

  add({ partition, offset, offsetIndex, eventId, recordHash, tenant }: Placed): void {
    this.#put({ partition, offset, offsetIndex, identity: Buffer.concat([eventId, recordHash]), identityAt: 0 }, this.#tenant(tenant))
  }

  addPacked(placed: PackedPlace): void {
    this.#put(placed, this.#tenantAt(placed))
  }

  #put(placed: Omit<PackedPlace, 'name' | 'tenantAt' | 'tenantEnd'>, tenant: Buffer): void {
    this.#batch.put(placed, tenant, this.#slot(placed.partition, Math.floor(placed.offset / BUCKET_OFFSETS)))
    if (this.#batch.length === BATCH) this.#flush()
  }

  /** Neighbours are mostly of one tenant: its name is read again only where the bytes are others. */
  #tenantAt({ name, tenantAt, tenantEnd }: PackedPlace): Buffer {
    const { bytes, hashed } = this.#latest
    let same = bytes.length === tenantEnd - tenantAt
    for (let at = 0; same && at < bytes.length; at++) same = bytes[at] === name[tenantAt + at]
    if (same) return hashed
    let from = tenantAt
    while ((name[from++] as number) > 127) {}
    this.#latest = { bytes: Buffer.from(name.subarray(tenantAt, tenantEnd)), hashed: this.#tenant(name.toString('utf8', from, tenantEnd)) }
    return this.#latest.hashed
  }

  #tenant(name: string): Buffer {
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    if (this.#tenants.size >= MOST_TENANTS) this.#tenants.clear()
    const made = hash('sha256', name, 'buffer')
    this.#tenants.set(name, made)
    return made
  }

  #flush(): void {
    const { length, slots } = this.#batch
    const words = this.#batch.take()
    const sums = this.#sums
    for (let member = 0; member < length; member++) {
      const at = slots[member] as number
      for (let lane = 0; lane < LANES; lane++) sums[at + lane] = (sums[at + lane] as number) + (words[member * LANES + lane] as number)
      sums[at + LANES] = (sums[at + LANES] as number) + 1
    }
  }

  #slot(partition: number, bucket: number): number {
    const latest = this.#latestSlot
    if (latest.partition === partition && latest.bucket === bucket) return latest.slot
    latest.slot = this.#slotOf(partition, bucket)
    latest.partition = partition
    latest.bucket = bucket
    return latest.slot
  }

  #slotOf(partition: number, bucket: number): number {
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
    this.#flush()
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
    this.#flush()
    other.#flush()
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
}
