/**
 * The small form on a disk whose writes, syncs and renames fail: it refuses, keeps what it acknowledged, and goes on by itself when they do not any more. Over
 * failed writes of pages of the log it may end, and is started again as a service manager does.
 */
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
/** Until every snapshot was due: each is written once in five seconds, on busy cores later. */
const MOST_WINDOW_MS = 20_000
const LOG_CALLS = [['fdatasync'], ['pwrite64'], ['writev']]
/** Over one of these that fails LMDB may write past its own memory (infra/embedded-log/README.md): then the process ends. */
const PAGE_CALLS = ['pwrite64', 'writev']
/** Over a failed write of pages a commit may also never end. */
const COMMIT_LIMIT_SECONDS = 5
/** As long as `acknowledgedAgain` waits. */
const ACKNOWLEDGED_MS = 60_000
/** For its last words, on busy cores. */
const ENDING_MS = 10_000
/** Of a process that was started again, in times of the row's first start: on busy cores one takes half a minute. */
const MOST_STARTS = 2
const STATE_CALLS = [['write', 'pwrite64'], ['fsync'], ['rename']]
const ALL_CALLS = ['write', 'fdatasync', 'fsync', 'rename']
/** Once in each thread, a later one, and all. */
const WHEN = ['1', '2', '1+']

interface Plan extends Omit<CallFault, 'paths'> {
  readonly at: 'log' | 'snapshots' | 'log and snapshots'
}

/** Every call with every error at every position in the full form; in the short one each call once, positions in turn. */
function plansOf(short: boolean): Plan[] {
  const errors = short ? ['EIO'] : ['EIO', 'ENOSPC']
  const each = [...LOG_CALLS.map((calls) => ({ at: 'log' as const, calls })), ...STATE_CALLS.map((calls) => ({ at: 'snapshots' as const, calls }))]
  const plans = each.flatMap(({ at, calls }, number) =>
    errors.flatMap((error) => (short ? [WHEN[(number + 2) % 3] ?? '1+'] : WHEN).map((when) => ({ at, calls, error, when }))))
  return [...plans, ...errors.map((error) => ({ at: 'log and snapshots' as const, calls: ALL_CALLS, error, when: '1+' }))]
}

/** Files that the calls have to do with. Snapshots are written as drafts, under the names that are there by now. */
function pathsOf({ at }: Plan, dataDir: string): string[] {
  const state = join(dataDir, 'state')
  const names = new Set(readdirSync(state).filter((file) => /\.\d+$/.test(file)).map((file) => file.replace(/\.\d+$/, '')))
  const snapshots = [state, ...[...names].map((name) => join(state, `${name}.draft`))]
  return [...(at === 'snapshots' ? [] : [join(dataDir, 'bus', 'log', 'data.mdb')]), ...(at === 'log' ? [] : snapshots)]
}

/** The process, and those that came in its place. */
class Life {
  readonly ends: string[] = []
  readonly firstMs: number
  readonly #config: string
  #server: ServerProcess

  private constructor(server: ServerProcess, config: string, firstMs: number) {
    this.#server = server
    this.#config = config
    this.firstMs = firstMs
  }

  static async begin(dataDir: string, config: string): Promise<Life> {
    const began = performance.now()
    return new Life(await startServer({ dataDir, config }), config, performance.now() - began)
  }

  get server(): ServerProcess {
    return this.#server
  }

  get ended(): boolean {
    const { exitCode, signalCode } = this.#server.child
    return exitCode !== null || signalCode !== null
  }

  /** Resolves when it has ended, or after that time. */
  async ending(withinMs: number): Promise<void> {
    const end = AbortSignal.timeout(withinMs)
    while (!this.ended && !end.aborted) await wait(20)
  }

  async again(): Promise<void> {
    const { child: { exitCode, signalCode }, dataDir } = this.#server
    this.ends.push(String(exitCode ?? signalCode))
    this.#server = await startServer({ dataDir, config: this.#config, inPlaceOf: this.#server })
  }
}

interface Run {
  readonly life: Life
  readonly traffic: Traffic
  readonly folder: string
  readonly said: Findings
}

const isOk = async (url: string): Promise<boolean> => await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(({ ok }) => ok, () => false)

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
  /** Not started again. */
  readonly isSame: boolean
}

const nameOf = ({ calls, at, error, when }: Plan): string => `${calls.join()} of ${at}, ${error}, ${when}`

/** Resolves when the fault struck, where it must. A thread may never come to its second call. */
async function struck({ when }: Plan, attached: Attached): Promise<void> {
  const end = AbortSignal.timeout(MOST_WINDOW_MS - WINDOW_MS)
  while (when === '1+' && attached.failed === 0 && !end.aborted) await wait(20)
}

