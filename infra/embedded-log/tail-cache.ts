/**
 * The newest envelopes as the objects that were published, so that readers at the tail neither read nor decode. Filled only while
 * somebody reads the partition, trimmed when every reader has passed, bounded by the encoded bytes of all partitions together.
 */
import type { Envelope } from '../../schemas/ports.ts'

interface Entry {
  readonly tail: Tail
  readonly envelope: Envelope<unknown>
  readonly bytes: number
}

/** One partition's part of the cache: entries with consecutive offsets. */
export class Tail {
  readonly entries = new Map<number, Entry>()
  /** Offset of the oldest entry; entries go from here without holes. */
  first = 0
}

export class TailCache {
  readonly #limit: number
  /** Oldest first, over all partitions; entries already trimmed are skipped when their turn comes. */
  #order: Entry[] = []
  #head = 0
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  add(tail: Tail, envelope: Envelope<unknown>, bytes: number): void {
    if (bytes > this.#limit) return
    if (tail.entries.size === 0 || !tail.entries.has(envelope.offset - 1)) {
      this.#trim(tail, envelope.offset)
      tail.first = envelope.offset
    }
    const entry = { tail, envelope, bytes }
    tail.entries.set(envelope.offset, entry)
    this.#order.push(entry)
    this.#bytes += bytes
    while (this.#bytes > this.#limit) this.#evictOldest()
  }

  /** Forgets what lies before `offset`: every reader is past it. */
  passed(tail: Tail, offset: number): void {
    this.#trim(tail, offset)
    if (this.#head > 1024 && this.#head * 2 > this.#order.length) this.#compact()
  }

  #trim(tail: Tail, offset: number): void {
    while (tail.entries.size > 0 && tail.first < offset) {
      const entry = tail.entries.get(tail.first)
      tail.entries.delete(tail.first++)
      if (entry !== undefined) this.#bytes -= entry.bytes
    }
    this.#skipTrimmed()
  }

  #evictOldest(): void {
    const entry = this.#order[this.#head]
    if (entry !== undefined) this.#trim(entry.tail, entry.envelope.offset + 1)
  }

  #skipTrimmed(): void {
    for (let entry = this.#order[this.#head]; entry !== undefined; entry = this.#order[++this.#head]) {
      if (entry.tail.entries.get(entry.envelope.offset) === entry) return
    }
    this.#compact()
  }

  /** Also drops trimmed entries from the middle, so that a slow partition cannot hold the memory of a fast one. */
  #compact(): void {
    this.#order = this.#order.slice(this.#head).filter((entry) => entry.tail.entries.get(entry.envelope.offset) === entry)
    this.#head = 0
  }
}
