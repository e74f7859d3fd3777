/**
 * `npm run bench`: pushes pre-encoded OTLP at a Watchkeeper of its own, first as fast as it takes it, then at half of that, and prints
 * what was accepted and stored, what it cost, and how long things took. The load generator runs on the same cores.
 */
import { Agent, request } from 'node:http'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { alarmingBody, bodyTemplate, freshBody, SPANS } from './otlp-body.ts'
import { ask, cpuSeconds, peakMemory, removeData, type ServerProcess, startServer, stopServer } from './server-process.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '15' }, connections: { type: 'string', default: '16' }, rate: { type: 'string' }, json: { type: 'boolean', default: false } } })
const SECONDS = Number(values.seconds)
const CONNECTIONS = Number(values.connections)
const ALARM_EVERY_MS = 200

interface Run {
  accepted: number
  refused: number
  readonly ackMs: number[]
  alarms: number
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 2 })

function post(url: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length } }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** One connection's worth of load until `until`; `gapMs` between two starts, 0 = as fast as answers come. */
async function sender(server: ServerProcess, run: Run, until: number, gapMs: number): Promise<void> {
  const template = bodyTemplate()
  let due = performance.now() + Math.random() * gapMs
  while (performance.now() < until) {
    if (gapMs > 0) {
      await wait(Math.max(0, due - performance.now()))
      due += gapMs
    }
    const body = freshBody(template, Date.now())
    const started = performance.now()
    const status = await post(`${server.otlpHttp}/v1/traces`, body)
    run.ackMs.push(performance.now() - started)
    if (status === 200) run.accepted += SPANS
    else {
      run.refused += SPANS
      await wait(500)
    }
  }
}

async function alarms(server: ServerProcess, run: Run, until: number): Promise<void> {
  while (performance.now() < until) {
    if ((await post(`${server.otlpHttp}/v1/traces`, alarmingBody(Date.now()))) === 200) run.alarms++
    await wait(ALARM_EVERY_MS)
  }
}

const percentile = (values: readonly number[], share: number): number => [...values].sort((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

/** Cumulative bucket counts of one histogram of our own metrics, all label sets together. */
async function histogram(server: ServerProcess, name: string): Promise<Map<number, number>> {
  const text = await (await fetch(`${server.api}/metrics`)).text()
  const buckets = new Map<number, number>()
  for (const match of text.matchAll(new RegExp(`^${name}_bucket\\{.*?le="([^"]+)".*?\\} (\\d+)`, 'gm'))) {
    // What needs the whole interaction comes after its wait, and is not what is asked here.
    if (match[0].includes('from="interaction"')) continue
    const bound = match[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[1])
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(match[2]))
  }
  return buckets
}

/** Upper bound of the bucket in which the share of the new observations lies. */
function shareOf(before: Map<number, number>, after: Map<number, number>, share: number): number {
  const counts = [...after].sort(([left], [right]) => left - right).map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
  const total = counts.at(-1)?.[1] ?? 0
  return counts.find(([, count]) => count >= total * share)?.[0] ?? Number.NaN
}

async function untilStored(server: ServerProcess, expected: number): Promise<{ stored: number; seconds: number }> {
  const started = performance.now()
  for (;;) {
    const stored = Number((await ask(server, 'SELECT count() FROM watchkeeper.audit_events'))[0]?.[0])
    const seconds = (performance.now() - started) / 1000
    if (stored >= expected || seconds > 60) return { stored, seconds }
    // Each question costs the server some milliseconds, which are not the ingest's.
    await wait(250)
  }
}

const HISTOGRAMS = { row: 'watchkeeper_archiver_stored_after', finding: 'watchkeeper_worker_found_after' }

async function measure(server: ServerProcess, rate: number) {
  const [stored] = await ask(server, 'SELECT count() FROM watchkeeper.audit_events')
  const before = { row: await histogram(server, HISTOGRAMS.row), finding: await histogram(server, HISTOGRAMS.finding), cpu: cpuSeconds(server), stored: Number(stored?.[0]) }
  const run: Run = { accepted: 0, refused: 0, ackMs: [], alarms: 0 }
  const started = performance.now()
  const until = started + SECONDS * 1000
  const gapMs = rate === 0 ? 0 : (CONNECTIONS * SPANS * 1000) / rate
  await Promise.all([...Array.from({ length: CONNECTIONS }, () => sender(server, run, until, gapMs)), alarms(server, run, until)])
  const took = (performance.now() - started) / 1000
  const all = await untilStored(server, before.stored + run.accepted + run.alarms)
  const spans = all.stored - before.stored
  const after = { row: await histogram(server, HISTOGRAMS.row), finding: await histogram(server, HISTOGRAMS.finding), cpu: cpuSeconds(server) }
  return {
    load: rate === 0 ? 'closed loop' : `${Math.round(rate)}/s`,
    'accepted spans/s': Math.round(run.accepted / took), 'stored spans/s': Math.round(spans / (took + all.seconds)), 'refused spans': run.refused, 'acknowledged but not stored': run.accepted + run.alarms - spans,
    'CPU µs/span': Number((((after.cpu - before.cpu) * 1e6) / spans).toFixed(1)), 'ack p50 ms': Number(percentile(run.ackMs, 0.5).toFixed(1)), 'ack p99 ms': Number(percentile(run.ackMs, 0.99).toFixed(1)),
    'row p50 ms ≤': shareOf(before.row, after.row, 0.5), 'row p99 ms ≤': shareOf(before.row, after.row, 0.99),
    'finding p50 ms ≤': shareOf(before.finding, after.finding, 0.5), 'finding p99 ms ≤': shareOf(before.finding, after.finding, 0.99), 'peak MiB': Math.round(peakMemory(server)),
  }
}

const server = await startServer()
try {
  const flatOut = values.rate === undefined ? await measure(server, 0) : undefined
  const half = await measure(server, values.rate === undefined ? (flatOut?.['stored spans/s'] ?? 0) / 2 : Number(values.rate))
  await wait(12_000)
  const [interactions] = await ask(server, 'SELECT count() FROM watchkeeper.interactions')
  const results = { machine: `${cpus().length} × ${cpus()[0]?.model}`, node: process.version, runs: [...(flatOut === undefined ? [] : [flatOut]), half], interactions: Number(interactions?.[0]), peakMiB: Math.round(peakMemory(server)) }
  if (values.json) console.log(JSON.stringify(results))
  else {
    console.log(`${results.machine}, Node ${results.node}, ${SECONDS} s a run, ${CONNECTIONS} connections`)
    for (const key of Object.keys(half) as (keyof typeof half)[]) console.log(`${key.padEnd(28)} ${results.runs.map((run) => String(run[key]).padStart(14)).join('')}`)
    console.log(`interactions after their wait: ${results.interactions}; peak memory ${results.peakMiB} MiB`)
  }
} finally {
  agent.destroy()
  await stopServer(server)
  removeData(server)
}
