/** What keeps lines from going on, and how long each tries: a line is one partition of one topic. */
import { setTimeout as wait } from 'node:timers/promises'
import { kindOf, pauseMs } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000
/** However long a store asks for. */
const MOST_WAIT_MS = 30_000

export class Troubles {
  readonly #stopping: AbortSignal
  readonly #log: Log
  /** By line: that one line goes on says nothing of another that has stopped. */
  readonly #known = new Map<string, string>()

  /** `stopping`: nothing is tried again from then on, and no end is a failure. */
  constructor(stopping: AbortSignal, log: Log) {
    this.#stopping = stopping
    this.#log = log
  }

  /** Why the archiver is not ready; '' where every line goes on. */
  get first(): string {
    return [...this.#known.values()][0] ?? ''
  }

  /** Tells that a line has stopped for good. */
  failed(line: string): (error: unknown) => void {
    return (error) => {
      if (this.#stopping.aborted) return
      this.#known.set(line, error instanceof Error ? error.message : String(error))
      this.#log.error({ line, err: error }, 'archiver stopped')
    }
  }

  /** The line is another's, and so is its trouble. */
  forget(line: string): void {
    this.#known.delete(line)
  }

  /** Tries until the store answers. What is tried asks the group each time: an insert that was begun is given up only by who has lost the partition. */
  async persist<T>(line: string, write: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
      try {
        const written = await write()
        this.#known.delete(line)
        return written
      } catch (error) {
        if (kindOf(error) !== 'unavailable' || this.#stopping.aborted) throw error
        this.#known.set(line, `${line}: ${(error as Error).message}`)
        this.#log.warn({ line, err: error }, 'store or bus did not take a batch; trying again')
        await wait(pauseMs(error, pause, MOST_WAIT_MS), undefined, { signal: this.#stopping })
      }
    }
  }
}
