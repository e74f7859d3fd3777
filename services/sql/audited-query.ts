/** One query for the audit of the audit. */
export interface AuditedQuery {
  readonly user: string
  readonly tenant: string
  readonly queryId: string
  /** SHA-256 of the text, 64 hex digits; '' where it could not be read. */
  readonly queryHash: string
  /** It may hold what the data holds: to be redacted like it, and in no log. '' where it could not be read, or nobody was identified. */
  readonly text: string
  /** Whose password was right; false where the door asks for none, or it was not. */
  readonly identified: boolean
  /** Address of the caller. */
  readonly peer: string
  /** `ok`, or the symbolic name of the error. */
  readonly verdict: string
  readonly rowsRead: number
  readonly bytes: number
  readonly milliseconds: number
}
