/**
 * Finds words of the lexicon in names and paths. Every call pays for this, so it walks the text once, makes no text of it, and looks words up by hash in a
 * small table; only what may be one of them is cut out and looked up for certain.
 */
import { WORDS } from './lexicon.ts'

const SIZE = 1 << 16
const MASK = SIZE - 1
const START = 0x811c9dc5
const DOT = hashOf('dot')
const joined = (first: number, second: number): number => Math.imul(first, 31) + second

function hashOf(word: string): number {
  let hash = START
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193)
  return hash
}

const place = (hash: number): number => (hash ^ (hash >>> 15)) & MASK

/** 1: a word, or the two last words, may be one of the lexicon. */
const TABLE = new Uint8Array(SIZE)
for (const words of WORDS.keys()) {
  const parts = words.split('+').map(hashOf)
  TABLE[place(parts.length === 1 ? parts[0] as number : joined(parts.at(-2) as number, parts.at(-1) as number))] = 1
}

/** Of each ASCII character, its small letter or digit, or 0; and with `CAPITAL` added where it is a capital. */
const CAPITAL = 128
const LETTER = new Uint8Array(128)
for (const char of 'abcdefghijklmnopqrstuvwxyz0123456789') {
  LETTER[char.charCodeAt(0)] = char.charCodeAt(0)
  if (char >= 'a') LETTER[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0) + CAPITAL
}

/** Index of the class of the first word found within `limit` characters, -1 where there is none. Words are cut at anything but letters and digits, and where small letters become capitals. */
export function classIn(text: string, limit: number): number {
  const end = Math.min(text.length, limit)
  let hash = START
  let from = 0
  let before = 0
  let beforeFrom = 0
  let wasSmall = false
  for (let at = 0; at <= end; at++) {
    const code = at < end ? text.charCodeAt(at) : 0
    const letter = code < 128 ? LETTER[code] as number : 0
    const isCapital = letter > CAPITAL
    if (letter !== 0 && !(isCapital && wasSmall)) {
      hash = Math.imul(hash ^ (letter & 127), 0x01000193)
      wasSmall = !isCapital
      continue
    }
    if (at > from) {
      const found = TABLE[place(hash)] === 1 || TABLE[place(joined(before, hash))] === 1 ? lookUp(text, { from, at, beforeFrom, dotted: before === DOT }) : -1
      if (found >= 0) return found
      before = hash
      beforeFrom = from
    }
    // A name that begins with a dot, or an ending: `.env`, `server.pem`.
    if (code === 46) before = DOT
    hash = isCapital ? Math.imul(START ^ (letter & 127), 0x01000193) : START
    from = isCapital ? at : at + 1
    wasSmall = false
  }
  return -1
}

const lettersOf = (text: string): string => text.toLowerCase()

function lookUp(text: string, { from, at, beforeFrom, dotted }: { readonly from: number; readonly at: number; readonly beforeFrom: number; readonly dotted: boolean }): number {
  const word = lettersOf(text.slice(from, at))
  const single = WORDS.get(word)
  if (single !== undefined) return single
  const first = dotted ? 'dot' : lettersOf(text.slice(beforeFrom, from)).replaceAll(/[^a-z0-9]+/g, '')
  return WORDS.get(`${first}+${word}`) ?? -1
}
