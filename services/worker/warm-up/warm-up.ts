/**
 * States that are begun anew learn from the archive before their partition goes on. Partitions that ask at the same time share one pass over the past:
 * each pass takes all who wait when it begins.
 */
import type { Armed } from '../../../detectors/detector.ts'
import { Failure, kindOf } from '../../../schemas/failure.ts'
import type { History } from '../../../schemas/ports.ts'
import type { Notice } from '../../../schemas/step.ts'
import type { WorkerConfig, WorkerPorts } from '../contracts.ts'
import type { Maintenance } from '../maintenance/maintenance.ts'
import { Pass, type Warmed } from './pass.ts'

/** What a partition is to begin with. */
export interface Wanted {
  readonly partition: number
  /** Detectors without state. */
  readonly detectors: ReadonlySet<string>
  /** Received before this, nanoseconds: what came later is still to be judged. */
  readonly until: bigint
  /** What is to be forgotten on the way, oldest first. */
  readonly resets: readonly Notice[]
  /** The partition goes to somebody else. */
  readonly signal: AbortSignal
}

export interface WarmUpParts {
  readonly config: WorkerConfig
  readonly armed: readonly Armed[]
  readonly maintenance: Maintenance
  readonly ports: Pick<WorkerPorts, 'keyedHash' | 'telemetry'> & { readonly history: History }
}

interface Waiting extends Wanted {
  done(warmed: Warmed | undefined): void
  failed(error: unknown): void
}

const DAY_NS = 86_400_000_000_000n
const PROGRESS_EVERY = 50_000

const LEFT = (): Failure => new Failure('unavailable', 'worker.warm_up_left', 'the partition went elsewhere before it had learned from the archive')

/** The code of a failure of ours, else the class of what was thrown: a message may hold a stranger's text. */
const causeOf = (error: unknown): string => (error instanceof Failure ? error.code : error instanceof Error ? error.constructor.name : typeof error)

export class WarmUp {
  readonly #parts: WarmUpParts
  #waiting: Waiting[] = []
  #running = false
  #failures = 0

  constructor(parts: WarmUpParts) {
    this.#parts = parts
  }

  /** Undefined where the past cannot be read: the states begin with nothing. Failure `unavailable` where it may be, after a while, and where `signal` was aborted. */
  async warm(wanted: Wanted): Promise<Warmed | undefined> {
    const { signal } = wanted
    let left: (() => void) | undefined
    const answer = new Promise<Warmed | undefined>((done, failed) => {
      left = () => failed(LEFT())
      signal.addEventListener('abort', left, { once: true })
      this.#waiting.push({ ...wanted, done, failed })
    })
    if (signal.aborted) left?.()
    void this.#run()
    try {
      return await answer
    } finally {
      if (left !== undefined) signal.removeEventListener('abort', left)
    }
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      await this.#pass(waiting)
    }
    this.#running = false
  }

  async #pass(waiting: readonly Waiting[]): Promise<void> {
    const { config, armed, maintenance, ports } = this.#parts
    const asked = new Set(waiting.flatMap(({ detectors }) => [...detectors]))
    const pass = new Pass({ config, maintenance, ports, partitions: waiting.map(({ partition }) => partition), armed: armed.filter(({ rule }) => asked.has(rule.id)), resets: waiting.flatMap(({ resets }) => resets) })
    ports.telemetry.warmedUp(pass.progress('begun'))
    try {
      await this.#read(pass, waiting)
      pass.end()
      this.#failures = 0
      ports.telemetry.warmedUp(pass.progress('done'))
      for (const { partition, done } of waiting) done(pass.warmed(partition))
    } catch (error) {
      this.#failed(error, pass, waiting)
    }
  }

  /** Up to the earliest of the ends, so that nobody learns what is still to be judged; until nobody waits any more. */
  async #read(pass: Pass, waiting: readonly Waiting[]): Promise<void> {
    const { config: { warmUp: { days, maxInteractions } }, ports } = this.#parts
    const until = waiting.reduce((least, wanted) => (wanted.until < least ? wanted.until : least), waiting[0]?.until ?? 0n)
    const since = until - BigInt(Math.round(days)) * DAY_NS
    if (until <= 0n) return
    const abandoned = new AbortController()
    const look = (): void => {
      if (waiting.every(({ signal }) => signal.aborted)) abandoned.abort(LEFT())
    }
    look()
    for (const { signal } of waiting) signal.addEventListener('abort', look, { once: true })
    try {
      for await (const page of ports.history.interactions({ since: since > 0n ? since : 0n, until, maxRows: maxInteractions })) {
        const before = pass.interactions
        await pass.learn(page, abandoned.signal)
        if (Math.floor(before / PROGRESS_EVERY) < Math.floor(pass.interactions / PROGRESS_EVERY)) ports.telemetry.warmedUp(pass.progress('reading'))
      }
    } finally {
      for (const { signal } of waiting) signal.removeEventListener('abort', look)
    }
  }

  /** An archive that is away is asked again by whoever delivers to the partition; after so many times, and for every other reason, detection goes on without. */
  #failed(error: unknown, pass: Pass, waiting: readonly Waiting[]): void {
    const { config: { warmUp: { attempts } }, ports: { telemetry } } = this.#parts
    if (waiting.every(({ signal }) => signal.aborted)) return
    const mayPass = kindOf(error) === 'unavailable'
    if (mayPass && ++this.#failures < attempts) {
      for (const { failed } of waiting) failed(error)
      return
    }
    this.#failures = 0
    telemetry.warmedUp(pass.progress('failed', causeOf(error)))
    for (const { done } of waiting) done(undefined)
  }
}
