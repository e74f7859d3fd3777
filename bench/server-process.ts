/** A Watchkeeper of its own for a bench or a fault test: its data in a temporary folder, its ports free ones, its CPU and memory readable. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/services/cli.js' : '../services/cli.js', import.meta.url))
const TICKS_PER_SECOND = 100

export interface ServerProcess {
  readonly child: ChildProcess
  readonly dataDir: string
  readonly otlpHttp: string
  readonly otlpGrpc: string
  readonly sql: string
  readonly api: string
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export interface ServerOptions {
  readonly dataDir?: string
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** Listens where this one did. */
  readonly inPlaceOf?: ServerProcess
}

/** Starts `watchkeeper serve` and waits until it says that it is ready. Throws with its own words when it ends before. */
export async function startServer({ dataDir = mkdtempSync(join(tmpdir(), 'watchkeeper-')), config, env = {}, inPlaceOf }: ServerOptions = {}): Promise<ServerProcess> {
  const [http, grpc, sql, api] = inPlaceOf === undefined
    ? [await freePort(), await freePort(), await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`) as [string, string, string, string]
    : [inPlaceOf.otlpHttp.slice('http://'.length), inPlaceOf.otlpGrpc, inPlaceOf.sql.slice('http://'.length), inPlaceOf.api.slice('http://'.length)]
  const args = ['serve', '--data-dir', dataDir, '--otlp-http', http, '--otlp-grpc', grpc, '--sql', sql, '--api', api, ...(config === undefined ? [] : ['--config', config])]
  const child = spawn(process.execPath, ['--max-semi-space-size=64', CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: { UV_THREADPOOL_SIZE: '16', ...process.env, WATCHKEEPER_LOG_LEVEL: 'warn', ...env } })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-8_192)
  })
  const server = { child, dataDir, otlpHttp: `http://${http}`, otlpGrpc: grpc, sql: `http://${sql}`, api: `http://${api}` }
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`watchkeeper serve ended with ${child.exitCode ?? child.signalCode}: ${said}`)
    const ready = await fetch(`${server.api}/readyz`).catch(() => undefined)
    if (ready?.ok === true) return server
    await wait(50)
  }
  child.kill('SIGKILL')
  throw new Error(`watchkeeper serve was not ready in 30 s: ${said}`)
}

/** Ends the process; the data stays. */
export async function stopServer({ child }: ServerProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

export const removeData = ({ dataDir }: ServerProcess): void => rmSync(dataDir, { recursive: true, force: true })

/** CPU seconds of user and system, all threads. Linux only: /proc/PID/stat. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export const cpuSeconds = ({ child }: Pick<ServerProcess, 'child'>): number => cpuSecondsOf(child.pid ?? 0)

/** Peak resident memory in MiB. */
export const peakMemory = ({ child }: ServerProcess): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** The rows of a query as arrays of text. */
export async function ask({ sql }: ServerProcess, query: string): Promise<string[][]> {
  const response = await fetch(`${sql}/?default_format=TSV`, { method: 'POST', body: query })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'))
}
