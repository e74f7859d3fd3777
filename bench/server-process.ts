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
/** A server's, as `npm start` gives them (`infra/dev/start.mjs`). */
export const HEAP_FLAGS: readonly string[] = ['--min-semi-space-size=64', '--max-semi-space-size=64']
const TICKS_PER_SECOND = 100
/** Characters that are kept of what a server says. */
const LAST_WORDS = 8_192

export interface ServerProcess {
  readonly child: ChildProcess
  readonly dataDir: string
  readonly otlpHttp: string
  readonly otlpGrpc: string
  readonly sql: string
  readonly api: string
  /** How it ended and its last words; '' while it runs. */
  ended(): string
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

/** How long a start may take: some 15 s where many others are busy. */
const START_MS = 60_000
const DOORS = { otlpHttp: /OTLP\/HTTP +(\S+)/, otlpGrpc: /OTLP\/gRPC +(\S+)/, sql: / SQL +(?:http:\/\/)?(\S+)/, api: / API +(\S+)/ }
/** What a server says whose port is another's: of a port that was free a moment ago, a connection's own end or another process that was given it. */
const TAKEN = 'another program uses that port'
const ANY = '127.0.0.1:0'

/** A server that was started; everything it says is read, and the end of it kept. */
class Started {
  readonly child: ChildProcess
  #said = ''
  #announced = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [...HEAP_FLAGS, CLI, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { UV_THREADPOOL_SIZE: '16', ...process.env, WATCHKEEPER_LOG_LEVEL: 'warn', ...env },
    })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#announced = (this.#announced + chunk.toString()).slice(0, LAST_WORDS)
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-LAST_WORDS)
    })
  }

  /** Undefined until it has said it. */
  door(name: keyof typeof DOORS): string | undefined {
    return DOORS[name].exec(this.#announced)?.[1]
  }

  ended(): string {
    const { exitCode, signalCode } = this.child
    return exitCode === null && signalCode === null ? '' : `watchkeeper serve ended with ${exitCode ?? signalCode}: ${this.#said}`
  }

  /** All that it said on standard error. */
  get said(): string {
    return this.#said
  }
}

/** Starts `watchkeeper serve` and waits until it says that it is ready. Throws with its own words when it ends before. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const { dataDir = mkdtempSync(join(tmpdir(), 'watchkeeper-')), config, env = {}, inPlaceOf: old } = options
  const at = old === undefined ? [ANY, ANY, ANY, ANY] : [old.otlpHttp, old.otlpGrpc, old.sql, old.api].map((address) => address.replace('http://', ''))
  const doors = ['--otlp-http', '--otlp-grpc', '--sql', '--api'].flatMap((flag, which) => [flag, at[which]!])
  const args = ['--data-dir', dataDir, ...doors, ...(config === undefined ? [] : ['--config', config])]
  const until = performance.now() + START_MS
  let started = new Started(args, env)
  for (; performance.now() < until; await wait(50)) {
    if (started.ended() !== '') {
      // The ports of a server that is gone are free for anybody until it is back; mostly it is a connection that has one, and soon closed.
      if (old === undefined || !started.said.includes(TAKEN)) throw new Error(started.ended())
      started = new Started(args, env)
    }
    const { child } = started
    const [http, grpc, sql, api] = [started.door('otlpHttp'), started.door('otlpGrpc'), started.door('sql'), started.door('api')]
    if (http === undefined || grpc === undefined || sql === undefined || api === undefined) continue
    const server = { child, dataDir, otlpHttp: `http://${http}`, otlpGrpc: grpc, sql: `http://${sql}`, api: `http://${api}`, ended: () => started.ended() }
    if ((await fetch(`${server.api}/readyz`).catch(() => undefined))?.ok === true) return server
  }
  started.child.kill('SIGKILL')
  throw new Error(`watchkeeper serve was not ready in ${START_MS / 1_000} s: ${started.said}`)
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

/** The rows of a query as arrays of text. Throws the last words of a server that is gone. */
export async function ask({ sql, ended }: ServerProcess, query: string): Promise<string[][]> {
  const response = await fetch(`${sql}/?default_format=TSV`, { method: 'POST', body: query }).catch((cause: unknown) => {
    throw new Error(`nobody answers at ${sql}; ${ended()}`, { cause })
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'))
}
