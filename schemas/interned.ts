/**
 * Short ASCII texts that come again and again (attribute keys, tool names), found by their bytes so that no new string is made.
 * A direct-mapped table: a miss overwrites its slot, so memory is bounded whatever is sent.
 */

const SLOTS = 2048
const MAX_LENGTH = 48

export class Interned {
  readonly #slots: string[] = new Array<string>(SLOTS).fill('')

  /** The text of `bytes[start, end)`, decoded as UTF-8 with U+FFFD for what is none. */
  text(bytes: Buffer, start: number, end: number): string {
    if (end - start > MAX_LENGTH) return bytes.toString('utf8', start, end)
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#slots[slot]!
    if (known.length === end - start && sameBytes(known, bytes, start)) return known
    const text = bytes.toString('utf8', start, end)
    // Only ASCII is as long in characters as in bytes; anything else never matches and is not worth a slot.
    if (text.length === end - start) this.#slots[slot] = text
    return text
  }
}

function sameBytes(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false
  return true
}
