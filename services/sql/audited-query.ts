/** One query for the audit of the audit. The text itself is never given: it may hold what the data holds. */
export interface AuditedQuery {
  readonly user: string
  readonly tenant: string
  readonly queryId: string
  /** SHA-256 of the text, 64 hex digits; '' where it could not be read. */
  readonly queryHash: string
  /** `ok`, or the symbolic name of the error. */
  readonly verdict: string
  readonly rowsRead: number
  readonly bytes: number
  readonly milliseconds: number
}
