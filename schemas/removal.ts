/** Taking records away on purpose: retention, erasure of a person, and the legal holds that forbid both. */

export const HOLD_KINDS = ['tenant', 'principal', 'case'] as const
export type HoldKind = (typeof HOLD_KINDS)[number]

/** A row of `legal_holds`. */
export interface Hold {
  readonly hold_id: string
  /** 1 when it was placed, 2 when it was released. */
  readonly version: number
  readonly tenant: string
  readonly kind: HoldKind
  /** The subject, or the alert_id; '' for the whole tenant. */
  readonly value: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: bigint
  /** '' while it holds. */
  readonly released_by: string
  readonly released_why: string
  readonly released_at: bigint
}

/** What retention tells apart: whole rows of calls, the content within them, and what was judged of them. */
export const RETENTION_CLASSES = ['metadata', 'content', 'findings'] as const
export type RetentionClass = (typeof RETENTION_CLASSES)[number]

/** A row of `removals`. */
export interface RemovalRow {
  readonly removal_id: string
  readonly version: number
  readonly tenant: string
  readonly kind: 'retention' | 'erasure'
  readonly class: RetentionClass | 'subject'
  /** Keyed hash; '' for retention. */
  readonly subject_hash: string
  readonly until: bigint
  readonly reason: string
  readonly removed_by: string
  readonly state: 'running' | 'done'
  readonly started_at: bigint
  readonly finished_at: bigint
  readonly tables: ReadonlyMap<string, bigint>
  readonly events: bigint
  readonly events_digest: string
}

/** Who is to be erased. */
export interface Subject {
  readonly tenant: string
  /** All names of one person or service, compared without regard to upper and lower case. */
  readonly names: readonly string[]
  /** Also rows of others that name the subject somewhere in their text. */
  readonly mentions: boolean
}

/** What has outlived its time. */
export interface Expiry {
  readonly tenant: string
  readonly class: RetentionClass
  /** Nanoseconds; what was received before. */
  readonly until: bigint
}

/** Rows by table, and the audit events among them. */
export interface Removed {
  readonly tables: ReadonlyMap<string, bigint>
  readonly events: bigint
  /** SHA-256 over the event ids in order, 64 hex digits. */
  readonly digest: string
}

/** Orders of erasures until they are done, by removal_id: they name the person, so they are kept sealed. */
export interface KeptOrders {
  /** Resolves once it would survive a crash; in place of what was kept under the id. */
  keep(id: string, text: string): Promise<void>
  /** Ids of all that are kept. */
  list(): Promise<readonly string[]>
  /** Undefined where none is kept under the id. Failure `misconfigured` where the key of keys is not the one that it was sealed under, or its bytes are not what was sealed. */
  read(id: string): Promise<string | undefined>
  /** Overwritten, synced, removed. Safe to repeat. */
  destroy(id: string): Promise<void>
}

/** Told before each table is changed. */
export type Told = (table: string, done: number, of: number) => void

/** Changes and drops rows. Each call may be repeated after a crash, under the same id. Throws Failure `unavailable`, or `misconfigured` without the rights. */
export interface Remover {
  /** Tenants that have audit events. */
  tenants(): Promise<readonly string[]>
  /** Rows by table that `erase` would change now. */
  count(subject: Subject): Promise<ReadonlyMap<string, bigint>>
  /** Those of the holds that stand against it. */
  against(subject: Subject, holds: readonly Hold[]): Promise<readonly Hold[]>
  /** Blanks what is personal or content of the subject, in every table, and waits until no file has the old rows any more. */
  erase(removalId: string, subject: Subject, told: Told): Promise<Removed>
  /** Rows by table that `expire` would remove now. */
  countExpired(expiry: Expiry, holds: readonly Hold[]): Promise<ReadonlyMap<string, bigint>>
  expire(removalId: string, expiry: Expiry, holds: readonly Hold[], told: Told): Promise<Removed>
}
