/**
 * Cost of normalising, in microseconds a span, on the recording with the most content. Decoding is outside the measured time.
 * Run: `node --import ./infra/dev/ts.mjs bench/normalise.ts` after `npm run build`: `node dist/bench/normalise.js [rounds]`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { decode } from '../services/collector/otlp/decode.ts'
import { DECODE_LIMITS, type Traces } from '../services/collector/otlp/model.ts'
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

function run(times: number): { micros: number; events: number } {
  const before = process.cpuUsage()
  let events = 0
  for (let round = 0; round < times; round++) events += normaliser.traces(request, arrival).events.length
  const { user, system } = process.cpuUsage(before)
  return { micros: (user + system) / (times * spans), events }
}

run(Math.ceil(rounds / 10))
for (let attempt = 1; attempt <= 3; attempt++) {
  const { micros, events } = run(Math.ceil(rounds / 10))
  console.log(`normalise: ${micros.toFixed(2)} CPU-µs/span (${events} events)`)
}
