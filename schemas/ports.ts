/** The holes through which services reach the world. Each has one contract suite in `test/contract`, run on every adapter. */
import type { KnownEvent } from './audit-event.ts'
import type { Notice } from './alert-message.ts'
import type { Interaction } from './interaction.ts'
import type { Topic } from './topics.ts'

/** Nanoseconds since 1970 UTC. Only the collector and the alerter may ask; everything else takes time from records. */
export interface Clock {
  now(): bigint
}

export interface Keyed<T> {
  /** Records of one key stay in order: the adapter's own hash of it chooses the partition. */
  readonly key: string
  readonly record: T
}

export interface Publisher {
  /**
   * Resolves when every record is durable (fdatasync, or acks=-1), in the order given per partition. Throws Failure `unavailable`
   * when that cannot be said; then any part of the batch may or may not be there. Throws `RefusedRecords` where single records can never be taken.
   */
  publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void>
  /** The same for one record on every partition of the topic. */
  broadcast<T>(topic: Topic<T>, record: T): Promise<void>
}

/** What was written to one partition by one publish, or by several at once. Offsets are consecutive per partition and count envelopes. */
export interface Envelope<T> {
  readonly partition: number
  readonly offset: number
  readonly records: readonly T[]
}

export interface Gap {
  readonly topic: string
  readonly partition: number
  /** The offsets `first … next - 1` cannot be had any more. */
  readonly first: number
  readonly next: number
  readonly cause: 'retention' | 'damaged' | 'missing' | 'undecodable'
}

export interface SubscribeOptions<T> {
  /** Consumer group: each partition goes to one member; committed offsets are kept per group. */
  readonly group: string
  /**
   * Called before the first delivery of a partition; the answer is where to start, undefined = the committed offset, else the oldest. What is before an
   * answer that is further than the committed offset counts as committed.
   */
  assigned?(partition: number): Promise<number | undefined>
  /**
   * Called when the partition goes to another member or the subscription ends: last chance to save state. Where that throws Failure
   * `unavailable`, whoever has the partition next goes on from the state before; any other error stops the subscription.
   */
  revoked?(partition: number): Promise<void>
  /**
   * Envelopes of one partition, in order. One call at a time per partition; the next comes when this one has resolved.
   * On Failure `unavailable` the same envelopes come again after a back-off; any other error stops the subscription and is given to `failed`.
   */
  handle(envelopes: readonly Envelope<T>[], signal: AbortSignal): Promise<void>
  /**
   * Offsets that cannot be delivered; the subscription goes on behind them. They count as committed when this has resolved and everything before
   * them is committed.
   */
  gap(gap: Gap): Promise<void>
  failed(error: unknown): void
  /** Most bytes of encoded envelopes in one `handle` call (at least one envelope is given); default 4 MiB. */
  readonly maxBytes?: number
  /**
   * Milliseconds that records behind others may wait for more of their kind, where each delivery costs (Kafka): fewer and larger calls; default 0. What
   * comes after a silence does not wait, nor does a backlog.
   */
  readonly gatherMs?: number
}

/** Code of the Failure of a commit that came too late. */
export const NOT_ASSIGNED = 'bus.not_assigned'

export interface Subscription {
  /**
   * Remember that everything before `next` is done. Resolves when that is durable. Failure `unavailable`; where its code is `NOT_ASSIGNED`
   * the partition is another member's by now, or let go of before it could be done, and trying again is no use.
   */
  commit(partition: number, next: number): Promise<void>
  /** Stops intake and waits for the running `handle` calls. Safe twice. */
  stop(): Promise<void>
}

