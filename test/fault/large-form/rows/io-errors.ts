/** The small form on a disk whose writes, syncs and renames fail: it refuses, keeps what it acknowledged, and goes on by itself when they do not any more. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask, type ServerProcess, startServer, stopServer } from '../../../../bench/server-process.ts'
import { Attached, type CallFault, straceMissing } from '../../strace.ts'
import { type Ask, judged, settled } from '../oracle.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

/** The promise. */
const MOST_RECOVERY_MS = 5_000
/** As long as a fault lasts. */
const WINDOW_MS = 1_500
const LOG_CALLS = [['pwrite64'], ['writev'], ['fdatasync']]
const STATE_CALLS = [['write', 'pwrite64'], ['fdatasync'], ['fsync'], ['rename']]
const ALL_CALLS = ['write', 'pwrite64', 'writev', 'fdatasync', 'fsync', 'rename']
/** Without those after which LMDB may end the process or hang: see `mayAbort`. Meta pages that fail are in embedded-log-short-write.test.ts and io-errors.test.ts. */
const SOUND_LOG_CALLS = [['fdatasync']]
const SOUND_CALLS = ['write', 'fdatasync', 'fsync', 'rename']
/** Once in each thread, a later one, and all. */
const WHEN = ['1', '2', '1+']

interface Plan extends Omit<CallFault, 'paths'> {
  readonly at: 'log' | 'snapshots' | 'log and snapshots'
}

/** Every call with every error at every position in the full form; in the short one each of the sound calls once, positions in turn. */
function plansOf(short: boolean): Plan[] {
  const errors = short ? ['EIO'] : ['EIO', 'ENOSPC']
  const each = [...(short ? SOUND_LOG_CALLS : LOG_CALLS).map((calls) => ({ at: 'log' as const, calls })), ...STATE_CALLS.map((calls) => ({ at: 'snapshots' as const, calls }))]
  const plans = each.flatMap(({ at, calls }, number) =>
    errors.flatMap((error) => (short ? [WHEN[(number + 2) % 3] ?? '1+'] : WHEN).map((when) => ({ at, calls, error, when }))))
  return [...plans, ...errors.map((error) => ({ at: 'log and snapshots' as const, calls: short ? SOUND_CALLS : ALL_CALLS, error, when: '1+' }))]
}

/** Files that the calls have to do with. Snapshots are written as drafts, under the names that are there by now. */
function pathsOf({ at }: Plan, dataDir: string): string[] {
  const state = join(dataDir, 'state')
  const names = new Set(readdirSync(state).filter((file) => /\.\d+$/.test(file)).map((file) => file.replace(/\.\d+$/, '')))
  const snapshots = [state, ...[...names].map((name) => join(state, `${name}.draft`))]
  return [...(at === 'snapshots' ? [] : [join(dataDir, 'bus', 'log', 'data.mdb')]), ...(at === 'log' ? [] : snapshots)]
}

interface Run {
  /** Of the moment: one that LMDB ended is started again in its place. */
  server: ServerProcess
  readonly config: string
  readonly traffic: Traffic
  readonly folder: string
  readonly said: Findings
}

