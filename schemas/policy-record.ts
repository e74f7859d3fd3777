/**
 * A version of a policy as it was published, or its withdrawal. Field names are the columns of table `policies`. The topic keeps them for ever: who
 * begins to judge reads all of them first, so that a call is always judged by what was in force when it arrived.
 */
export interface PolicyRecord {
  /** `*` = all tenants. */
  readonly tenant: string
  readonly policy: string
  readonly version: number
  /** SHA-256 (hex) of the hash of the text and of `members`: what was in force. */
  readonly hash: string
  readonly action: 'publish' | 'withdraw'
  readonly mode: 'enforce' | 'report-only'
  readonly title: string
  /** How many. */
  readonly rules: number
  /** The file as it was; '' of a withdrawal. */
  readonly text: string
  readonly text_hash: string
  /** Who is in the groups that the file does not explain. */
  readonly members: ReadonlyMap<string, readonly string[]>
  /** Name of the file. */
  readonly file: string
  /** Nanoseconds. */
  readonly published_at: bigint
  /** What is received from then on is judged by it. */
  readonly in_force_from: bigint
}

/** Key on the bus: versions of one policy stay in order. */
export const policyKey = ({ tenant, policy }: Pick<PolicyRecord, 'tenant' | 'policy'>): string => `${tenant} ${policy}`

/** Published again although nothing is new, as by two processes at once. */
export const isSamePolicy = (one: PolicyRecord, other: PolicyRecord): boolean => one.action === other.action && one.version === other.version && one.hash === other.hash
