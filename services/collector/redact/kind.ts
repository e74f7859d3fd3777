/** A kind of secret: what it is called, and how it is known. */
export interface Kind {
  /** Word in `[redacted:<kind>:<token>]` and in `redacted`. */
  readonly kind: string
  readonly what: string
  readonly found: string
}
