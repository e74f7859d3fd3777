/** `watchkeeper verify` as a process that is measured, over each form in which a log lies. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Report } from '../services/verify/verdict.ts'
import { Load } from './load.ts'
import { ask, cpuSeconds, type ServerProcess, startServer, stopServer } from './server-process.ts'

const CLI = fileURLToPath(new URL('../services/cli.js', import.meta.url))
const LOOK_MS = 20

export interface Form {
  /** For people. */
  readonly form: string
  /** Where the log lies, as arguments. */
  readonly args: readonly string[]
  /** Verifier key, or a file with one. */
  readonly key: string
  readonly threads: number
  /** What answers meanwhile on the same cores. */
  readonly server?: ServerProcess
}

interface Look {
  readonly cpu: number
  readonly peak: number
  readonly own: number
}

/** CPU seconds, and of resident MiB the most of all and of what is the process's alone; of a process that lives. */
function look(pid: number | undefined): Look | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mebibytes = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024
    return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, peak: mebibytes('VmHWM'), own: mebibytes('RssAnon') }
  } catch {
    return undefined
  }
}

/** Prints what it took; a verdict that is not `ok` is printed, too. */
export async function measure({ form, args, key, threads, server }: Form): Promise<void> {
  const began = performance.now()
  const before = server === undefined ? 0 : cpuSeconds(server)
  const child = spawn(process.execPath, [CLI, 'verify', ...args, '--json', '--key', key, '--threads', String(threads)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let seen: Look = { cpu: 0, peak: 0, own: 0 }
  const timer = setInterval(() => {
    const now = look(child.pid)
    if (now !== undefined) seen = { cpu: Math.max(seen.cpu, now.cpu), peak: Math.max(seen.peak, now.peak), own: Math.max(seen.own, now.own) }
  }, LOOK_MS)
  const report = JSON.parse(await text(child.stdout)) as Report & { readonly error?: string }
  clearInterval(timer)
  const seconds = (performance.now() - began) / 1_000
  const helped = server === undefined ? 0 : cpuSeconds(server) - before
  const micros = (cpu: number): string => ((cpu * 1e6) / report.rows).toFixed(1)
  console.log([
    `${form}: ${report.verdict}, ${report.rows} events, ${threads} threads: ${seconds.toFixed(1)} s, ${Math.round(report.rows / seconds)} events/s`,
    `CPU ${micros(seen.cpu)} µs/event${server === undefined ? '' : ` and ${micros(helped)} of the server`} (${Math.round((2 * report.rows) / (seen.cpu + helped))} events/s on two whole cores)`,
    `peak ${Math.round(seen.peak)} MiB, of which ${Math.round(seen.own)} are no mapped files`,
  ].join('; '))
  if (report.verdict !== 'ok') console.log(report.error ?? JSON.stringify(report.faults.slice(0, 3)))
}

/** Every event that was taken is in the tables and under a checkpoint. */
async function signed(server: ServerProcess, events: number): Promise<void> {
  for (;;) {
    const [[rows, size] = []] = await ask(server, `SELECT (SELECT count() FROM watchkeeper.audit_events),
      (SELECT sum(size) FROM (SELECT max(size) AS size FROM watchkeeper.checkpoints WHERE partition >= 0 GROUP BY log))`)
    if (Number(rows) >= events && Number(size) >= events) return
    await wait(1_000)
  }
}

/** A server takes so many spans, and is verified: over SQL while it runs, then its tables, its log, and a folder of it. */
export async function measureServer({ folder, events, threads }: { readonly folder: string; readonly events: number; readonly threads: number }): Promise<void> {
  const dataDir = join(folder, 'data')
  const server = await startServer({ dataDir })
  const key = join(dataDir, 'keys', 'notary.pub')
  try {
    const load = new Load({ url: server.otlpHttp, connections: 8, rate: 0 })
    while (load.acknowledged < events) await wait(LOOK_MS)
    await load.stop()
    await signed(server, load.acknowledged)
    await measure({ form: 'SQL of a running server', args: ['--url', server.sql], key, threads, server })
  } finally {
    await stopServer(server)
  }
  await measure({ form: 'tables in the process', args: ['--data-dir', dataDir], key, threads })
  await measure({ form: 'embedded log', args: ['--data-dir', dataDir, '--from-log'], key, threads })
}