/** One fault upon the running process. */
async function suffer(plan: Plan, run: Run): Promise<Suffered> {
  const { life, traffic, folder, said } = run
  const { server } = life
  const name = nameOf(plan)
  const attached = await Attached.to(server.child.pid ?? 0, { ...plan, paths: pathsOf(plan, server.dataDir) }, join(folder, 'strace.txt'))
  await wait(WINDOW_MS)
  await struck(plan, attached)
  const answers = await isOk(`${server.api}/healthz`)
  const failed = await attached.lift()
  const mayEnd = plan.at === 'log' && plan.calls.some((call) => PAGE_CALLS.includes(call))
  // One that is about to end takes no more connections.
  if (!answers && mayEnd) await life.ending(ENDING_MS)
  said.expect(answers || (mayEnd && life.ended), `${name}: the process did not answer`)
  const began = performance.now()
  if (life.ended) await life.again()
  // One that ends a moment later is started again as well.
  await Promise.race([traffic.acknowledgedAgain(), life.ending(ACKNOWLEDGED_MS)])
  if (life.ended) {
    await life.again()
    await traffic.acknowledgedAgain()
  }
  await readyAgain(life.server)
  const afterMs = performance.now() - began
  const isSame = life.server === server
  said.expect(isSame || mayEnd, `${name}: the process ended`)
  said.expect(failed > 0 || plan.when !== '1+' || !isSame, `${name}: no call failed`)
  const most = isSame ? MOST_RECOVERY_MS : MOST_RECOVERY_MS + COMMIT_LIMIT_SECONDS * 2_000 + MOST_STARTS * life.firstMs
  said.expect(afterMs < most, `${name}: acknowledged and ready ${Math.round(afterMs)} ms after its end`)
  return { failed, afterMs, isSame }
}

async function sufferAll(plans: readonly Plan[], run: Run, say: Setting['say']): Promise<void> {
  const { life, traffic, said } = run
  let [failed, longestMs, restartMs] = [0, 0, 0]
  for (const plan of plans) {
    const one = await suffer(plan, run)
    say(`${nameOf(plan)}: ${one.failed} calls failed, well after ${Math.round(one.afterMs)} ms`)
    failed += one.failed
    if (one.isSame) longestMs = Math.max(longestMs, one.afterMs)
    else restartMs = Math.max(restartMs, one.afterMs)
  }
  await traffic.stop()
  said.figure(`${plans.length} faults, ${failed} calls failed; ${traffic.told}; well again after ${Math.round(longestMs)} ms at most`)
  said.figure(`ended ${life.ends.length} × over failed writes of pages (${[...new Set(life.ends)].join(', ')}); started again and well after ${Math.round(restartMs)} ms at most, where the first start took ${Math.round(life.firstMs)} ms`)
  said.expect(traffic.unsettled.length === 0, `${traffic.unsettled.length} bodies were never acknowledged`)
  // Of a process that ended, those that were on their way get none.
  const others = traffic.others(200, 429, 503, ...(life.ends.length > 0 ? [0] : []))
  said.expect(others === '', `answers other than 200, 429, 503: ${others}`)
  said.expect((traffic.answers.get(503) ?? 0) > 0, 'nothing was refused')
}

/** Everything that was acknowledged is there once, of the running process and of the one after it. */
async function assertKept({ life: { server }, traffic, said }: Run, when: string): Promise<void> {
  const store: Ask = (sql) => ask(server, sql)
  const { figure, failures } = judged(await settled(store, traffic))
  said.figure(`${when}: ${figure}`)
  said.failures.push(...failures.map((each) => `${when}: ${each}`))
}

async function run({ short, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({ assembler: { quiet_seconds: 1 }, alerting: { group_wait_seconds: 1 }, bus: { commit_limit_seconds: COMMIT_LIMIT_SECONDS } }))
  const dataDir = join(folder, 'data')
  const life = await Life.begin(dataDir, config)
  const traffic = new Traffic({ urls: [life.server.otlpHttp], senders: 4, spansPerSecond: 500 })
  const setting = { traffic, folder, said, life }
  try {
    // Snapshots of every name are there.
    await wait(5_000)
    await sufferAll(plansOf(short).slice(0, times), setting, say)
    await assertKept(setting, 'then')
  } finally {
    await stopServer(life.server, 'SIGKILL')
  }
  const again = await Life.begin(dataDir, config)
  try {
    await assertKept({ ...setting, life: again }, 'after a kill and a start')
    const damaged = [...readdirSync(join(dataDir, 'bus')), ...readdirSync(join(dataDir, 'state'))].filter((file) => file.includes('damaged'))
    said.expect(damaged.length === 0, `put aside as damaged: ${damaged.join(', ')}`)
  } finally {
    await stopServer(again.server)
  }
  return said
}

export const ioErrors: Row = { name: 'io-errors', promise: 'writes, syncs and renames of log and snapshots fail: refuses, keeps, well again by itself within 5 s; over writes of pages of the log perhaps after a restart', needsBroker: false, missing: straceMissing, run }
