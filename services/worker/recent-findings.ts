/** Remembers which versions of findings were said, newest last, bounded: the oldest memory goes first. */
import type { Finding } from '../../schemas/finding.ts'

export class RecentFindings {
  readonly #limit: number
  readonly #said: Set<string>

  constructor(limit: number, said: readonly string[] = []) {
    this.#limit = limit
    this.#said = new Set(said.slice(-limit))
  }

  /** Whether this version is new; from now on it is not. */
  admit(finding: Finding): boolean {
    const key = `${finding.finding_id}.${finding.version}`
    if (this.#said.has(key)) return false
    this.#said.add(key)
    if (this.#said.size > this.#limit) this.#said.delete(this.#said.values().next().value ?? '')
    return true
  }

  /** Oldest first: what the constructor takes. */
  toJSON(): readonly string[] {
    return [...this.#said]
  }
}
