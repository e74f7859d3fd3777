/** One span for each export request that was let in. What is refused on its head alone is only counted: a stranger makes no spans. */
import { type HrTime, SpanKind, trace } from '@opentelemetry/api'
import type { Clock } from '../../schemas/ports.ts'
import { failSpan, parentageOf } from '../../schemas/traced.ts'
import type { ExportOutcome } from './export-request.ts'
import type { Encoding } from './otlp/decode.ts'
import type { Signal } from './otlp/model.ts'

export interface RequestHead {
  readonly signal: Signal
  readonly encoding: Encoding
  readonly transport: string
  readonly tenant: string
  /** As the caller wrote it, if at all. */
  readonly traceparent: string | undefined
}

export interface TracingPorts {
  readonly clock: Clock
  /** Spans become part of the caller's trace instead of linking to it. */
  readonly joinCallers?: boolean
  /** Whether anybody takes spans; default: yes. */
  readonly traced?: boolean
}

const SECOND = 1_000_000_000n
const hrTime = (ns: bigint): HrTime => [Number(ns / SECOND), Number(ns % SECOND)]

/**
 * The span is made when the outcome is known: a request that carries nothing but our own spans, come back to us by whatever way, makes none,
 * or each export would be the reason for the next.
 */
export function tracedRequest(head: RequestHead, ports: TracingPorts, work: () => Promise<ExportOutcome>): Promise<ExportOutcome> {
  return ports.traced === false ? work() : underSpan(head, ports, work)
}

async function underSpan(head: RequestHead, ports: TracingPorts, work: () => Promise<ExportOutcome>): Promise<ExportOutcome> {
  const { clock, joinCallers = false } = ports
  const startedAt = clock.now()
  const outcome = await work()
  if (outcome.kind === 'accepted' && outcome.own) return outcome
  const { parent, links } = parentageOf(head.traceparent, joinCallers)
  const options = { kind: SpanKind.SERVER, startTime: hrTime(startedAt), links, attributes: attributesOf(head, outcome) }
  const span = trace.getTracer('watchkeeper.collector').startSpan(`ingest ${head.signal}`, options, parent)
  if (outcome.kind === 'refused') span.setAttribute('error.type', outcome.code)
  if (outcome.kind === 'later') failSpan(span, 'unavailable')
  span.end(hrTime(clock.now()))
  return outcome
}

function attributesOf({ signal, encoding, transport, tenant }: RequestHead, outcome: ExportOutcome): Record<string, string | number> {
  const { accepted, rejected } = outcome.kind === 'accepted' ? outcome : { accepted: 0, rejected: 0 }
  return {
    'watchkeeper.signal': signal, 'watchkeeper.encoding': encoding, 'watchkeeper.transport': transport, 'watchkeeper.tenant': tenant,
    'watchkeeper.outcome': outcome.kind, 'watchkeeper.accepted': accepted, 'watchkeeper.rejected': rejected,
  }
}
