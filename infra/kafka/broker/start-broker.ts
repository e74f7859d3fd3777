/** A real Kafka broker for tests: Apache's own jars, KRaft, one node, data in a temporary folder. It can be killed, stalled and started again. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { classPath } from './requirements.ts'
import { brokerProperties, clusterId } from './settings.ts'

export interface StartBrokerOptions {
  /** Kept when given, else a temporary folder that `stop` removes. */
  readonly dataDir?: string
  /** Default: a free one. The same after `restart`. */
  readonly port?: number
  /** More of `server.properties`. A function is given the ports of the plain listener, of two more, and of the controller. */
  readonly settings?: Readonly<Record<string, string>> | ((ports: readonly number[]) => Readonly<Record<string, string>>)
  /** Arguments of `kafka-storage format`, such as `--add-scram`. */
  readonly format?: readonly string[]
  readonly heapMb?: number
}

export interface Broker {
  /** `127.0.0.1:PORT` of the plain listener. */
  readonly bootstrap: string
  /** The plain listener's port, then two that were free, for listeners of the caller's settings. */
  readonly ports: readonly number[]
  readonly dataDir: string
  readonly pid: number
  /** What the broker printed so far. */
  log(): Promise<string>
  /** SIGTERM, waits for the end, removes a temporary folder. Safe twice. */
  stop(): Promise<void>
  /** SIGKILL, waits for the end. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** Starts it again over the same data, after `kill` or by SIGTERM first. */
  restart(): Promise<void>
}

const READY_MS = 90_000

/** Resolves when the broker takes connections and has a leader; rejects with the end of its log. */
export async function startBroker(options: StartBrokerOptions = {}): Promise<Broker> {
  const dataDir = options.dataDir ?? await mkdtemp(join(tmpdir(), 'wk-kafka-'))
  await mkdir(dataDir, { recursive: true })
  const ports = [options.port ?? await freePort(), await freePort(), await freePort()]
  const process = new BrokerProcess({ dataDir, ports, classPath: await classPath(), heapMb: options.heapMb ?? 384 })
  const controllerPort = await freePort()
  const more = typeof options.settings === 'function' ? options.settings([...ports, controllerPort]) : (options.settings ?? {})
  const settings = brokerProperties({ dataDir, port: ports[0]!, controllerPort, more })
  await writeFile(join(dataDir, 'server.properties'), settings)
  if (!existsSync(join(dataDir, 'logs', 'meta.properties'))) await process.format(options.format ?? [])
  await process.start()
  return {
    bootstrap: `127.0.0.1:${ports[0]}`, ports, dataDir,
    get pid() { return process.pid },
    log: async () => process.log(),
    stop: async () => {
      await process.end('SIGTERM')
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
    kill: async () => process.end('SIGKILL'),
    pause: () => process.signal('SIGSTOP'),
    resume: () => process.signal('SIGCONT'),
    restart: async () => {
      await process.end('SIGTERM')
      await process.start()
    },
  }
}

interface ProcessOptions {
  readonly dataDir: string
  readonly ports: readonly number[]
  readonly classPath: string
  readonly heapMb: number
}

class BrokerProcess {
  readonly #options: ProcessOptions
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()

  constructor(options: ProcessOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async log(): Promise<string> {
    return await readFile(join(this.#options.dataDir, 'broker.log'), 'utf8').catch(() => '')
  }

  async format(more: readonly string[]): Promise<void> {
    const { dataDir } = this.#options
    const args = ['format', '--cluster-id', clusterId(), '--config', join(dataDir, 'server.properties'), ...more]
    await promisify(execFile)('java', [...this.#java(64), 'kafka.tools.StorageTool', ...args])
  }

  async start(): Promise<void> {
    const { dataDir, heapMb } = this.#options
    const file = join(dataDir, 'broker.log')
    const before = (await this.log()).length
    // Through a shell only for the redirection: what it prints must survive this process, and a full pipe must not stall the broker.
    const child = spawn('sh', ['-c', 'exec java "$@" >> "$LOG" 2>&1', 'sh', ...this.#java(heapMb), 'kafka.Kafka', join(dataDir, 'server.properties')], {
      env: { ...process.env, LOG: file }, stdio: 'ignore',
    })
    this.#child = child
    this.#ended = new Promise((resolve) => child.once('close', resolve))
    const endWithUs = (): void => void child.kill('SIGKILL')
    process.once('exit', endWithUs)
    child.once('close', () => process.off('exit', endWithUs))
    for (const until = Date.now() + READY_MS; ; await sleep(100)) {
      if ((await this.log()).slice(before).includes('Kafka Server started') && await takesConnections(this.#options.ports[0]!)) return
      if (child.exitCode === null && child.signalCode === null && Date.now() < until) continue
      await this.end('SIGKILL')
      throw new Error(`the Kafka broker did not start: ${(await this.log()).slice(before).slice(-2000)}`)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    // A stopped process hears no SIGTERM before it goes on.
    this.signal('SIGCONT')
    this.signal(signal)
    const late = setTimeout(() => this.signal('SIGKILL'), 20_000)
    await this.#ended
    clearTimeout(late)
  }

  #java(heapMb: number): string[] {
    return [`-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info', '-Dorg.slf4j.simpleLogger.log.kafka.server.BrokerServer=info',
      '-cp', this.#options.classPath]
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function takesConnections(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('connect', () => { socket.destroy(); resolve(true) })
    socket.once('error', () => resolve(false))
  })
}
