/**
 * Commits behind their work: the next envelopes are judged while the broker writes down that the last ones were, and what is done within a quarter of a second
 * is written down together, all partitions in one request. Who takes over before that judges these again, says the same under the same ids, and that is known.
 */
import { kindOf } from '../../schemas/failure.ts'
import type { Subscription } from '../../schemas/ports.ts'

type Commit = Subscription['commit']

interface Line {
  /** Newest that was asked for and is not on its way. */
  wanted: number | undefined
  running: Promise<void> | undefined
  failure: unknown
}

const EVERY_MS = 250

export class CommitsBehind {
  readonly #commit: Commit
  readonly #lines = new Map<number, Line>()
  #timer: NodeJS.Timeout | undefined

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** One a partition is on its way at a time; of those asked for meanwhile the newest is the next. Throws what an earlier one has come to and no later one can mend. */
  want(partition: number, next: number): void {
    const line = this.#lines.get(partition) ?? { wanted: undefined, running: undefined, failure: undefined }
    this.#lines.set(partition, line)
    if (line.failure !== undefined) throw line.failure
    line.wanted = next
    this.#soon()
  }

  /** The partition is let go of: resolves when all that was asked for of it is answered. Never throws. */
  async end(partition: number): Promise<void> {
    const line = this.#lines.get(partition)
    if (line === undefined) return
    while (line.running !== undefined || line.wanted !== undefined) await (line.running ??= this.#send(partition, line))
    this.#lines.delete(partition)
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const [partition, line] of this.#lines) if (line.wanted !== undefined) line.running ??= this.#send(partition, line)
    }, EVERY_MS).unref()
  }

  async #send(partition: number, line: Line): Promise<void> {
    const next = line.wanted as number
    line.wanted = undefined
    await this.#commit(partition, next).catch((error: unknown) => {
      // Of what may pass the next commit says more; a tick a second brings one.
      if (kindOf(error) !== 'unavailable') line.failure = error
    })
    line.running = undefined
    if (line.wanted !== undefined) this.#soon()
  }
}
