/**
 * Commits of readers without state, behind their work: the next envelopes are judged while the broker writes down that the last ones were. Who takes over before it
 * has done so judges these again, says the same under the same ids, and that is known.
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

export class CommitsBehind {
  readonly #commit: Commit
  readonly #lines = new Map<number, Line>()

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** One a partition is on its way at a time; of those asked for meanwhile the newest follows. Throws what an earlier one has come to and no later one can mend. */
  want(partition: number, next: number): void {
    const line = this.#lines.get(partition) ?? { wanted: undefined, running: undefined, failure: undefined }
    this.#lines.set(partition, line)
    if (line.failure !== undefined) throw line.failure
    line.wanted = next
    line.running ??= this.#run(partition, line)
  }

  /** The partition is let go of: resolves when nothing of it is on its way. Never throws. */
  async end(partition: number): Promise<void> {
    await this.#lines.get(partition)?.running
    this.#lines.delete(partition)
  }

  async #run(partition: number, line: Line): Promise<void> {
    while (line.wanted !== undefined) {
      const next = line.wanted
      line.wanted = undefined
      await this.#commit(partition, next).catch((error: unknown) => {
        // Of what may pass the next commit says more; a tick a second brings one.
        if (kindOf(error) !== 'unavailable') line.failure = error
      })
    }
    line.running = undefined
  }
}
