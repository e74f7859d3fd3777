/** Where decoded telemetry goes: normalised, redacted and published by whoever implements it. */
import type { Arrival } from './contracts.ts'
import type { Logs, Metrics, Traces } from './otlp/model.ts'

export interface IngestResult {
  /** Spans, log records or data points that were kept: what has nothing to do with MCP is skipped and not among them. */
  readonly accepted: number
  /** Spans, log records or data points that cannot be used; everything else is durable. */
  readonly rejected: number
  /** Why, in a sentence for the sender; '' where nothing was rejected. */
  readonly message: string
  /** Nothing was in the request but telemetry of our own. */
  readonly own: boolean
}

/**
 * Each resolves only when everything that is kept is durable. Failure `rejected`: the whole request is bad (400); `unavailable`: come
 * again (503). Anything else thrown is our own defect, and the sender is asked to come again too.
 */
export interface Ingest {
  traces(traces: Traces, arrival: Arrival): Promise<IngestResult>
  logs(logs: Logs, arrival: Arrival): Promise<IngestResult>
  metrics(metrics: Metrics, arrival: Arrival): Promise<IngestResult>
}
