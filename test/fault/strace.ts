/** System calls of a running process that fail: strace answers in the kernel's place, so nothing of the call is done. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface CallFault {
  /** By their names in Linux. */
  readonly calls: readonly string[]
  /** `EIO` and so on; '' where they take long instead. */
  readonly error: string
  /** Before they are done. */
  readonly delayMs?: number
  /** Which of them: `1`, `3`, `2+`. strace counts for each thread and each call on its own. */
  readonly when: string
  /** Only calls that have to do with one of these, as path or as open file. They need not be there yet. */
  readonly paths: readonly string[]
}

const argumentsOf = ({ calls, error, delayMs = 0, when, paths }: CallFault): string[] =>
  ['-f', '-e', `trace=${calls.join()}`, '-e', `inject=${calls.join()}:${error === '' ? `delay_enter=${delayMs * 1_000}` : `error=${error}`}:when=${when}`, ...paths.flatMap((path) => ['-P', path])]

/** '' where calls can be made to fail; else why not. */
export function straceMissing(): string {
  if (process.platform !== 'linux') return 'there is no strace but on Linux'
  const probe = spawnSync('strace', [...argumentsOf({ calls: ['fsync'], error: 'EIO', when: '1', paths: ['/'] }), 'true'], { encoding: 'utf8' })
  if (probe.error !== undefined) return 'there is no strace here'
  return probe.status === 0 ? '' : `strace may not trace here: ${probe.stderr.trim().split('\n').at(-1)}`
}

/** In front of a command: it runs with the fault from its first call on. `record` is written as by `attach`. */
export const straced = (fault: CallFault, record: string): string[] => ['strace', '-o', record, ...argumentsOf(fault)]

/** Calls that failed so far. */
export const injected = (record: string): number => readFileSync(record, 'utf8').split('(INJECTED)').length - 1

/** The fault upon a process that runs. */
export class Attached {
  readonly #strace: ChildProcess
  readonly #record: string

  private constructor(strace: ChildProcess, record: string) {
    this.#strace = strace
    this.#record = record
  }

  /** Resolves when it is in force. What it did to which call is written to `record`. */
  static async to(pid: number, fault: CallFault, record: string): Promise<Attached> {
    const strace = spawn('strace', [...argumentsOf(fault), '-o', record, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      strace.stderr.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('attached')) resolve()
      })
      strace.once('error', reject)
      strace.once('exit', () => reject(new Error(`strace ended: ${said}`)))
    })
    return new Attached(strace, record)
  }

  /** Calls that failed so far. */
  get failed(): number {
    return injected(this.#record)
  }

  /** Ends it, where it has not ended with its process. How many calls failed. */
  async lift(): Promise<number> {
    if (this.#strace.exitCode === null && this.#strace.signalCode === null) {
      const ended = once(this.#strace, 'exit')
      this.#strace.kill('SIGINT')
      // One that delays a call does not listen until that is over.
      const late = setTimeout(() => this.#strace.kill('SIGKILL'), 2_000)
      await ended
      clearTimeout(late)
    }
    return this.failed
  }
}
