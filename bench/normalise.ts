/**
 * Cost of normalising, in CPU-microseconds a span, on the recording with the most content, and how much of it is the SHA-256 of
 * the identity. Decoding is outside the measured time. Run it after `npm run build`: `node dist/bench/normalise.js [rounds]`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { decode } from '../services/collector/otlp/decode.ts'
import { DECODE_LIMITS, type Traces } from '../services/collector/otlp/model.ts'
import { spanEventId } from '../services/collector/normalise/identity.ts'
import { createNormaliser } from '../services/collector/normalise/normaliser.ts'

const FOLDER = 'test/fixtures/otlp/pydantic-ai'
const rounds = Number(process.argv[2] ?? 20_000)
const bodies: Traces[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('_v1_traces.bin'))
  .map((file) => decode({ signal: 'traces', encoding: 'protobuf', bytes: readFileSync(`${FOLDER}/${file}`) }, DECODE_LIMITS).data as Traces)
// One request as an exporter under load sends it: the same groups, five times the spans.
const request: Traces = bodies.flat().map((scoped) => ({ ...scoped, items: Array.from({ length: 5 }, () => scoped.items).flat() }))
const spans = request.reduce((sum, { items }) => sum + items.length, 0)
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })
const arrival = { tenant: 'default', transport: 'otlp/http+protobuf', peer: '127.0.0.1', receivedAt: 1n }

function cpuMicros(times: number, work: () => void): number {
  const before = process.cpuUsage()
  for (let round = 0; round < times; round++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times / spans
}

let events = 0
const normalise = (): void => {
  events += normaliser.traces(request, arrival).events.length
}
const identify = (): void => {
  for (const { items } of request) for (const { traceId, spanId } of items) events -= Math.sign(spanEventId('7:default', traceId, spanId).length)
}

for (let attempt = 0; attempt < 6; attempt++) {
  const whole = cpuMicros(rounds / 10, normalise)
  const identity = cpuMicros(rounds / 10, identify)
  // The first attempt warms up.
  if (attempt > 0) console.log(`normalise: ${whole.toFixed(2)} CPU-µs/span, of which identity ${identity.toFixed(2)}`)
}
if (events !== 0) throw new Error('some spans were not normalised')