export interface Subscriber {
  subscribe<T>(topic: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription>
}

export interface PartitionLag {
  readonly topic: string
  readonly group: string
  readonly partition: number
  readonly committed: number
  readonly end: number
}

export interface Bus extends Publisher, Subscriber {
  lag(): Promise<readonly PartitionLag[]>
  /** Safe before anything was done, and twice. */
  close(): Promise<void>
}

/** State of a consumer with the offset it belongs to, replaced as one. */
export interface Snapshots {
  /** The newest whole snapshot under `name`, or undefined; a damaged one is reported through `damaged` and skipped. */
  load(name: string): Promise<Snapshot | undefined>
  save(name: string, snapshot: Snapshot): Promise<void>
}
export interface Snapshot {
  /** Version of the state's shape; a reader that does not know it starts from nothing. */
  readonly version: number
  readonly nextOffset: number
  readonly state: Buffer
}

/** An ordinary row, by column name; strings, numbers, bigints, booleans, arrays and maps as the column's type asks. */
export type Row = Readonly<Record<string, unknown>>

export interface StoredEvent {
  /** Canonical bytes. */
  readonly bytes: Buffer
  readonly partition: number
  readonly offset: number
  readonly offsetIndex: number
  /** ASCII; the digits of the content hash begin at `hashesAt`, those of the record hash behind them. Shared by neighbours. */
  readonly hashes: Buffer
  readonly hashesAt: number
}

/** What the log of leaves says of a stored event. */
export interface StoredLeaf extends Pick<StoredEvent, 'partition' | 'offset' | 'offsetIndex' | 'hashes' | 'hashesAt'> {
  readonly head: { readonly event_id: string; readonly tenant: string }
}

/** Leaves of one partition's log, the first at index `first` and the others behind it. */
export interface LeafRun {
  readonly first: number
  readonly leaves: readonly StoredLeaf[]
}

/** Where rows end: the ClickHouse engine in the process, or a server. */
export interface Store {
  /** Applies what is missing of the numbered migrations. Safe to call by several processes. */
  migrate(): Promise<void>
  /** Inserts as one block. `token`: the same token is inserted once. Failure `rejected` = a row is bad, `unavailable` = try again. */
  insertEvents(events: readonly StoredEvent[], token: string): Promise<void>
  /** The same for leaves. */
  insertLeaves(runs: readonly LeafRun[], token: string): Promise<void>
  insertRows(table: string, rows: readonly Row[], token: string): Promise<void>
  /** Where those of the events stand that are stored, by event_id. */
  places(tenant: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, KnownEvent>>
  /** event_ids stored from one partition of the bus at or behind `offset`. */
  eventIdsFrom(partition: number, offset: number): Promise<readonly string[]>
  /** Rows of a read-only query with bound parameters. For our own statements, not for users' text. */
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<readonly Row[]>
  close(): Promise<void>
}

/** Which of the archived interactions are read again: those that started in this time and were received before its end, nanoseconds. */
export interface HistoryRange {
  readonly since: bigint
  readonly until: bigint
  /** At most about so many, the latest ones. */
  readonly maxRows: number
}

/** What was archived, to learn from. */
export interface History {
  /**
   * Newest versions in order of their start, some thousands at a time; withdrawn ones and a server's own are left out, and so are very long texts.
   * It may end early, by a limit of time. Failure `unavailable` where the store does not answer.
   */
  interactions(range: HistoryRange): AsyncIterable<readonly Interaction[]>
}

/** Sends messages to one receiver. Never throws for what the receiver did: says it. */
export interface Notifier {
  readonly receiver: string
  /** Which kind of receiver, as in the configuration: `webhook`, `slack`, ... */
  readonly kind: string
  /**
   * The body in the receiver's own form, within its limits, strangers' text escaped for it; '' where it is not told of such a thing. The same words give
   * the same body: it is kept, and every attempt sends it.
   */
  render(notice: Notice): string
  send(message: { readonly id: string; readonly at: bigint; readonly body: string }, signal: AbortSignal): Promise<Answer>
}
export interface Answer {
  /** HTTP status, 0 where no answer came. */
  readonly status: number
  /** First 1,024 bytes of the body, or why there was none. */
  readonly text: string
  /** The receiver's `Retry-After`, if any. */
  readonly retryAfterSeconds: number | undefined
  /** Nothing was sent, nor will be: our own configuration lets nothing go to that target. `text` says what to change. */
  readonly refused?: true
}

/** Keyed hashes that tokens, fingerprints and redactions are made of. One key per tenant, derived from a secret in the data directory. */
export interface KeyedHash {
  /** HMAC-SHA-256 of `text` under the tenant's key for `purpose`, first 32 hex digits. */
  of(tenant: string, purpose: 'content' | 'secret' | 'token', text: string): string
}

/** Structured log: the message is a constant, data are fields; never a payload, a token or an argument. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** One part of the running product. */
export interface Service {
  readonly name: string
  /** Fails fast with a clear sentence. */
  start(): Promise<void>
  /** Safe before start and twice: stops intake, flushes, then lets go. */
  stop(): Promise<void>
  /** '' when ready, else what is missing. */
  notReady(): string
}
