/**
 * Commits behind their work: the next envelopes are judged while the broker writes down that the last ones were, and what is done within a quarter of a second
 * is written down together, all partitions in one request. Who takes over before that judges these again, says the same under the same ids, and that is known.
 */
import { kindOf, pauseMs } from '../../schemas/failure.ts'
import type { Subscription } from '../../schemas/ports.ts'

type Commit = Subscription['commit']

interface Line {
  /** Newest that was asked for and is not on its way. */
  wanted: number | undefined
  running: Promise<void> | undefined
  failure: unknown
  /** It is let go of: whoever takes over goes on without what fails now. */
  ending: boolean
}

const EVERY_MS = 250
const LONGEST_WAIT_MS = 5_000

export class CommitsBehind {
  readonly #commit: Commit
  readonly #lines = new Map<number, Line>()
  #timer: NodeJS.Timeout | undefined
  /** Until the next turn; longer each time that the broker is away. */
  #wait = EVERY_MS

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** One a partition is on its way at a time; of those asked for meanwhile the newest is the next. Throws what an earlier one has come to and no later one can mend. */
  want(partition: number, next: number): void {
    const line = this.#lines.get(partition) ?? { wanted: undefined, running: undefined, failure: undefined, ending: false }
    this.#lines.set(partition, line)
    if (line.failure !== undefined) throw line.failure
    line.wanted = next
    this.#soon()
  }

  /** The partition is let go of: resolves when all that was asked for of it is answered, and then nothing of it is asked for any more. Never throws. */
  async end(partition: number): Promise<void> {
    const line = this.#lines.get(partition)
    if (line === undefined) return
    line.ending = true
    while (line.running !== undefined || line.wanted !== undefined) await (line.running ??= this.#send(partition, line))
    this.#lines.delete(partition)
    if (![...this.#lines.values()].some(({ wanted }) => wanted !== undefined)) this.#rest()
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const [partition, line] of this.#lines) if (line.wanted !== undefined) line.running ??= this.#send(partition, line)
    }, this.#wait).unref()
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #send(partition: number, line: Line): Promise<void> {
    const next = line.wanted as number
    const waited = this.#wait
    line.wanted = undefined
    try {
      await this.#commit(partition, next)
      this.#wait = EVERY_MS
    } catch (error) {
      if (kindOf(error) !== 'unavailable') line.failure = error
      else if (!line.ending) {
        line.wanted ??= next
        // All that failed in one turn have waited alike, and wait once longer.
        this.#wait = pauseMs(error, Math.min(waited * 2, LONGEST_WAIT_MS), LONGEST_WAIT_MS)
      }
    }
    line.running = undefined
    if (line.wanted !== undefined) this.#soon()
  }
}
