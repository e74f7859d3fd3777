/**
 * Short texts that come again and again (attribute keys, tool names, trace ids), found by their bytes so that no new string is made. A
 * direct-mapped table: a miss overwrites its slot, so memory is bounded whatever is sent. Bytes are taken four at a time, as this runs for
 * each key, value and id of each span.
 */

/** How bytes become a text; the same bytes always the same. */
export type Reading = (bytes: Buffer, start: number, end: number) => string

/** UTF-8, with U+FFFD for what is none. */
const utf8: Reading = (bytes, start, end) => bytes.toString('utf8', start, end)

/** Where bytes are, so that they can be read four at a time. */
export interface Place {
  readonly view: DataView
  readonly offset: number
}

const SLOT_BITS = 11
const SLOTS = 1 << SLOT_BITS
const WORD = 4
const MAX_LENGTH = 48
const MAX_WORDS = MAX_LENGTH / WORD
/** From here on the bytes at the quarters count for the slot, too. */
const QUARTERED = 16

const mixed = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}

/** The bytes of a text of less than four. */
function shortWord(view: DataView, start: number, length: number): number {
  let word = 0
  for (let at = 0; at < length; at++) word = (word << 8) | view.getUint8(start + at)
  return word
}

/** Chosen by bytes from all over the text; all of them would cost as much as comparing it. */
function slotOf(view: DataView, start: number, length: number): number {
  if (length < WORD) return mixed(length, shortWord(view, start, length)) >>> (32 - SLOT_BITS)
  const last = start + length - WORD
  let hash = mixed(mixed(length, view.getInt32(start, true)), view.getInt32(last, true))
  if (length > 2 * WORD) hash = mixed(hash, view.getInt32(start + (length >> 1) - 2, true))
  if (length >= QUARTERED) hash = mixed(mixed(hash, view.getInt32(start + (length >> 2), true)), view.getInt32(last - (length >> 2), true))
  return hash >>> (32 - SLOT_BITS)
}

export class Interned {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')
  /** The texts as bytes, each at its slot's place; the last word of each overlaps the one before where the length asks for it. */
  readonly #words = new Int32Array(SLOTS * MAX_WORDS)
  readonly #lengths = new Uint8Array(SLOTS)
  readonly #read: Reading

  constructor(read: Reading = utf8) {
    this.#read = read
  }

  /** The text of `bytes[start, end)`. `view`: of memory in which the bytes begin at `offset`. */
  text(bytes: Buffer, start: number, end: number, { view, offset }: Place): string {
    const length = end - start
    if (length > MAX_LENGTH || length === 0) return this.#read(bytes, start, end)
    const from = offset + start
    const slot = slotOf(view, from, length)
    if (this.#lengths[slot] === length && this.#holds(slot, view, from)) return this.#texts[slot]!
    const text = this.#read(bytes, start, end)
    this.#keep({ slot, text, length }, view, from)
    return text
  }

  #holds(slot: number, view: DataView, start: number): boolean {
    const length = this.#lengths[slot]!
    const words = this.#words
    let at = slot * MAX_WORDS
    if (length < WORD) return words[at] === shortWord(view, start, length)
    const last = start + length - WORD
    for (let from = start; from < last; from += WORD) if (words[at++] !== view.getInt32(from, true)) return false
    return words[at] === view.getInt32(last, true)
  }

  #keep({ slot, text, length }: { readonly slot: number; readonly text: string; readonly length: number }, view: DataView, start: number): void {
    this.#texts[slot] = text
    this.#lengths[slot] = length
    let at = slot * MAX_WORDS
    if (length < WORD) {
      this.#words[at] = shortWord(view, start, length)
      return
    }
    const last = start + length - WORD
    for (let from = start; from < last; from += WORD) this.#words[at++] = view.getInt32(from, true)
    this.#words[at] = view.getInt32(last, true)
  }
}
