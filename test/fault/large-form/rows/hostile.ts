/** Bodies made to hurt, and mutations of real ones, for a while: the process lives, answers rightly, keeps its memory and its event loop. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type ServerProcess, startServer, stopServer } from '../../../../bench/server-process.ts'
import { recordings } from '../../../../services/demo/recordings.ts'
import { HOSTILE } from '../../../live/hostile-bodies.ts'
import { built } from '../built.ts'
import type { LongestTurn } from '../loop-probe.ts'
import { mutated } from '../mutate.ts'
import { pick, type Random, seeded } from '../random.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const FUZZ_MS = { short: 20_000, full: 300_000 }
const WARM_UP_MS = { short: 8_000, full: 30_000 }
const SENDERS = 4
const MOST_GROWTH_MIB = 200
const MOST_BLOCKED_MS = 200
/** What a mutated body may be answered; the last two ask to come again. */
const RIGHT = new Set([200, 400, 413, 415, 429, 503])

const residentMib = ({ child }: ServerProcess): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

async function statusOf(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<number> {
  const answer = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(30_000) }).catch(() => undefined)
  await answer?.arrayBuffer().catch(() => undefined)
  return answer?.status ?? 0
}

/** A body as real software sent it, with mutations, some of it in gzip and some with the gzip mutated. */
async function fuzzOne({ otlpHttp }: ServerProcess, random: Random, all: ReturnType<typeof recordings>): Promise<number> {
  const { path, contentType, body } = pick(all, random)
  const { body: other } = pick(all, random)
  const form = random(8)
  const headers = { 'content-type': contentType, ...(form < 2 ? { 'content-encoding': 'gzip' } : {}) }
  const bytes = form === 0 ? mutated(gzipSync(body), random, other) : form === 1 ? gzipSync(mutated(body, random, other)) : mutated(body, random, other)
  return await statusOf(`${otlpHttp}${path}`, bytes, headers)
}

async function fuzz(server: ServerProcess, seed: number, ms: number): Promise<{ readonly answers: Map<number, number>; readonly peakMib: number }> {
  const all = recordings('test/fixtures/otlp')
  const answers = new Map<number, number>()
  const until = performance.now() + ms
  let peakMib = 0
  const sampler = setInterval(() => { peakMib = Math.max(peakMib, residentMib(server)) }, 250)
  await Promise.all(Array.from({ length: SENDERS }, async (_, number) => {
    const random = seeded(seed + number)
    while (performance.now() < until) {
      const status = await fuzzOne(server, random, all)
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
  }))
  clearInterval(sampler)
  return { answers, peakMib }
}

async function corpus({ otlpHttp }: ServerProcess, said: Findings): Promise<void> {
  for (const { what, path, headers, body, status } of HOSTILE) {
    const answered = await statusOf(`${otlpHttp}${path}`, body(), headers)
    said.expect(answered === status, `${what}: answered ${answered}, not ${status}`)
  }
}

/** Longest turn since the file was emptied. */
const longest = (file: string): LongestTurn => {
  const text = readFileSync(file, 'utf8')
  return text === '' ? { wallMs: 0, ranMs: 0 } : JSON.parse(text) as LongestTurn
}

function loopOf(what: string, file: string, said: Findings): void {
  const { wallMs, ranMs } = longest(file)
  writeFileSync(file, '')
  said.figure(`${what}: event loop held for ${Math.round(ranMs)} ms at most (${Math.round(wallMs)} ms by the clock, waits for a core included)`)
  said.expect(ranMs < MOST_BLOCKED_MS, `${what}: the event loop was held for ${Math.round(ranMs)} ms`)
}

async function run({ short, seed, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const loop = join(folder, 'loop.json')
  writeFileSync(loop, '')
  const env = { NODE_OPTIONS: `--import=${built('test/fault/large-form/loop-probe.ts')}`, FAULT_LOOP_FILE: loop, WATCHKEEPER_LOG_LEVEL: 'silent' }
  const server = await startServer({ dataDir: join(folder, 'data'), env })
  try {
    const traffic = new Traffic({ urls: [server.otlpHttp], senders: 4, spansPerSecond: 1_000 })
    await wait(short ? WARM_UP_MS.short : WARM_UP_MS.full)
    await traffic.stop()
    await wait(2_000)
    const before = residentMib(server)
    writeFileSync(loop, '')
    await wait(500)
    await corpus(server, said)
    loopOf(`${HOSTILE.length} hostile bodies`, loop, said)
    const afterCorpus = residentMib(server)
    await wait(500)
    say(`corpus done; resident ${Math.round(before)} MiB before, ${Math.round(afterCorpus)} behind it`)
    const ms = times === undefined ? (short ? FUZZ_MS.short : FUZZ_MS.full) : times * 1_000
    const { answers, peakMib } = await fuzz(server, seed, ms)
    const told = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status} × ${count}`).join(', ')
    loopOf(`${Math.round(ms / 1000)} s of mutated bodies (seed ${seed}; ${told})`, loop, said)
    const growth = Math.max(peakMib, afterCorpus) - before
    said.figure(`resident memory ${Math.round(before)} MiB before, ${Math.round(growth)} MiB more at most`)
    said.expect(growth < MOST_GROWTH_MIB, `memory grew by ${Math.round(growth)} MiB`)
    for (const status of answers.keys()) said.expect(RIGHT.has(status), `${answers.get(status)} mutated bodies were answered ${status === 0 ? 'not at all' : status}`)
    said.expect((answers.get(400) ?? 0) > 0 && (answers.get(200) ?? 0) > 0, 'the mutations were not such that some are refused and some are not')
    said.expect(server.child.exitCode === null && (await statusOf(`${server.otlpHttp}/v1/traces`, Buffer.alloc(0), { 'content-type': 'application/x-protobuf' })) === 200, 'the process does not take requests any more')
  } finally {
    await stopServer(server)
  }
  return said
}

export const hostile: Row = { name: 'hostile', promise: 'hostile bodies and mutation fuzzing: alive, right answers, memory and event loop kept', needsBroker: false, run }
