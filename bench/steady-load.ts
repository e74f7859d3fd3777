/**
 * A load on a whole installation and what it did in its steady state: each load runs until the interactions of its beginning have come out
 * of their wait; what is measured is what follows, all work included. Half of a closed loop comes when nothing of that loop is left to do. The load
 * generator runs on the same cores.
 */
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { argumentsOf, wholeNumber, wholeNumberOr } from './arguments.ts'
import { usageOf } from './benches.ts'
import { type Buckets, histogramIn, quantile } from './histogram.ts'
import { Load } from './load.ts'

/** What is measured: one process or many. */
export interface Installation {
  /** Base address of OTLP/HTTP. */
  readonly otlpHttp: string
  /** Rows as arrays of text. */
  ask(sql: string): Promise<string[][]>
  /** `/metrics` of the process that stores, of the one that finds. */
  metrics(of: 'archiver' | 'worker'): Promise<string>
  /** CPU seconds since its start, by process. */
  cpuSeconds(): ReadonlyMap<string, number>
  /** Highest resident memory so far, in MiB, by process. */
  peakMib(): ReadonlyMap<string, number>
}

export interface Plan {
  readonly seconds: number
  readonly warmUp: number
  readonly connections: number
  /** Spans a second; absent: first as fast as answers come, then half of what was stored. */
  readonly rate: number | undefined
  readonly json: boolean
}

/** Of the bench of this name. */
export function planFromArguments(name: string): Plan {
  const usage = usageOf(name)
  const { values } = argumentsOf({ options: {
    seconds: { type: 'string', default: '20' }, 'warm-up': { type: 'string', default: '20' }, connections: { type: 'string', default: '16' },
    rate: { type: 'string' }, json: { type: 'boolean', default: false },
  } }, usage)
  return {
    seconds: wholeNumber('--seconds', values.seconds, usage), warmUp: wholeNumber('--warm-up', values['warm-up'], usage),
    connections: wholeNumber('--connections', values.connections, usage), rate: wholeNumberOr('--rate', values.rate, usage, undefined), json: values.json,
  }
}

interface Reading {
  readonly at: number
  readonly cpu: ReadonlyMap<string, number>
  readonly events: number
  readonly interactions: number
  readonly row: Buckets
  readonly finding: Buckets
}

/** Without what our own asking makes. */
const count = async ({ ask }: Installation, table: string): Promise<number> =>
  Number((await ask(`SELECT count() FROM watchkeeper.${table}${table === 'audit_events' ? " WHERE emitter != 'watchkeeper'" : ''}`))[0]?.[0])

const read = async (installation: Installation): Promise<Reading> => ({
  at: performance.now(), cpu: installation.cpuSeconds(), events: await count(installation, 'audit_events'), interactions: await count(installation, 'interactions'),
  row: histogramIn(await installation.metrics('archiver'), 'watchkeeper_archiver_stored_after'),
  finding: histogramIn(await installation.metrics('worker'), 'watchkeeper_worker_found_after'),
})

/** Waits until all that was acknowledged is stored, a minute at most; gives how much is missing. */
async function missing(installation: Installation, expected: number): Promise<number> {
  const until = performance.now() + 60_000
  for (;;) {
    const stored = await count(installation, 'audit_events')
    if (stored >= expected || performance.now() > until) return expected - stored
    // Each question costs the server some milliseconds.
    await wait(250)
  }
}

/** Seconds without another interaction behind which nothing is left to do, and the longest wait for them. */
const STILL_SECONDS = 5
const MOST_SECONDS = 180

/** Waits until no more interactions come of what was sent: half a load right behind a whole one measures what that one left. */
async function caughtUp(installation: Installation): Promise<void> {
  let [known, still] = [await count(installation, 'interactions'), 0]
  for (let second = 0; second < MOST_SECONDS && still < STILL_SECONDS; second++) {
    await wait(1000)
    const now = await count(installation, 'interactions')
    still = now === known ? still + 1 : 0
    known = now
  }
  if (still < STILL_SECONDS) console.error(`interactions of the closed loop still come after ${MOST_SECONDS} s: the figures of half load are of that backlog, too`)
}

const percentile = (sorted: readonly number[], share: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1))

type Figures = Readonly<Record<string, string | number>>

function cpuFigures(before: Reading, after: Reading, accepted: number): Figures {
  const micros = new Map([...after.cpu].map(([name, cpu]) => [name, Number((((cpu - (before.cpu.get(name) ?? 0)) * 1e6) / accepted).toFixed(1))]))
  const sum = Number([...micros.values()].reduce((sum, each) => sum + each, 0).toFixed(1))
  return { 'CPU µs/span': sum, ...(micros.size === 1 ? {} : Object.fromEntries([...micros].map(([name, each]) => [`  ${name}`, each]))) }
}

function peakFigures(installation: Installation): Figures {
  const peaks = [...installation.peakMib()].map(([name, mib]) => [`peak MiB${name === '' ? '' : `, ${name}`}`, Math.round(mib)] as const)
  return Object.fromEntries(peaks)
}

async function measure(installation: Installation, plan: Plan, rate: number): Promise<Figures> {
  const stored = await count(installation, 'audit_events')
  const load = new Load({ url: installation.otlpHttp, connections: plan.connections, rate })
  await wait(plan.warmUp * 1000)
  load.mark()
  const before = await read(installation)
  await wait(plan.seconds * 1000)
  const { accepted, refused, ackMs } = load.mark()
  const after = await read(installation)
  await load.stop()
  const seconds = (after.at - before.at) / 1000
  const sorted = ackMs.sort((left, right) => left - right)
  return {
    load: rate === 0 ? 'closed loop' : `${Math.round(rate)}/s`,
    'accepted spans/s': Math.round(accepted / seconds), 'stored spans/s': Math.round((after.events - before.events) / seconds),
    'interactions/s': Math.round((after.interactions - before.interactions) / seconds), 'refused spans': refused,
    'acknowledged but not stored': await missing(installation, stored + load.acknowledged),
    ...cpuFigures(before, after, accepted),
    'ack p50 ms': percentile(sorted, 0.5), 'ack p99 ms': percentile(sorted, 0.99),
    'row p50 ms ≤': quantile(before.row, after.row, 0.5), 'row p99 ms ≤': quantile(before.row, after.row, 0.99),
    'finding p50 ms ≤': quantile(before.finding, after.finding, 0.5), 'finding p99 ms ≤': quantile(before.finding, after.finding, 0.99),
    ...peakFigures(installation),
  }
}

/** Loads the installation as planned and prints a table, or JSON. */
export async function bench(installation: Installation, plan: Plan): Promise<void> {
  const runs: Figures[] = []
  if (plan.rate === undefined) {
    runs.push(await measure(installation, plan, 0))
    await caughtUp(installation)
  }
  runs.push(await measure(installation, plan, plan.rate ?? Number(runs[0]?.['stored spans/s']) / 2))
  const machine = `${cpus().length} × ${cpus()[0]?.model}`
  if (plan.json) return console.log(JSON.stringify({ machine, node: process.version, runs }))
  console.log(`${machine}, Node ${process.version}, ${plan.seconds} s after ${plan.warmUp} s, ${plan.connections} connections`)
  for (const key of Object.keys(runs[0] ?? {})) console.log(`${key.padEnd(28)} ${runs.map((run) => String(run[key]).padStart(14)).join('')}`)
}
