/**
 * Coverage: what a source sends, and what is blind without the rest. A row is one source in one hour of receipt, as counted from the tables; what is
 * judged in it is about the day before the look that wrote it. Columns of table `coverage_versions`.
 */

/** Length of a window, nanoseconds. A record belongs to the window of its `received_at`. */
export const COVERAGE_WINDOW_NS = 3_600_000_000_000n

/** Software of one version, read by one version of a mapping. */
export interface CoverageSource {
  readonly tenant: string
  readonly source: string
  readonly emitter: string
  readonly scope_version: string
  readonly service_version: string
  readonly mapping_version: string
}

export interface CoverageRow extends CoverageSource {
  readonly window_start: bigint
  /** Milliseconds of the look: the latest word on a window holds. */
  readonly version: number
  /** Observations, and those of `tools/call` among them. */
  readonly events: number
  readonly calls: number
  /** Of the source's last observation, whenever that was. */
  readonly last_received_at: bigint
  /** Bit n: something was received in minute n of the window. */
  readonly active_minutes: bigint
  /** Field → in how many of `events`, and of `calls`, it is. */
  readonly fields: ReadonlyMap<string, number>
  readonly call_fields: ReadonlyMap<string, number>
  /** Calls that it took part in and that were looked at, and in how many of them a column is known, whoever said it. */
  readonly joined_calls: number
  readonly joined_fields: ReadonlyMap<string, number>

  /** Detector → share of the source's calls that it can judge; not there where no call was looked at. */
  readonly detectors: ReadonlyMap<string, number>
  /** Those that can judge none. */
  readonly blind_detectors: readonly string[]
  /** `detector:column` of what a detector lacks in some calls. */
  readonly missing: readonly string[]
  /** What to set so that the source sends what is missing. */
  readonly switches: readonly string[]
  /** 95 of 100 pauses of the last seven days were no longer; 0: too little is known. */
  readonly usual_interval_seconds: number
  readonly silent: boolean
  /** Sessions of the last day with sequence numbers, and numbers that never came. */
  readonly sequence_sessions: number
  readonly sequence_gaps: number
  /** What the source says of its sampling, and the least share that it says it sends; NaN where it says nothing. */
  readonly sampling: readonly string[]
  readonly sampling_probability: number
  /** Names of attributes in this window that the mapping does not read, at most `MOST_UNMAPPED`. */
  readonly unmapped: readonly string[]
}

export const MOST_UNMAPPED = 50
