/** OpenTelemetry's own exporter at work. Arguments: base address, seconds. Prints how many spans it made. */
import { setTimeout as wait } from 'node:timers/promises'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

const [url, seconds] = process.argv.slice(2)
if (url === undefined || seconds === undefined) throw new Error('usage: js-exporter URL SECONDS')
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'fault-js' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }), { scheduledDelayMillis: 500 })],
})
const tracer = provider.getTracer('mcp', '1')
let made = 0
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end; await wait(25)) {
  tracer.startSpan('tools/call read_file', { attributes: { 'mcp.method.name': 'tools/call', number: made++ } }).end()
}
await provider.shutdown()
console.log(made)
