/** One request body of any signal and encoding. */
import { decodeLogsJson } from './json/logs.ts'
import { decodeMetricsJson } from './json/metrics.ts'
import { decodeTracesJson } from './json/traces.ts'
import { UnknownKeys } from './json/unknown-keys.ts'
import type { DecodeLimits, Logs, Metrics, Signal, Traces } from './model.ts'
import { decodeLogs } from './protobuf/logs.ts'
import { decodeMetrics } from './protobuf/metrics.ts'
import { decodeTraces } from './protobuf/traces.ts'

export type Encoding = 'protobuf' | 'json'

/** `warning`: for the sender, where a part of the body was passed over; else ''. */
export type Decoded = { readonly warning: string } & (
  | { readonly signal: 'traces'; readonly data: Traces }
  | { readonly signal: 'logs'; readonly data: Logs }
  | { readonly signal: 'metrics'; readonly data: Metrics }
)

export interface Encoded {
  readonly signal: Signal
  readonly encoding: Encoding
  /** Inflated. */
  readonly bytes: Buffer
}

/** Throws Failure `rejected` (`otlp.undecodable`) with a sentence that names the field or the limit. */
export function decode({ signal, encoding, bytes }: Encoded, limits: DecodeLimits): Decoded {
  if (encoding === 'json') return decodeJson(signal, bytes, limits)
  switch (signal) {
    case 'traces': return { signal, data: decodeTraces(bytes, limits), warning: '' }
    case 'logs': return { signal, data: decodeLogs(bytes, limits), warning: '' }
    case 'metrics': return { signal, data: decodeMetrics(bytes, limits), warning: '' }
  }
}

function decodeJson(signal: Signal, bytes: Buffer, limits: DecodeLimits): Decoded {
  const unknown = new UnknownKeys()
  switch (signal) {
    case 'traces': return { signal, data: decodeTracesJson(bytes, limits, unknown), warning: unknown.warning }
    case 'logs': return { signal, data: decodeLogsJson(bytes, limits, unknown), warning: unknown.warning }
    case 'metrics': return { signal, data: decodeMetricsJson(bytes, limits, unknown), warning: unknown.warning }
  }
}
