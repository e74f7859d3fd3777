/**
 * Spans of our own work. Without a tracer provider, which only `telemetry.traces` registers, the API's tracers record nothing and cost next
 * to nothing. Attributes are ours or closed words: never a payload, a query's text or the message of an error, which may repeat one.
 */
import { type Attributes, type Context, context, isSpanContextValid, type Link, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api'
import { Failure } from './failure.ts'

export interface Work {
  /** Low-cardinality name of the span: `insert audit_events`. */
  readonly name: string
  /** Default: internal. */
  readonly kind?: SpanKind
  readonly attributes?: Attributes
}

/** Runs `work` under a span that ends when it has settled; what it throws makes the span an error and goes on to the caller. */
export async function traced<T>(tracer: Tracer, { name, kind = SpanKind.INTERNAL, attributes = {} }: Work, work: (span: Span) => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name, { kind, attributes })
  try {
    return await work(span)
  } catch (error) {
    failSpan(span, errorType(error))
    throw error
  } finally {
    span.end()
  }
}

/** Marks a span as failed. `type` is a closed word (semantic conventions: `error.type`). */
export function failSpan(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.setAttribute('error.type', type)
}

/** The code of a Failure, else the class of what was thrown. */
function errorType(error: unknown): string {
  if (error instanceof Failure) return error.code
  return error instanceof Error ? error.name : typeof error
}

/** W3C Trace Context, level 1: version, trace, parent, flags; a later version may go on behind them. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

export interface Parentage {
  /** Where the span begins: the caller's span when it is trusted. */
  readonly parent: Context
  readonly links: Link[]
}

/**
 * What a caller's `traceparent` makes of a span. Anyone who may send can write any value there, so it is only linked; with `join` the span
 * becomes a part of the caller's trace, which also decides whether it is sampled. A malformed value is none.
 */
export function parentageOf(traceparent: string | undefined, join: boolean): Parentage {
  const here = context.active()
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return { parent: here, links: [] }
  const caller = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  if (!isSpanContextValid(caller)) return { parent: here, links: [] }
  return join ? { parent: trace.setSpanContext(here, caller), links: [] } : { parent: here, links: [{ context: caller }] }
}
