/** OpenTelemetry SDK for our own spans, sent by the official exporter as OTLP/HTTP. Loaded only where traces are switched on. */
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, type SpanExporter, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-node'
import { Failure } from '../../schemas/failure.ts'

export interface TracesOptions {
  /** Base address of an OTLP/HTTP receiver, as in OTEL_EXPORTER_OTLP_ENDPOINT: `/v1/traces` is added. */
  readonly endpoint: string
  /** Part of our own traces that is kept, 0 to 1. A trace that a trusted caller began is kept where the caller keeps it. */
  readonly sampleRatio: number
  readonly version: string
  /** Told when exports begin to fail (with the reason), and when they work again. */
  changed(trouble: string | undefined): void
}

export interface OwnTraces {
  /** Sends what is finished, for at most two seconds, and lets go of the API. Never throws: what cannot be sent is lost. Safe twice. */
  stop(): Promise<void>
}

/** Of one export with its retries. */
const TIMEOUT_MS = 5_000
const STOP_MS = 2_000
const MOST_REASON = 300

const tracesUrl = (endpoint: string): string => `${endpoint.replace(/\/+$/, '').replace(/\/v1\/traces$/, '')}/v1/traces`

/** Must run before services make their tracers. Throws Failure `misconfigured` where another SDK has the API already. */
export function startTraces({ endpoint, sampleRatio, version, changed }: TracesOptions): OwnTraces {
  const exporter = watched(new OTLPTraceExporter({ url: tracesUrl(endpoint), timeoutMillis: TIMEOUT_MS }), changed)
  const provider = new BasicTracerProvider({
    // `watchkeeper.telemetry` is how a Watchkeeper that receives them knows them, and skips them.
    resource: resourceFromAttributes({ 'service.name': 'watchkeeper', 'service.version': version, 'watchkeeper.telemetry': 'true' }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { exportTimeoutMillis: TIMEOUT_MS })],
  })
  if (!trace.setGlobalTracerProvider(provider)) {
    throw new Failure('misconfigured', 'telemetry.twice', 'Another OpenTelemetry SDK records traces in this process already: leave out telemetry.traces.otlp_endpoint, or that SDK')
  }
  let stopped: Promise<void> | undefined
  return { stop: () => (stopped ??= stop(provider)) }
}

async function stop(provider: BasicTracerProvider): Promise<void> {
  trace.disable()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, STOP_MS)
  })
  await Promise.race([provider.shutdown().catch(() => undefined), late])
  clearTimeout(timer)
}

/** The exporter, with a word to `changed` whenever success turns into failure or back: one line, not one for each batch. */
function watched(exporter: OTLPTraceExporter, changed: TracesOptions['changed']): SpanExporter {
  let failing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== 0
        if (failed !== failing) changed(failed ? (result.error?.message ?? 'no reason given').slice(0, MOST_REASON) : undefined)
        failing = failed
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