const isOk = async (url: string): Promise<boolean> => await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(({ ok }) => ok, () => false)
const hasEnded = ({ child }: ServerProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** LMDB's own defect: its message about a failed write of pages is longer than the memory for it. infra/embedded-log/README.md has it. */
const mayAbort = ({ at, calls }: Plan): boolean => at !== 'snapshots' && calls.some((call) => call === 'pwrite64' || call === 'writev')

/** Milliseconds until it is ready again, a minute at most. */
async function readyAgain({ api }: ServerProcess): Promise<number> {
  const began = performance.now()
  while (!(await isOk(`${api}/readyz`)) && performance.now() - began < 60_000) await wait(20)
  return performance.now() - began
}

interface Suffered {
  /** Calls. */
  readonly failed: number
  /** Until it was ready and requests were acknowledged again. */
  readonly afterMs: number
  /** It was ended, and is started again. */
  readonly aborted: boolean
}

const nameOf = ({ calls, at, error, when }: Plan): string => `${calls.join()} of ${at}, ${error}, ${when}`

/** One fault upon the running process. */
async function suffer(plan: Plan, run: Run): Promise<Suffered> {
  const { traffic, folder, said, server } = run
  const name = nameOf(plan)
  const attached = await Attached.to(server.child.pid ?? 0, { ...plan, paths: pathsOf(plan, server.dataDir) }, join(folder, 'strace.txt'))
  await wait(WINDOW_MS)
  const answers = await isOk(`${server.api}/healthz`)
  const failed = await attached.lift()
  const began = performance.now()
  const aborted = hasEnded(server)
  said.expect(mayAbort(plan) ? answers || aborted : answers, `${name}: the process did not answer: ${server.child.exitCode ?? server.child.signalCode}`)
  if (aborted) run.server = await startServer({ dataDir: server.dataDir, config: run.config, inPlaceOf: server })
  await traffic.acknowledgedAgain()
  await readyAgain(run.server)
  const afterMs = performance.now() - began
  said.expect(failed > 0, `${name}: no call failed`)
  said.expect(afterMs < MOST_RECOVERY_MS, `${name}: acknowledged and ready ${Math.round(afterMs)} ms after its end`)
  return { failed, afterMs, aborted }
}

async function sufferAll(plans: readonly Plan[], run: Run, say: Setting['say']): Promise<void> {
  const { traffic, said } = run
  let [failed, aborted, longestMs] = [0, 0, 0]
  for (const plan of plans) {
    const one = await suffer(plan, run)
    say(`${nameOf(plan)}: ${one.failed} calls failed, ${one.aborted ? 'aborted and started again' : 'alive'}, well after ${Math.round(one.afterMs)} ms`)
    failed += one.failed
    aborted += one.aborted ? 1 : 0
    longestMs = Math.max(longestMs, one.afterMs)
  }
  await traffic.stop()
  said.figure(`${plans.length} faults, ${failed} calls failed; ${traffic.told}; well again after ${Math.round(longestMs)} ms at most; ${aborted} times LMDB ended the process over a write of pages, and it was started again`)
  said.expect(traffic.unsettled.length === 0, `${traffic.unsettled.length} bodies were never acknowledged`)
  // Of an aborted process a request has no answer.
  said.expect(traffic.others(...(aborted > 0 ? [0] : []), 200, 429, 503) === '', `answers other than 200, 429, 503: ${traffic.others(200, 429, 503)}`)
  said.expect((traffic.answers.get(503) ?? 0) > 0, 'nothing was refused')
}

/** Everything that was acknowledged is there once, of the running process and of the one after it. */
async function assertKept({ server, traffic, said }: Run, when: string): Promise<void> {
  const store: Ask = (sql) => ask(server, sql)
  const { figure, failures } = judged(await settled(store, traffic))
  said.figure(`${when}: ${figure}`)
  said.failures.push(...failures.map((each) => `${when}: ${each}`))
}

async function run({ short, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({ assembler: { quiet_seconds: 1 }, alerting: { group_wait_seconds: 1 } }))
  const dataDir = join(folder, 'data')
  const server = await startServer({ dataDir, config })
  const traffic = new Traffic({ urls: [server.otlpHttp], senders: 4, spansPerSecond: 500 })
  const setting: Run = { server, config, traffic, folder, said }
  try {
    // Snapshots of every name are there.
    await wait(5_000)
    await sufferAll(plansOf(short).slice(0, times), setting, say)
    await assertKept(setting, 'then')
  } finally {
    await stopServer(setting.server, 'SIGKILL')
  }
  setting.server = await startServer({ dataDir, config })
  try {
    await assertKept(setting, 'after a kill and a start')
    const damaged = [...readdirSync(join(dataDir, 'bus')), ...readdirSync(join(dataDir, 'state'))].filter((file) => file.includes('damaged'))
    said.expect(damaged.length === 0, `put aside as damaged: ${damaged.join(', ')}`)
  } finally {
    await stopServer(setting.server)
  }
  return said
}

export const ioErrors: Row = { name: 'io-errors', promise: 'writes, syncs and renames of log and snapshots fail: refuses, keeps, well again by itself within 5 s', needsBroker: false, missing: straceMissing, run }
