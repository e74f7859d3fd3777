/**
 * When batches of several partitions are old enough to be written: all together. Each insert costs the store a dozen milliseconds whatever is in it, and
 * what comes at the same time can go in one insert (`convoy.ts`).
 */

export interface Beat {
  readonly milliseconds: number
  /** However long a batch takes to write; without it three times as long. */
  readonly longest?: number
  /** A batch waits at least so many times as long as batches before it took to write, as a rule; without it four times as long. */
  readonly rest?: number
}

/** An insert into eighty columns costs the store about 12 ms of CPU whatever is in it: on busy cores fewer and larger ones are cheaper. */
const REST = 4
const LONGEST = 3
/** So much of what is the rule is the last beat's: one that was slow by itself makes no row late that comes after it. */
const NEWS = 1 / 4

export class Rhythm {
  readonly #shortest: number
  readonly #longest: number
  readonly #rest: number
  readonly #ripening = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  /** Of batches since the last beat, milliseconds: partitions without events are done at once, and say nothing of the others. */
  #slowest = 0
  /** How long the slowest batch of a beat takes to write, as a rule. */
  #usual = 0

  constructor({ milliseconds, longest = LONGEST * milliseconds, rest = REST }: Beat) {
    this.#shortest = milliseconds
    this.#longest = longest
    this.#rest = rest
  }

  /** Calls `ripen` at the next beat, which the first batch begins: none waits longer than a beat. */
  join(ripen: () => void): void {
    this.#ripening.add(ripen)
    this.#timer ??= setTimeout(() => this.#beat(), Math.min(Math.max(this.#rest * this.#usual, this.#shortest), this.#longest))
  }

  /** Its batch is closed. */
  leave(ripen: () => void): void {
    if (!this.#ripening.delete(ripen) || this.#ripening.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** How long a batch took to write. */
  wrote(milliseconds: number): void {
    this.#slowest = Math.max(this.#slowest, milliseconds)
  }

  #beat(): void {
    const due = [...this.#ripening]
    this.#ripening.clear()
    this.#timer = undefined
    this.#usual += NEWS * (this.#slowest - this.#usual)
    this.#slowest = 0
    for (const ripen of due) ripen()
  }
}
