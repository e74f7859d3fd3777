/** One part of the product in a process of its own, from the build, with its line at the start read. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const CLI = join(process.cwd(), 'dist/services/cli.js')
const READY_MS = 60_000

/** What `started` says. */
export interface Started {
  readonly service: string
  readonly does: string
  readonly parts: readonly string[]
  readonly version: string
  readonly bus: { readonly kind: string }
  readonly store: { readonly kind: string }
  readonly addresses: Readonly<Record<string, string>>
  readonly groups: readonly string[]
}

export interface PartProcess {
  readonly child: ChildProcess
  readonly started: Started
  /** Everything it wrote to its log, one record each. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** `http://…` of one of its doors. */
  door(name: string): string
}

export interface PartOptions {
  readonly part: string
  readonly config: string
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string>>
}

const DOORS: Readonly<Record<string, readonly string[]>> = { collector: ['--otlp-http', '--otlp-grpc'], archiver: ['--sql'], serve: ['--otlp-http', '--otlp-grpc', '--sql'] }

/** Starts the part on free ports and waits until it is ready. Throws with its own words when it ends before. */
export async function startPart({ part, config, dataDir, env = {} }: PartOptions): Promise<PartProcess> {
  const doors = [...(DOORS[part] ?? []), '--api'].flatMap((flag) => [flag, '127.0.0.1:0'])
  const child = spawn(process.execPath, [CLI, part, '--config', config, '--data-dir', dataDir, ...doors], {
    stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, WATCHKEEPER_LOG_LEVEL: 'info', ...env },
  })
  const lines: Record<string, unknown>[] = []
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
    const whole = said.split('\n')
    said = whole.pop() ?? ''
    for (const line of whole) lines.push(line.startsWith('{') ? JSON.parse(line) as Record<string, unknown> : { message: line })
  })
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
  for (const until = Date.now() + READY_MS; Date.now() < until && !ended(); await wait(50)) {
    const started = lines.find(({ message }) => message === 'started') as unknown as Started | undefined
    if (started === undefined) continue
    const door = (name: string): string => `http://${started.addresses[name]}`
    if ((await fetch(`${door('api')}/readyz`).catch(() => undefined))?.ok === true) return { child, started, lines, door }
  }
  child.kill('SIGKILL')
  throw new Error(`watchkeeper ${part} is not ready (exit ${child.exitCode}): ${lines.slice(-10).map((line) => JSON.stringify(line)).join('\n')}${said}`)
}

export interface Ended {
  readonly code: number | null
  readonly ms: number
}

/** Asks it to end; answers its exit code, and how long that took. */
export async function endPart({ child }: PartProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
  const began = performance.now()
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal)
    await once(child, 'exit')
  }
  return { code: child.exitCode, ms: performance.now() - began }
}
