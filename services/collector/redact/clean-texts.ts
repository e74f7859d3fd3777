/**
 * Texts that were scanned and held nothing. The same names come with every event, one call's arguments with each of its observers, and
 * columns are copies of attributes; knowing a text again costs a fraction of reading it. Bounded; the oldest half goes first.
 */

const LIMIT = 4_096
/** Short texts with few digits are names; texts of this size are contents, which several observers send. What is between are ids. */
const LONGEST_NAME = 48
export const SHORTEST_CONTENT = 100
const LONGEST_CONTENT = 1_024
const NO_NAME = /(?:[0-9][^0-9]*){4}/
/** Ids are known again only within their own event. */
const RECENT = 8

export class CleanTexts {
  #young = new Set<string>()
  #old = new Set<string>()
  readonly #recent: string[] = new Array<string>(RECENT).fill('')
  #next = 0

  has(text: string): boolean {
    const { length } = text
    if (length <= LONGEST_NAME || (length >= SHORTEST_CONTENT && length <= LONGEST_CONTENT)) {
      if (this.#young.has(text)) return true
      if (this.#old.has(text)) {
        this.#keep(text)
        return true
      }
    }
    return this.#recent.includes(text)
  }

  add(text: string): void {
    const { length } = text
    const isContent = length >= SHORTEST_CONTENT && length <= LONGEST_CONTENT
    if (isContent || (length <= LONGEST_NAME && !NO_NAME.test(text))) this.#keep(text)
    else if (length <= LONGEST_CONTENT) this.#recent[this.#next++ % RECENT] = text
  }

  #keep(text: string): void {
    if (this.#young.size >= LIMIT) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(text)
  }
}
