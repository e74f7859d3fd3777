/** Bodies made to hurt, and mutations of real ones, for a while: the process lives, answers rightly, keeps its memory and its event loop. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { recordings } from '../../../../services/demo/recordings.ts'
import { HOSTILE } from '../../../live/hostile-bodies.ts'
import { built } from '../built.ts'
import { startLargeForm } from '../large-form.ts'
import type { LongestTurn } from '../loop-probe.ts'
import { slowness } from '../machine.ts'
import { mutated } from '../mutate.ts'
import { pick, type Random, seeded } from '../random.ts'
import { Findings, type Row, type Setting } from '../row.ts'

const FUZZ_MS = { short: 20_000, full: 300_000 }
/** In the full form V8's heap has been through a whole cycle by then: with so little in it, it is collected only at some 250 MiB. */
const WARM_UP_MS = { short: 10_000, full: 120_000 }
const SENDERS = 4
const MOST_GROWTH_MIB = 200
const MOST_BLOCKED_MS = 200
/** What a mutated body may be answered; the last two ask to come again. */
const RIGHT = new Set([200, 400, 413, 415, 429, 503])

/** The collector: of all processes the one that strangers' bytes reach. */
interface Target {
  readonly url: string
  readonly pid: number
}

/** Its own memory; pages of files, such as those of the program, are the system's to drop. 0 when the process is not there. */
function residentMib({ pid }: Target): number {
  try {
    return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

async function statusOf(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<number> {
  const answer = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(30_000) }).catch(() => undefined)
  await answer?.arrayBuffer().catch(() => undefined)
  return answer?.status ?? 0
}

type Attempt = (server: Target, random: Random, all: ReturnType<typeof recordings>) => Promise<number>

/** A body as real software sent it, with mutations, some of it in gzip and some with the gzip mutated. */
const fuzzOne: Attempt = async ({ url }, random, all) => {
  const { path, contentType, body } = pick(all, random)
  const { body: other } = pick(all, random)
  const form = random(8)
  const headers = { 'content-type': contentType, ...(form < 2 ? { 'content-encoding': 'gzip' } : {}) }
  const bytes = form === 0 ? mutated(gzipSync(body), random, other) : form === 1 ? gzipSync(mutated(body, random, other)) : mutated(body, random, other)
  return await statusOf(`${url}${path}`, bytes, headers)
}

/** The same bodies as they were: what a server at work takes of memory is no growth. */
const sendOne: Attempt = async ({ url }, random, all) => {
  const { path, contentType, body } = pick(all, random)
  return await statusOf(`${url}${path}`, body, { 'content-type': contentType })
}

interface Loaded {
  readonly answers: ReadonlyMap<number, number>
  readonly peakMib: number
}

async function load(server: Target, attempt: Attempt, { seed, ms }: { readonly seed: number; readonly ms: number }): Promise<Loaded> {
  const all = recordings('test/fixtures/otlp')
  const answers = new Map<number, number>()
  const until = performance.now() + ms
  let peakMib = 0
  const sampler = setInterval(() => { peakMib = Math.max(peakMib, residentMib(server)) }, 250)
  await Promise.all(Array.from({ length: SENDERS }, async (_, number) => {
    const random = seeded(seed + number)
    while (performance.now() < until) {
      const status = await attempt(server, random, all)
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
  }))
  clearInterval(sampler)
  return { answers, peakMib }
}

/** Each in turn; the one that held the event loop longest. */
async function corpus({ url }: Target, loop: string, said: Findings): Promise<LongestTurn & { readonly what: string }> {
  let worst = { what: '', wallMs: 0, ranMs: 0 }
  for (const { what, path, headers, body, status } of HOSTILE) {
    const answered = await statusOf(`${url}${path}`, body(), headers)
    said.expect(answered === status, `${what}: answered ${answered}, not ${status}`)
    await wait(300)
    const turn = longest(loop)
    if (turn.ranMs > worst.ranMs) worst = { what, ...turn }
    await startAnew(loop)
  }
  return worst
}

/** Longest turn since the file was emptied. */
const longest = (file: string): LongestTurn => {
  const text = readFileSync(file, 'utf8')
  return text === '' ? { wallMs: 0, ranMs: 0 } : JSON.parse(text) as LongestTurn
}

/** The probe looks every 200 ms whether it has to. */
async function startAnew(file: string): Promise<void> {
  writeFileSync(file, '')
  await wait(500)
}

/** Resident MiB when everything that can be collected is. */
async function heldMib(target: Target, loop: string): Promise<number> {
  rmSync(`${loop}.collected`, { force: true })
  process.kill(target.pid, 'SIGUSR2')
  for (const until = performance.now() + 10_000; !existsSync(`${loop}.collected`) && performance.now() < until;) await wait(50)
  await wait(1_000)
  return residentMib(target)
}

interface Judged extends LongestTurn {
  readonly what: string
  readonly mostMs: number
}

function judgeTurn({ what, wallMs, ranMs, mostMs }: Judged, said: Findings): void {
  said.figure(`${what}: event loop held for ${Math.round(ranMs)} ms at most (${Math.round(wallMs)} ms by the clock, waits for a core included)`)
  said.expect(ranMs < mostMs, `${what}: the event loop was held for ${Math.round(ranMs)} ms, and ${Math.round(mostMs)} are allowed here`)
}

interface Memory {
  /** Under the same bodies unchanged: behind a collection of garbage, and at most. */
  readonly before: { readonly held: number; readonly peak: number }
  readonly after: { readonly held: number; readonly peak: number }
}

/** What is kept is judged always; what only waits to be collected comes and goes by V8's choice, so it is compared where both have had the time for that. */
function judgeMemory({ before, after }: Memory, short: boolean, said: Findings): void {
  const [held, peak] = [after.held - before.held, after.peak - before.peak]
  said.figure(`memory kept ${Math.round(before.held)} MiB under the same bodies unchanged, ${Math.round(held)} MiB more behind all of it; ` +
    `with what waits to be collected ${Math.round(before.peak)} MiB at most, ${Math.round(peak)} MiB more at most`)
  said.expect(held < MOST_GROWTH_MIB, `${Math.round(held)} MiB more are kept`)
  said.expect(short || peak < MOST_GROWTH_MIB, `memory grew by ${Math.round(peak)} MiB`)
}

async function run({ short, seed, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const loop = join(folder, 'loop.json')
  writeFileSync(loop, '')
  const env = { NODE_OPTIONS: `--import=${built('test/fault/large-form/loop-probe.ts')}`, FAULT_LOOP_FILE: loop, WATCHKEEPER_LOG_LEVEL: 'silent' }
  const form = await startLargeForm({ folder, processes: { collector: 1 }, env })
  const collector = form.service('collector-1')
  const server = { url: form.otlp[0] ?? '', pid: collector.pid }
  try {
    // A core that is slower holds the loop longer for the same work; the full form is for the machine that the figures are from.
    const mostMs = MOST_BLOCKED_MS * (short ? slowness() : 1)
    const { peakMib: peakBefore } = await load(server, sendOne, { seed, ms: short ? WARM_UP_MS.short : WARM_UP_MS.full })
    const before = { held: await heldMib(server, loop), peak: peakBefore }
    await startAnew(loop)
    const worst = await corpus(server, loop, said)
    judgeTurn({ ...worst, mostMs, what: `${HOSTILE.length} hostile bodies, the worst of them ${worst.what}` }, said)
    const afterCorpus = residentMib(server)
    say(`corpus done; ${Math.round(before.held)} MiB before, ${Math.round(afterCorpus)} behind it`)
    const ms = times === undefined ? (short ? FUZZ_MS.short : FUZZ_MS.full) : times * 1_000
    const { answers, peakMib } = await load(server, fuzzOne, { seed, ms })
    const told = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status} × ${count}`).join(', ')
    judgeTurn({ ...longest(loop), mostMs, what: `${Math.round(ms / 1000)} s of mutated bodies (seed ${seed}; ${told})` }, said)
    judgeMemory({ before, after: { held: await heldMib(server, loop), peak: Math.max(peakMib, afterCorpus) } }, short, said)
    for (const status of answers.keys()) said.expect(RIGHT.has(status), `${answers.get(status)} mutated bodies were answered ${status === 0 ? 'not at all' : status}`)
    said.expect((answers.get(400) ?? 0) > 0 && (answers.get(200) ?? 0) > 0, 'the mutations were not such that some are refused and some are not')
    said.expect(collector.pid === server.pid && (await statusOf(`${server.url}/v1/traces`, Buffer.alloc(0), { 'content-type': 'application/x-protobuf' })) === 200, 'the process does not take requests any more')
  } finally {
    await form.stop()
  }
  return said
}

export const hostile: Row = { name: 'hostile', promise: 'hostile bodies and mutation fuzzing: alive, right answers, memory and event loop kept', needsBroker: true, run }
