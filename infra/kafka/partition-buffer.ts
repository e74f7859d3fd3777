/** What was fetched of one partition and not yet handled, in order, with the holes in it: the ledger of offsets that the client does not keep. */
import type { Gap } from '../../schemas/ports.ts'
import { lend } from '../../schemas/spare-memory.ts'
import type { FetchedMessage, FetchedPartition } from './client.ts'
import type { Bounds } from './offsets.ts'

/** Encoded bytes of all partitions of a bus together. */
export interface Budget {
  used: number
  readonly limit: number
}

export interface Message {
  readonly offset: number
  readonly bytes: Buffer
}
type Hole = Pick<Gap, 'first' | 'next' | 'cause'>
export type Item = { readonly kind: 'message'; readonly message: Message } | { readonly kind: 'gap'; readonly gap: Hole; readonly resume: number }

/** Asked for in one go; the broker gives at least one record batch, however large. */
const FETCH_BYTES = 1024 * 1024
const LEAST_FETCH_BYTES = 256 * 1024
/** Fetches that brought nothing although there is something, before it is taken for damaged. */
const PATIENCE = 3
/** Offsets tried one by one behind damage before the steps grow. */
const SINGLE_STEPS = 256

export class PartitionBuffer {
  readonly #budget: Budget
  readonly #keepBytes: number
  #items: Item[] = []
  #bytes = 0
  #expected = -1
  #empty = 0
  #skip = 0

  constructor(budget: Budget, keepBytes: number) {
    this.#budget = budget
    this.#keepBytes = keepBytes
  }

  /** The next offset that is to come in; -1 before `seek`. */
  get expected(): number {
    return this.#expected
  }

  /** Where to fetch from: behind what is expected only while it looks for the end of damage. */
  get fetchAt(): number {
    return this.#expected + this.#skip
  }

  /** Its fetch brought nothing, or could not be read: it is to be fetched alone, so that the others go on. */
  get suspect(): boolean {
    return this.#empty > 0 || this.#skip > 0
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  seek(offset: number): void {
    this.#expected = offset
  }

  /** Bytes to fetch now; 0 = enough is here. A partition with nothing in hand may always have some: others must not starve it. */
  room(): number {
    if (this.#expected < 0) return 0
    if (this.#bytes === 0) return this.#budget.used < this.#budget.limit ? FETCH_BYTES : LEAST_FETCH_BYTES
    return this.#bytes < this.#keepBytes && this.#budget.used < this.#budget.limit ? FETCH_BYTES : 0
  }

  /** What a fetch from `askedAt` brought. */
  add(fetched: FetchedPartition, askedAt: number, alone: boolean): void {
    if (askedAt !== this.fetchAt) return
    const logStart = Number(fetched.lastStartOffset ?? 0)
    const fresh = fetched.messages.filter(({ offset }) => Number(offset) >= askedAt)
    const end = Number(fetched.highWatermark)
    if (fresh.length === 0) return this.#nothing(end, alone)
    const damaged = this.#skip > 0
    this.#empty = this.#skip = 0
    fresh.forEach((message, at) => this.#message(message, at === 0 && damaged ? 'damaged' : this.#expected < logStart ? 'retention' : 'missing'))
  }

  /** A fetch of this partition alone could not be decoded. */
  unreadable(alone: boolean): void {
    this.#empty++
    if (alone && this.#empty >= PATIENCE) this.#step()
  }

  /** The broker does not have the offset. False = it has, by now. */
  outOfRange({ first, end }: Bounds): boolean {
    const at = this.fetchAt
    if (at < first) this.#hole({ first: this.#expected, next: first, cause: 'retention' }, first)
    else if (at > end && this.#skip > 0) this.#hole({ first: this.#expected, next: end, cause: 'damaged' }, end)
    else if (at > end) this.#hole({ first: end, next: this.#expected, cause: 'missing' }, first)
    else return false
    this.#empty = this.#skip = 0
    return true
  }

  /** Takes from the front: one gap, or messages of at most `maxBytes`, at least one. */
  take(maxBytes: number): readonly Item[] {
    const [front] = this.#items
    if (front === undefined) return []
    if (front.kind === 'gap') return this.#items.splice(0, 1)
    let [count, bytes] = [0, 0]
    for (const item of this.#items) {
      if (item.kind === 'gap' || (count > 0 && bytes + item.message.bytes.length > maxBytes)) break
      bytes += item.message.bytes.length
      count++
    }
    return this.#items.splice(0, count)
  }

  /** These bytes are handled. */
  release(bytes: number): void {
    this.#bytes -= bytes
    this.#budget.used -= bytes
  }

  /** Lets go of all that waits. */
  clear(): void {
    for (const item of this.#items) if (item.kind === 'message') this.release(item.message.bytes.length)
    this.#items = []
  }

  #message({ offset: text, value, isControlRecord }: FetchedMessage, cause: Gap['cause']): void {
    const offset = Number(text)
    if (offset < this.#expected) return
    if (offset > this.#expected) this.#hole({ first: this.#expected, next: offset, cause }, offset)
    this.#expected = offset + 1
    // Marks of transactions take offsets and carry nothing: no loss.
    if (isControlRecord === true) return
    if (value === null) return this.#hole({ first: offset, next: offset + 1, cause: 'undecodable' }, offset + 1)
    // A copy: what is kept of one envelope must not hold the whole answer of the broker in memory.
    const bytes = lend(value.length)
    bytes.set(value)
    this.#items.push({ kind: 'message', message: { offset, bytes } })
    this.#bytes += bytes.length
    this.#budget.used += bytes.length
  }

  #hole(gap: Hole, resume: number): void {
    this.#items.push({ kind: 'gap', gap, resume })
    this.#expected = resume
  }

  #nothing(end: number, alone: boolean): void {
    if (this.fetchAt >= end) {
      if (this.#skip > 0) this.#hole({ first: this.#expected, next: end, cause: 'damaged' }, end)
      this.#empty = this.#skip = 0
      return
    }
    this.unreadable(alone)
  }

  #step(): void {
    this.#skip += this.#skip < SINGLE_STEPS ? 1 : this.#skip
  }
}
