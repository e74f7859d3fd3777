/** A process that is started again when it ends, as a service manager does, and that can be killed, stalled and kept away. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface ProcessPlan {
  readonly name: string
  /** Script and arguments for Node. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Where `NAME.log` is written. */
  readonly folder: string
  ready(): Promise<boolean>
}

const AGAIN_MS = 250
/** Several start at once, and one whose broker is away waits for it. */
const READY_MS = 120_000

/** Nobody outlives this process. */
const alive = new Set<ChildProcess>()
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')))

export class Supervised {
  readonly name: string
  /** Ends that nobody here asked for: `CODE or SIGNAL`, each. */
  readonly ends: string[] = []
  readonly #plan: ProcessPlan
  #child: ChildProcess | undefined
  #wanted = false
  #peakMib = 0
  /** Signals that were sent by us and whose end is therefore no surprise. */
  #asked = false

  constructor(plan: ProcessPlan) {
    this.name = plan.name
    this.#plan = plan
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  get log(): string {
    return join(this.#plan.folder, `${this.name}.log`)
  }

  /** Highest resident memory over all its lives so far, in MiB. */
  peakMib(): number {
    try {
      const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
      this.#peakMib = Math.max(this.#peakMib, peak)
    } catch {
      // It is between two lives.
    }
    return Math.round(this.#peakMib)
  }

  /** Resolves when it is ready; throws with the end of its log when it is not in two minutes. */
  async start(): Promise<void> {
    const began = performance.now()
    this.#wanted = true
    if (this.#child === undefined) this.#spawn()
    while (!(await this.#plan.ready().catch(() => false))) {
      if (performance.now() - began > READY_MS) throw new Error(`${this.name} was not ready in two minutes: ${this.tail()}`)
      await wait(50)
    }
  }

  /** SIGKILL; it comes back by itself. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGKILL; it stays away until `start`. */
  async keepAway(): Promise<void> {
    this.#wanted = false
    await this.#end('SIGKILL')
  }

  /** SIGTERM; its exit code. */
  async stop(): Promise<number | null> {
    this.#wanted = false
    return await this.#end('SIGTERM')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  tail(): string {
    return readFileSync(this.log, 'utf8').slice(-2_000)
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return 0
    this.peakMib()
    this.#asked = true
    const ended = once(child, 'exit')
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(late)
    return child.exitCode
  }

  #spawn(): void {
    const log = openSync(this.log, 'a')
    const child = spawn(process.execPath, this.#plan.args, { stdio: ['ignore', log, log], env: { ...process.env, ...this.#plan.env } })
    closeSync(log)
    alive.add(child)
    this.#child = child
    this.#asked = false
    child.once('exit', (code, signal) => {
      alive.delete(child)
      this.#child = undefined
      if (!this.#asked) this.ends.push(String(code ?? signal))
      if (this.#wanted) setTimeout(() => { if (this.#wanted && this.#child === undefined) this.#spawn() }, AGAIN_MS).unref()
    })
  }
}
