/** One request body of any signal and encoding. */
import { decodeLogsJson } from './json/logs.ts'
import { decodeMetricsJson } from './json/metrics.ts'
import { decodeTracesJson } from './json/traces.ts'
import type { DecodeLimits, Logs, Metrics, Signal, Traces } from './model.ts'
import { decodeLogs } from './protobuf/logs.ts'
import { decodeMetrics } from './protobuf/metrics.ts'
import { decodeTraces } from './protobuf/traces.ts'

export type Encoding = 'protobuf' | 'json'

export type Decoded =
  | { readonly signal: 'traces'; readonly data: Traces }
  | { readonly signal: 'logs'; readonly data: Logs }
  | { readonly signal: 'metrics'; readonly data: Metrics }

export interface Encoded {
  readonly signal: Signal
  readonly encoding: Encoding
  /** Inflated. */
  readonly bytes: Buffer
}

/** Throws Failure `rejected` (`otlp.undecodable`) with a sentence that names the field or the limit. */
export function decode({ signal, encoding, bytes }: Encoded, limits: DecodeLimits): Decoded {
  const json = encoding === 'json'
  switch (signal) {
    case 'traces': return { signal, data: json ? decodeTracesJson(bytes, limits) : decodeTraces(bytes, limits) }
    case 'logs': return { signal, data: json ? decodeLogsJson(bytes, limits) : decodeLogs(bytes, limits) }
    case 'metrics': return { signal, data: json ? decodeMetricsJson(bytes, limits) : decodeMetrics(bytes, limits) }
  }
}
