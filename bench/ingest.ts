/**
 * `npm run bench`: pushes pre-encoded OTLP at a Watchkeeper of its own, first as fast as it takes it, then at half of that. Each load runs
 * until the interactions of its beginning have come out of their wait; what is measured is the steady state after that, all work included.
 * The load generator runs on the same cores.
 */
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Buckets, quantile, readHistogram } from './histogram.ts'
import { Load } from './load.ts'
import { ask, cpuSeconds, peakMemory, removeData, type ServerProcess, startServer, stopServer } from './server-process.ts'

const { values } = parseArgs({ options: {
  seconds: { type: 'string', default: '20' }, 'warm-up': { type: 'string', default: '20' }, connections: { type: 'string', default: '16' },
  rate: { type: 'string' }, json: { type: 'boolean', default: false },
} })
const SECONDS = Number(values.seconds)
const WARM_UP = Number(values['warm-up'])
const CONNECTIONS = Number(values.connections)

interface Reading {
  readonly at: number
  readonly cpu: number
  readonly events: number
  readonly interactions: number
  readonly row: Buckets
  readonly finding: Buckets
}

const count = async (server: ServerProcess, table: string): Promise<number> =>
  Number((await ask(server, `SELECT count() FROM watchkeeper.${table}`))[0]?.[0])

const read = async (server: ServerProcess): Promise<Reading> => ({
  at: performance.now(), cpu: cpuSeconds(server), events: await count(server, 'audit_events'), interactions: await count(server, 'interactions'),
  row: await readHistogram(server, 'watchkeeper_archiver_stored_after'), finding: await readHistogram(server, 'watchkeeper_worker_found_after'),
})

/** Waits until all that was acknowledged is stored, a minute at most; gives how much is missing. */
async function missing(server: ServerProcess, expected: number): Promise<number> {
  const until = performance.now() + 60_000
  for (;;) {
    const stored = await count(server, 'audit_events')
    if (stored >= expected || performance.now() > until) return expected - stored
    // Each question costs the server some milliseconds.
    await wait(250)
  }
}

const percentile = (sorted: readonly number[], share: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1))

async function measure(server: ServerProcess, rate: number) {
  const stored = await count(server, 'audit_events')
  const load = new Load({ url: server.otlpHttp, connections: CONNECTIONS, rate })
  await wait(WARM_UP * 1000)
  load.mark()
  const before = await read(server)
  await wait(SECONDS * 1000)
  const { accepted, refused, ackMs } = load.mark()
  const after = await read(server)
  await load.stop()
  const seconds = (after.at - before.at) / 1000
  const sorted = ackMs.sort((left, right) => left - right)
  return {
    load: rate === 0 ? 'closed loop' : `${Math.round(rate)}/s`,
    'accepted spans/s': Math.round(accepted / seconds), 'stored spans/s': Math.round((after.events - before.events) / seconds),
    'interactions/s': Math.round((after.interactions - before.interactions) / seconds), 'refused spans': refused,
    'acknowledged but not stored': await missing(server, stored + load.acknowledged),
    'CPU µs/span': Number((((after.cpu - before.cpu) * 1e6) / accepted).toFixed(1)),
    'ack p50 ms': percentile(sorted, 0.5), 'ack p99 ms': percentile(sorted, 0.99),
    'row p50 ms ≤': quantile(before.row, after.row, 0.5), 'row p99 ms ≤': quantile(before.row, after.row, 0.99),
    'finding p50 ms ≤': quantile(before.finding, after.finding, 0.5), 'finding p99 ms ≤': quantile(before.finding, after.finding, 0.99),
    'peak MiB': Math.round(peakMemory(server)),
  }
}

function print(runs: readonly Awaited<ReturnType<typeof measure>>[]): void {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${SECONDS} s after ${WARM_UP} s, ${CONNECTIONS} connections`)
  for (const key of Object.keys(runs[0] ?? {}) as (keyof (typeof runs)[number])[]) {
    console.log(`${key.padEnd(28)} ${runs.map((run) => String(run[key]).padStart(14)).join('')}`)
  }
}

const server = await startServer()
try {
  const flatOut = values.rate === undefined ? await measure(server, 0) : undefined
  const half = await measure(server, flatOut === undefined ? Number(values.rate) : flatOut['stored spans/s'] / 2)
  const runs = flatOut === undefined ? [half] : [flatOut, half]
  if (values.json) console.log(JSON.stringify({ machine: `${cpus().length} × ${cpus()[0]?.model}`, node: process.version, runs }))
  else print(runs)
} finally {
  await stopServer(server)
  removeData(server)
}
