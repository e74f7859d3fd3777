/** Flipped and cut bytes in snapshots and log of a whole installation: it starts soon, says what is damaged, serves the rest, doubles nothing. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { alarmingBody } from '../../../../bench/otlp-body.ts'
import { ask, type ServerProcess, startServer, stopServer } from '../../../../bench/server-process.ts'
import { type Ask, settled } from '../oracle.ts'
import { Patience } from '../patience.ts'
import { pick, type Random, seeded } from '../random.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const COPIES = { short: 4, full: 30 }
/** The promise; where even an undamaged copy takes long, the machine is slow: then damage may cost a start once more. */
const MOST_START_MS = 5_000
/** One copy in so many has its damage in the log, all others in a snapshot. */
const LOG_EVERY = 4
const COUNTS = "SELECT (SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), (SELECT uniqExact(event_id) FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), " +
  '(SELECT count() FROM watchkeeper.interactions), (SELECT count() FROM watchkeeper.findings)'

interface Damage {
  readonly file: string
  readonly how: string
}

/** A bit, some bytes, or the end. */
function damage(file: string, random: Random): Damage {
  const bytes = readFileSync(file)
  const at = random(bytes.length)
  const kind = random(3)
  if (kind === 0) truncateSync(file, at)
  else {
    const length = kind === 1 ? 1 : Math.min(4_096, bytes.length - at)
    for (let place = at; place < at + length; place++) bytes[place] = (bytes[place] ?? 0) ^ (1 + random(255))
    writeFileSync(file, bytes)
  }
  return { file, how: `${kind === 0 ? 'cut at' : kind === 1 ? 'a byte at' : '4 KiB at'} ${at} of ${bytes.length}` }
}

/** The newest snapshot of a name: the one that a start reads first. */
function newestSnapshot(dataDir: string, random: Random): string {
  const state = join(dataDir, 'state')
  const files = readdirSync(state).filter((name) => /\.\d+$/.test(name))
  const name = pick([...new Set(files.map((file) => file.replace(/\.\d+$/, '')))].sort(), random)
  const numbers = files.filter((file) => file.replace(/\.\d+$/, '') === name).map((file) => Number(/\d+$/.exec(file)?.[0]))
  return join(state, `${name}.${Math.max(...numbers)}`)
}

