/**
 * Texts that were scanned and held nothing. The same names come with every event, one call's arguments with each of its observers, and
 * columns are copies of attributes; knowing a text again costs a fraction of reading it. Bounded whatever is sent.
 */

/** Shorter texts are names and ids. Each has one place, and the next one there takes it. */
const SHORTEST_CONTENT = 100
const PLACES = 1_024
/** Texts of this size are contents, which several observers send; the oldest half goes first. */
const LONGEST_CONTENT = 1_024
const CONTENTS = 4_096

/** A few characters tell names apart well enough, and cost less than a hash of all. */
function placeOf(text: string): number {
  const last = text.length - 1
  const mixed = text.charCodeAt(0) + 7 * text.charCodeAt(last >> 1) + 31 * text.charCodeAt(last) + 131 * last
  return mixed & (PLACES - 1)
}

export class CleanTexts {
  readonly #short: string[] = new Array<string>(PLACES).fill('')
  #young = new Set<string>()
  #old = new Set<string>()

  has(text: string): boolean {
    const { length } = text
    if (length < SHORTEST_CONTENT) return this.#short[placeOf(text)] === text
    if (length > LONGEST_CONTENT) return false
    if (this.#young.has(text)) return true
    if (!this.#old.has(text)) return false
    this.#keep(text)
    return true
  }

  add(text: string): void {
    const { length } = text
    if (length < SHORTEST_CONTENT) this.#short[placeOf(text)] = text
    else if (length <= LONGEST_CONTENT) this.#keep(text)
  }

  #keep(text: string): void {
    if (this.#young.size >= CONTENTS) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(text)
  }
}
