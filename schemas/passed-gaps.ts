/**
 * A gap has no record that a subscriber could commit behind. So its offsets count as committed when it was told of and everything before it is committed:
 * else a group whose partition ends in a gap would lag until another record comes. One partition of one member; both adapters of the bus use it.
 */
import type { Gap } from './ports.ts'

type Commit = (next: number) => Promise<void>

export class PassedGaps {
  readonly #behind = new Map<number, number>()
  #committed = -1

  /** Delivery begins at `position`: what is before it is done. */
  begin(position: number): void {
    this.#committed = position
  }

  /** The subscriber knows of the gap; `resume` is where it goes on. Throws what `commit` throws, and can be called again then. */
  async told({ first, next }: Pick<Gap, 'first' | 'next'>, resume: number, commit: Commit): Promise<void> {
    // A reader behind the end is sent back; offsets up to where it stood will be given again, to other records.
    const isSentBack = resume < next
    if (!isSentBack) this.#behind.set(first, next)
    if (this.#committed === (isSentBack ? next : first)) await this.commit(resume, commit)
  }

  /** Commits `next`, and the gaps that begin there. */
  async commit(next: number, commit: Commit): Promise<void> {
    let to = this.#over(next)
    do {
      await commit(to)
      this.#committed = to
      // One may have been told of meanwhile.
      to = this.#over(to)
    } while (to !== this.#committed)
    for (const first of this.#behind.keys()) if (first < to) this.#behind.delete(first)
  }

  #over(next: number): number {
    let to = next
    for (let behind = this.#behind.get(to); behind !== undefined; behind = this.#behind.get(to)) to = behind
    return to
  }
}