const post = async ({ otlpHttp }: ServerProcess, body: Buffer): Promise<number> =>
  (await fetch(`${otlpHttp}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } })).status

/** Of a metric's series, summed; 0 where there is none. */
const metric = (text: string, name: string): number =>
  text.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

interface Whole {
  readonly dataDir: string
  readonly counts: readonly number[]
  /** A body that was acknowledged then. */
  readonly known: Buffer
}

async function makeWhole(folder: string): Promise<Whole> {
  const dataDir = join(folder, 'whole')
  const config = configOf(folder)
  const server = await startServer({ dataDir, config })
  const store: Ask = (sql) => ask(server, sql)
  try {
    const traffic = new Traffic({ urls: [server.otlpHttp], senders: 2, spansPerSecond: 1_000 })
    const known = alarmingBody(Date.now())
    await post(server, known)
    await wait(7_000)
    await traffic.stop()
    await settled(store, traffic)
    await wait(1_000)
    return { dataDir, known, counts: (await store(COUNTS))[0]?.map(Number) ?? [] }
  } finally {
    await stopServer(server)
  }
}

async function startOf(dataDir: string, folder: string): Promise<number> {
  const began = performance.now()
  const server = await startServer({ dataDir, config: configOf(folder) })
  const startMs = performance.now() - began
  await stopServer(server)
  return startMs
}

const isSlow = (startMs: number, undamagedMs: number): boolean => startMs >= Math.max(MOST_START_MS, 2 * undamagedMs)

async function startOfAnother({ dataDir }: Whole, folder: string): Promise<number> {
  const another = join(folder, 'undamaged')
  rmSync(another, { recursive: true, force: true })
  cpSync(dataDir, another, { recursive: true })
  return await startOf(another, folder)
}

function configOf(folder: string): string {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, JSON.stringify({ assembler: { quiet_seconds: 1 }, log: { level: 'silent' } }))
  return file
}

/** One damaged copy, started; what was said of it. */
async function serveDamaged({ dataDir, place, file }: Damage & { readonly dataDir: string; readonly place: string }, whole: Whole, said: Findings): Promise<{ readonly startMs: number; readonly named: boolean }> {
  const began = performance.now()
  const server = await startServer({ dataDir, config: join(dataDir, '..', 'config.yaml') })
  const startMs = performance.now() - began
  try {
    said.expect(await post(server, whole.known) === 200 && await post(server, alarmingBody(Date.now())) === 200, `${place}: a request was not taken`)
    const [events = 0, , interactions = 0, findings = 0] = whole.counts
    // The known span is a duplicate, the new one is an event, a call and a finding.
    const expected = [events + 1, events + 1, interactions + 1, findings + 1].join()
    let counts = ''
    for (const patience = new Patience(); counts !== expected && !patience.isOver(counts); await wait(200)) counts = (await ask(server, COUNTS))[0]?.join() ?? ''
    said.expect(counts === expected, `${place}: events, ids, interactions, findings are ${counts}, not ${expected}`)
    const metrics = await (await fetch(`${server.api}/metrics`)).text()
    const kept = readdirSync(join(dataDir, 'state')).filter((name) => name.endsWith('.damaged')).length
    const counted = metric(metrics, 'watchkeeper_snapshots_damaged_total')
    if (file.includes('/state/')) said.expect(kept === 1 && counted === 1, `${place}: ${kept} snapshots were put aside as damaged, ${counted} counted`)
    return { startMs, named: kept === 1 }
  } finally {
    await stopServer(server)
  }
}

async function run({ short, seed, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const random = seeded(seed)
  const whole = await makeWhole(folder)
  let undamagedMs = await startOf(whole.dataDir, folder)
  const starts: number[] = []
  let named = 0
  const copies = times ?? (short ? COPIES.short : COPIES.full)
  for (let copy = 1; copy <= copies; copy++) {
    const dataDir = join(folder, `copy-${copy}`)
    mkdirSync(dataDir)
    cpSync(whole.dataDir, dataDir, { recursive: true })
    const inLog = copy % LOG_EVERY === 0
    const done = damage(inLog ? join(dataDir, 'bus', 'log', 'data.mdb') : newestSnapshot(dataDir, random), random)
    const place = `${done.file.slice(dataDir.length + 1)}, ${done.how}`
    say(place)
    const served = await serveDamaged({ ...done, dataDir, place }, whole, said)
    // Others may be at work by now, who were not when it was measured.
    if (isSlow(served.startMs, undamagedMs)) undamagedMs = Math.max(undamagedMs, await startOfAnother(whole, folder))
    said.expect(!isSlow(served.startMs, undamagedMs), `${place}: started after ${Math.round(served.startMs)} ms`)
    starts.push(served.startMs)
    if (served.named) named++
  }
  said.figure(`${copies} damaged copies (seed ${seed}), ${named} snapshots named and counted; started after ${Math.round(Math.max(...starts))} ms at most, undamaged after ${Math.round(undamagedMs)} ms; ` +
    `${whole.counts[0]} events, ${whole.counts[2]} calls, ${whole.counts[3]} findings: all there, none twice, ${said.failures.length} wrong`)
  said.figure('the log itself, every envelope held against its bytes: test/fault/embedded-log-damage.test.ts (ROUNDS, SEED)')
  return said
}

export const damaged: Row = { name: 'damage', promise: 'flipped or cut bytes in snapshots and log: named, counted, the rest served, start under 5 s', needsBroker: false, run }
