/**
 * OTLP as we hold it after decoding, the same for protobuf, JSON and gRPC. Only what we use; unknown fields are ignored as the
 * specification asks. Ids are lower-case hex ('' = none); times are nanoseconds (0n = none).
 * Source: opentelemetry-proto 1.x, trace.proto, logs.proto, metrics.proto, common.proto.
 */

/** A number that was sent as `double_value`; plain numbers and bigints were sent as `int_value`. */
export class Double {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** `null` = a value with no kind set. Integers beyond 2^53 are bigint. Key-value lists are Maps, so that no key can touch a prototype. */
export type AnyValue = null | string | boolean | number | bigint | Double | Uint8Array | readonly AnyValue[] | ReadonlyMap<string, AnyValue>
/** What a list of attributes can be asked; a Map can, too. */
export interface KeyValues extends Iterable<[string, AnyValue]> {
  readonly size: number
  get(key: string): AnyValue | undefined
  has(key: string): boolean
  keys(): Iterable<string>
  /** In the order sent. The cheapest way through a record's attributes. */
  forEach(visit: (value: AnyValue, key: string) => void): void
}

export interface Resource {
  readonly attributes: KeyValues
}

export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: KeyValues
}

export interface SpanEvent {
  readonly at: bigint
  readonly name: string
  readonly attributes: KeyValues
}

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startedAt: bigint
  readonly endedAt: bigint
  readonly attributes: KeyValues
  readonly events: readonly SpanEvent[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
}

export interface LogRecord {
  readonly at: bigint
  readonly observedAt: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly body: AnyValue
  readonly eventName: string
  readonly attributes: KeyValues
  readonly traceId: string
  readonly spanId: string
}

export interface DataPoint {
  readonly attributes: KeyValues
  readonly startedAt: bigint
  readonly at: bigint
  /** Value of a sum or gauge point; sum of a histogram or summary. */
  readonly value: number
  /** Points counted by a histogram or summary; 0n for sums and gauges. */
  readonly count: bigint
}

export interface Metric {
  readonly name: string
  readonly unit: string
  readonly kind: 'sum' | 'gauge' | 'histogram' | 'exponential_histogram' | 'summary'
  /** 0 unspecified, 1 delta, 2 cumulative. */
  readonly temporality: number
  readonly points: readonly DataPoint[]
}

export interface Scoped<T> {
  readonly resource: Resource
  readonly scope: Scope
  readonly items: readonly T[]
}

export type Traces = readonly Scoped<Span>[]
export type Logs = readonly Scoped<LogRecord>[]
export type Metrics = readonly Scoped<Metric>[]

export type Signal = 'traces' | 'logs' | 'metrics'

/** Limits of decoding. Over a limit the request is refused as a whole with a sentence that names the limit. */
export interface DecodeLimits {
  /** Nesting of AnyValue, counted without recursion. */
  readonly depth: number
  /** Spans, log records or data points in one request. */
  readonly items: number
}
export const DECODE_LIMITS: DecodeLimits = { depth: 32, items: 200_000 }
