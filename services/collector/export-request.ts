/** One export request, whatever it came by: decode, hand to ingest, and say what became of it. */
import type { Failure } from '../../schemas/failure.ts'
import { kindOf } from '../../schemas/failure.ts'
import type { Arrival } from './contracts.ts'
import type { Ingest, IngestResult } from './ingest-port.ts'
import { decode } from './otlp/decode.ts'
import type { Decoded, Encoded } from './otlp/decode.ts'
import type { DecodeLimits } from './otlp/model.ts'

export type ExportOutcome =
  | ({ readonly kind: 'accepted' } & IngestResult)
  /** Never to be sent again. `code` is that of the Failure. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly cause: unknown }
  /** To be sent again: something that we need is away, we are busy, or we have a defect. */
  | { readonly kind: 'later'; readonly message: string; readonly retryAfterSeconds: number; readonly cause: unknown }

export interface ExportPorts {
  readonly ingest: Ingest
  readonly limits: DecodeLimits
}

/** SDKs give up when the wait is longer than what is left of their ten seconds, so it is short. */
const MIN_RETRY_S = 1
const DEFAULT_RETRY_S = 2
const MAX_RETRY_S = 3

/** Never throws. */
export async function exportRequest(request: Encoded & { readonly arrival: Arrival }, ports: ExportPorts): Promise<ExportOutcome> {
  try {
    return { kind: 'accepted', ...(await ingested(request, ports)) }
  } catch (error) {
    return outcomeOf(error)
  }
}

/** Not async: what is decoded is let go while the answer is awaited. */
function ingested(request: Encoded & { readonly arrival: Arrival }, { ingest, limits }: ExportPorts): Promise<IngestResult> {
  const decoded = decode(request, limits)
  const { warning } = decoded
  const result = handed(decoded, request.arrival, ingest)
  return warning === '' ? result : result.then((kept) => ({ ...kept, message: kept.message === '' ? warning : `${kept.message}; ${warning}` }))
}

function handed(decoded: Decoded, arrival: Arrival, ingest: Ingest): Promise<IngestResult> {
  switch (decoded.signal) {
    case 'traces': return ingest.traces(decoded.data, arrival)
    case 'logs': return ingest.logs(decoded.data, arrival)
    case 'metrics': return ingest.metrics(decoded.data, arrival)
  }
}

/** Only bad data is refused for good. A defect of ours is no reason for the sender to throw its data away. */
export function outcomeOf(error: unknown): ExportOutcome {
  switch (kindOf(error)) {
    case 'rejected': return { kind: 'refused', code: (error as Failure).code, message: (error as Failure).message, cause: error }
    case 'unavailable': return later((error as Failure).message, (error as Failure).retryAfterSeconds ?? DEFAULT_RETRY_S, error)
    default: return later('The request could not be worked on; send it again.', DEFAULT_RETRY_S, error)
  }
}

function later(message: string, seconds: number, cause: unknown): ExportOutcome {
  const retryAfterSeconds = Math.min(MAX_RETRY_S, Math.max(MIN_RETRY_S, Math.ceil(seconds)))
  return { kind: 'later', message, retryAfterSeconds, cause }
}
