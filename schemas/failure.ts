/** Errors by what the caller must do. Adapters translate foreign errors at their edge, by typed fields, never by words in a message. */

export type FailureKind =
  /** Bad data: 400, partial success or quarantine; never retried. */
  | 'rejected'
  /** A neighbour is away: back off, stop reading, do not commit. */
  | 'unavailable'
  /** Only at start: print and exit. */
  | 'misconfigured'
  /** Our bug: quarantine that record with its cause and go on. */
  | 'defect'

export class Failure extends Error {
  readonly kind: FailureKind
  /** Closed, dotted word: `otlp.undecodable`, `log.full`, `sql.forbidden`. */
  readonly code: string
  /** How long to wait before trying again, where known. */
  readonly retryAfterSeconds: number | undefined

  constructor(kind: FailureKind, code: string, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.kind = kind
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** How long to wait before trying again, milliseconds: `own`, or longer where the error asks for that, at most `most`. */
export const pauseMs = (error: unknown, own: number, most: number): number =>
  Math.min(Math.max(own, error instanceof Failure ? (error.retryAfterSeconds ?? 0) * 1_000 : 0), most)

/** What a thrown value asks for; anything that is not a Failure is our own defect. */
export const kindOf = (error: unknown): FailureKind => (error instanceof Failure ? error.kind : 'defect')
