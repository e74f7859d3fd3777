/** The evidence that a verifier reads, from wherever it lies, and what it finds wrong with it. */

/** A row of `checkpoints`. */
export interface StoredCheckpoint {
  /** -1: the log over all partitions. */
  readonly partition: number
  readonly size: number
  readonly note: string
  /** Which leaf of the log over all partitions the text of this note is; -1 for that log's own. */
  readonly logIndex: number
  /** When it was signed, nanoseconds as text: the same for all that were signed together. Not in folders of earlier versions. */
  readonly madeAt?: string | undefined
}

/** Some of the rows, which are read together and put down as done together. */
export interface Piece {
  /** The same at every look at the same rows. */
  readonly id: string
  readonly rows: number
}

/** Offsets `first … next - 1` of a partition. */
export interface Places {
  readonly partition: number
  readonly first: number
  readonly next: number
}

/** Something that the archiver said it could not have. */
export interface DeclaredGap extends Places {
  readonly detail: string
  /** What somebody wrote down about it; '' where nobody has. */
  readonly explained: string
}

export interface Removal {
  readonly id: string
  readonly kind: string
  readonly detail: string
  /** When it began or was done, milliseconds since 1970; not in folders of earlier versions. */
  readonly at?: number | undefined
}

/** A manifest as it lies there, and the signed note over it, where there is one. */
export interface Sealed {
  readonly manifest: Buffer
  readonly note: string | undefined
}

/**
 * Where the evidence lies. Everything is read as bytes: nothing that the source computes is believed. Bytes that a stream gives are good until the next are asked
 * for: a source may read into the same memory again.
 */
export interface EvidenceSource {
  /** For people: `ClickHouse at …`, `evidence folder …`. */
  readonly name: string
  /** It has the rows of these tenants alone; undefined: of all. */
  readonly tenants: readonly string[] | undefined
  /** It is written to while it is read: what was anchored may come a moment later. */
  readonly live?: boolean
  /** `recent`: it lets go of what is old, and nobody declares that. */
  readonly keeps: 'all' | 'recent'
  /** Of a source that says itself what it is to hold; undefined: of one that does not. */
  readonly sealed?: Sealed | undefined
  /** No hashes are stored with its rows: their leaves alone say what they must be. */
  readonly bare?: boolean
  /** How many ranges of places may be looked at one by one, where each costs a look at everything. */
  readonly mostRanges: number
  /** Partitions that have leaves, and how many. */
  partitions(): Promise<ReadonlyMap<number, number>>
  /** Those of the log over all partitions (-1) by size, or those of partitions by log_index. */
  checkpoints(of: 'log' | 'partitions'): AsyncIterable<readonly StoredCheckpoint[]>
  /** Packed leaves `from … from + count - 1` of a partition in order of their index (packed-leaf.ts), cut anywhere. */
  leaves(partition: number, from: number, count: number): AsyncIterable<Buffer>
  pieces(): Promise<readonly Piece[]>
  /** Packed records of a piece in any order (packed-record.ts), cut anywhere. */
  rows(piece: Piece): AsyncIterable<Buffer>
  /** Leaves of events whose rows were dropped by a declared removal, or that it has let go of: packed leaves whose index is the number of their partition. Read last. */
  dropped(): AsyncIterable<Buffer>
  /** What the source itself says was anchored. Somebody who verifies has anchors from elsewhere. */
  anchored(): Promise<readonly string[]>
  removals(): Promise<readonly Removal[]>
  gaps(): Promise<readonly DeclaredGap[]>
  /** Packed leaves and packed records of these places, to be compared one by one. */
  leavesWithin(places: Places): AsyncIterable<Buffer>
  rowsWithin(places: Places): AsyncIterable<Buffer>
  /** Which leaf is that of an event, by its id of 32 hex digits. */
  find(eventId: string): Promise<{ readonly partition: number; readonly index: number } | undefined>
  /** What is to be known of what it could not give, once it was read. */
  notes(): readonly string[]
  /** What the source found wrong with itself while it was read. */
  faults(): readonly Fault[]
  close(): Promise<void>
}

export type Question = 'integrity' | 'completeness' | 'attribution'

/** Something that is wrong. */
export interface Fault {
  readonly question: 'integrity' | 'completeness'
  /** In one word, such as `row-changed`. */
  readonly kind: string
  /** -1: the log over all partitions. */
  readonly partition: number
  /** Leaf index where it is known, else -1. */
  readonly index: number
  /** A sentence for people. */
  readonly detail: string
}
