/**
 * Names as numbers: what states tell each other are numbers, so a name is told in up to eight of them, seven characters each, and put together again where it is
 * heard. A number is tag (10 bits, which name) · place (3 bits, which part) · seven digits of base 46; together below 2^53. Only plain names can be told.
 */
import { hash32 } from '../stats/distinct.ts'

/** Digit 0 ends the name. */
const ALPHABET = '\0abcdefghijklmnopqrstuvwxyz0123456789-_./:@ +~'
const BASE = ALPHABET.length
const LENGTH = 7
const PARTS = 8
const TAGS = 1024
const VALUES = BASE ** LENGTH

/** In the order in which they are to be told; empty where the name cannot be. */
export function spell(name: string): number[] {
  const text = `${name.toLowerCase()}\0`
  if (text.length > LENGTH * PARTS || text.length === 1) return []
  const tag = hash32(text) % TAGS
  const numbers: number[] = []
  for (let from = 0; from < text.length; from += LENGTH) {
    let value = 0
    for (let at = LENGTH - 1; at >= 0; at--) {
      const digit = ALPHABET.indexOf(text[from + at] ?? '\0')
      if (digit < 0) return []
      value = value * BASE + digit
    }
    numbers.push((tag * PARTS + from / LENGTH) * VALUES + value)
  }
  return numbers
}

/** A name of which not all parts were heard yet. */
export type Unfinished = [tag: number, text: string]

/** Most names that are heard at once: they come in order, part by part. */
const MOST_UNFINISHED = 16

/** The name that this part ends, '' where it ends none. */
export function hear(unfinished: Unfinished[], number: number): string {
  const head = Math.floor(number / VALUES)
  const tag = Math.floor(head / PARTS)
  const part = partIn(number % VALUES)
  const at = unfinished.findIndex(([one]) => one === tag)
  const begun = at < 0 ? '' : (unfinished.splice(at, 1)[0] as Unfinished)[1]
  if (begun.length !== (head % PARTS) * LENGTH) return ''
  const text = begun + part
  if (part.length < LENGTH) return text
  unfinished.push([tag, text])
  if (unfinished.length > MOST_UNFINISHED) unfinished.shift()
  return ''
}

function partIn(value: number): string {
  let text = ''
  for (let left = value; left > 0; left = Math.floor(left / BASE)) {
    const digit = left % BASE
    if (digit === 0) break
    text += ALPHABET[digit]
  }
  return text
}
