/** What the collector's steps hand to each other: decode → normalise → redact → encode → publish. Steps are pure; time and peer are arguments. */
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { MetricPoint } from '../../schemas/metric-point.ts'
import type { SkipReason } from '../../schemas/vocabulary.ts'
import type { Logs, Metrics, Traces } from './otlp/model.ts'

/** What is known of a request apart from its body. */
export interface Arrival {
  readonly tenant: string
  readonly transport: string
  readonly peer: string
  /** `token:NAME` or `certificate:NAME`; absent or '' where nothing is asked for. */
  readonly credential?: string | undefined
  readonly receivedAt: bigint
}

/** Spans, log records or metric points of one source in one request; `received` is counted before anything is decided on them. */
export interface SourceCount {
  readonly source: string
  readonly received: number
  readonly accepted: number
  readonly skipped: number
  readonly rejected: number
}

/** What became of the records of a request. It outlives the events, which are let go as soon as their bytes are made. */
export interface Counted {
  readonly accepted: number
  readonly skipped: ReadonlyMap<SkipReason, number>
  /** Records that cannot be used although the request decoded (a span without ids): answered as partial success. */
  readonly rejected: readonly { readonly what: string; readonly why: string }[]
  /** One entry for each resource and scope of the request. */
  readonly bySource: readonly SourceCount[]
}

export type CountedPoints = Pick<Counted, 'accepted' | 'bySource'> & { readonly skipped: number }

/**
 * Normalised, not yet redacted: `arguments` and `result` hold the whole text, `*_hash` are '' and `redacted` is empty.
 * Only the redactor makes an event that may be written.
 */
export interface Normalised {
  readonly events: readonly AuditEventFields[]
  readonly counted: Counted
}

export interface Normaliser {
  traces(traces: Traces, arrival: Arrival): Normalised
  logs(logs: Logs, arrival: Arrival): Normalised
  metrics(metrics: Metrics, arrival: Arrival): { readonly points: readonly MetricPoint[]; readonly counted: CountedPoints }
}

export interface Redactor {
  /**
   * Redacts every text of the event in place, computes `arguments_hash` and `result_hash` from the texts before redaction, and
   * fills `redacted`. Fails closed: what cannot be scanned within its budget is dropped and named. Never throws.
   */
  redact(event: AuditEventFields): void
  /** The same for a metric point, as a new one. */
  point(point: MetricPoint): MetricPoint
  /** The same for one text outside an event (names of sources, answers). */
  text(tenant: string, text: string): string
}
