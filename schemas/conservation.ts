/**
 * Conservation: received = stored + duplicate + conflict + quarantined + rejected + skipped + in flight, for every source and minute of receipt.
 * What the collector took is said by receipts; what the archiver made of it by its ledger; what is there by the table itself.
 */

/** Length of a window, nanoseconds. A record belongs to the window of its `received_at`. */
export const WINDOW_NS = 60_000_000_000n

export const windowOf = (receivedAt: bigint): bigint => receivedAt - (receivedAt % WINDOW_NS)

/** An account is of spans and log records, which become rows of `audit_events`, or of metric points, which become rows of `mcp_metrics`. */
export interface AccountOf {
  readonly points: boolean
}

/** What one run of a collector took from one source in one window, so far: of two with the same id the higher `version` holds. */
export interface Receipt extends AccountOf {
  /** 32 hex digits; of the run, its tenant, source and window. */
  readonly receipt_id: string
  readonly version: number
  readonly tenant: string
  readonly source: string
  /** Nanoseconds. */
  readonly window_start: bigint
  /** In requests that were answered with 200; always the sum of the next three. */
  readonly received: number
  /** Durable on the bus. */
  readonly accepted: number
  readonly skipped: number
  readonly rejected: number
}

/** What became of the records of one source and window in one envelope. Counts are below 0 where a replay takes an earlier word back. */
export interface LedgerRow extends AccountOf {
  /**
   * `PARTITION:OFFSET-NEXT` of an envelope of topic events, `metrics:…` of topic metrics, or `again:QUARANTINE_ID`: written twice, it is one row.
   */
  readonly batch: string
  readonly tenant: string
  readonly source: string
  readonly window_start: bigint
  /** Records read from the bus. */
  readonly taken: number
  readonly stored: number
  readonly duplicate: number
  readonly conflict: number
  readonly quarantined: number
}

/** One line of the account: one source and window, as it was at the last look. */
export interface ConservationRow extends AccountOf {
  readonly tenant: string
  readonly source: string
  readonly window_start: bigint
  /** Grows with every look. */
  readonly version: number
  readonly received: number
  /** Of `received`: on the bus without a receipt, because the answer was lost, the bus repeated it, or the collector was killed before it said so. */
  readonly unconfirmed: number
  readonly stored: number
  readonly duplicate: number
  readonly conflict: number
  readonly quarantined: number
  readonly rejected: number
  readonly skipped: number
  readonly in_flight: number
  /** Sum of the four below: not 0 = records are missing (above) or too many (below). */
  readonly difference: number
  readonly missing_in_collector: number
  readonly missing_on_bus: number
  readonly missing_in_archiver: number
  readonly missing_in_table: number
  /** Everything of the window is through: nothing is in flight any more. */
  readonly settled: boolean
  readonly checked_at: bigint
}
