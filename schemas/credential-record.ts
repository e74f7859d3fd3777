/** One of our own credentials as it was at a look. Field names are the columns of table `credentials`; never the thing itself. */
export interface CredentialRecord {
  readonly tenant: string
  readonly kind: 'watchkeeper_token' | 'certificate' | 'client_certificate' | 'key' | 'secret'
  /** Its name. */
  readonly credential: string
  /** Nanoseconds, midnight UTC: of a day the last look is kept. */
  readonly day: bigint
  readonly looked_at: bigint
  /** First 16 hex digits of SHA-256 of it or of its public part; '' where that would tell too much. */
  readonly fingerprint: string
  /** Who or what it stands for. */
  readonly holder: string
  readonly scopes: readonly string[]
  /** Where it is kept. */
  readonly place: string
  /** Nanoseconds, 0n where nobody says, as of those below. */
  readonly issued_at: bigint
  /** `NEVER` = it does not end. */
  readonly expires_at: bigint
  readonly revoked_at: bigint
}

/** 2262-01-01. */
export const NEVER = 9_214_646_400_000_000_000n
