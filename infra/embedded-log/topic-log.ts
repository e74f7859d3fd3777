/** What is known in memory of a topic: bounds, sizes, who reads, what its consumer groups committed. No I/O. */
import type { Gap } from '../../schemas/ports.ts'
import { Tail } from './tail-cache.ts'

/** Stored bytes of a topic above which, or nanoseconds of age after which, its oldest groups may go. */
export interface Retention {
  readonly bytes: number
  readonly ageMs: number
}

/** Where a reader of a partition stands: the tail is kept until all have passed. */
export interface Reader {
  position: number
}

export class PartitionLog {
  readonly topic: string
  readonly partition: number
  /** Offsets `first … next - 1` are retained. */
  first: number
  next: number
  readonly tail = new Tail()
  readonly readers = new Set<Reader>()
  /** Known at open: offsets within the bounds that are not there. Ascending. */
  holes: readonly { readonly first: number; readonly next: number }[] = []
  readonly #waiting = new Set<() => void>()

  constructor(topic: string, partition: number, bounds: { first: number; next: number }) {
    this.topic = topic
    this.partition = partition
    this.first = bounds.first
    this.next = bounds.next
  }

  /** Calls `wake` once, when something was appended. The answer takes it back. */
  onAppend(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  appended(next: number): void {
    this.next = next
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  gap(first: number, next: number, cause: Gap['cause']): Gap {
    return { topic: this.topic, partition: this.partition, first, next, cause }
  }
}

/** Committed offsets of one consumer group on one topic, by partition; -1 = nothing yet. `wanted` runs ahead of `durable`. */
export interface GroupOffsets {
  readonly topic: string
  readonly group: string
  readonly key: Buffer
  wanted: number[]
  durable: readonly number[]
}

export class TopicLog {
  readonly name: string
  readonly partitions: readonly PartitionLog[]
  readonly retention: Retention
  firstGroup: number
  nextGroup: number
  /** Disk bytes of the retained groups. */
  bytes = 0
  /** Of the transaction that last wrote the bounds; 0 = they were never written. */
  serial = 0
  readonly groups = new Map<string, GroupOffsets>()

  constructor(name: string, partitions: readonly PartitionLog[], retention: Retention, numbers: { firstGroup: number; nextGroup: number }) {
    this.name = name
    this.partitions = partitions
    this.retention = retention
    this.firstGroup = numbers.firstGroup
    this.nextGroup = numbers.nextGroup
  }
}

const PAGE = 4096
/** A value above this lies on pages of its own (LMDB: at least two nodes fit one page). */
const INLINE = 1900

/** Bytes on disk of a stored value of `length` bytes. */
export const diskBytes = (length: number): number => (length > INLINE ? Math.ceil((length + 24) / PAGE) * PAGE + 64 : length + 48)
