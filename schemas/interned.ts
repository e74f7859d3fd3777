/**
 * Short texts that come again and again (attribute keys, tool names, trace ids), found by their bytes so that no new string is made. A
 * direct-mapped table: a miss overwrites its slot, so memory is bounded whatever is sent.
 */

/** How bytes become a text; the same bytes always the same. */
export type Reading = (bytes: Buffer, start: number, end: number) => string

/** UTF-8, with U+FFFD for what is none. */
const utf8: Reading = (bytes, start, end) => bytes.toString('utf8', start, end)

const SLOTS = 2048
const MAX_LENGTH = 48
/** Bytes that choose the slot, evenly over the text. More would cost as much as comparing it. */
const SAMPLES = 8

function slotOf(bytes: Buffer, start: number, length: number): number {
  const step = length > SAMPLES ? length / SAMPLES : 1
  let hash = Math.imul(length, 31) + bytes[start + length - 1]!
  for (let at = 0; at < length; at += step) hash = (Math.imul(hash, 31) + bytes[start + (at | 0)]!) | 0
  return (hash ^ (hash >>> 15)) & (SLOTS - 1)
}

export class Interned {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')
  /** The texts as bytes, each at its slot's place: compared sooner than characters. */
  readonly #bytes = new Uint8Array(SLOTS * MAX_LENGTH)
  readonly #lengths = new Uint8Array(SLOTS)

  readonly #read: Reading

  constructor(read: Reading = utf8) {
    this.#read = read
  }

  /** The text of `bytes[start, end)`. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > MAX_LENGTH || length === 0) return this.#read(bytes, start, end)
    const slot = slotOf(bytes, start, length)
    if (this.#lengths[slot] === length && this.#holds(slot, bytes, start)) return this.#texts[slot]!
    const text = this.#read(bytes, start, end)
    this.#texts[slot] = text
    this.#lengths[slot] = length
    for (let i = 0, at = slot * MAX_LENGTH; i < length; i++) this.#bytes[at + i] = bytes[start + i]!
    return text
  }

  #holds(slot: number, bytes: Buffer, start: number): boolean {
    const known = this.#bytes
    const at = slot * MAX_LENGTH
    const length = this.#lengths[slot]!
    for (let i = 0; i < length; i++) if (known[at + i] !== bytes[start + i]) return false
    return true
  }
}
