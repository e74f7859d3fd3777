/** Whether the name of a server is to be taken for that of another. Names are short: quadratic in the length of a word of them, at most 64. */
import { isDisguised, lookOf } from '../shadowed-tool/look.ts'
import { lookLatin, unhide } from '../text-signs/hidden.ts'

/** `disguised`: looks the same in other characters. `near`: a slip of the finger away. `respelled`: other separators, or an s behind a short word. */
export type Likeness = 'disguised' | 'near' | 'respelled'

const LONGEST = 64
const BETWEEN = /[^\p{L}\p{N}]+/u
/** Letters that a word needs so that one slip, or two, are no other word. */
const ONE_SLIP = 5
const TWO_SLIPS = 9
/** The same so that one more s is no other word. */
const PLURAL = 4

const wordsOf = (name: string): readonly string[] => name.slice(0, LONGEST).toLowerCase().split(BETWEEN).filter((word) => word !== '')
/** `rn` reads as m and `vv` as w in most fonts. */
const blurred = (name: string): string => lookOf(name).replaceAll('rn', 'm').replaceAll('vv', 'w')
const withoutDigits = (word: string): string => word.replaceAll(/\d/g, '')

/**
 * Undefined where the names have nothing to do with each other, or are numbers of one series (`files-1`, `files-2`). `oneSlip`: letters that a word needs so that
 * one slip is no other word.
 */
export function likenessOf(name: string, other: string, oneSlip = ONE_SLIP): Likeness | undefined {
  if (name.toLowerCase() === other.toLowerCase() || Math.abs(name.length - other.length) > 8) return undefined
  const [words, others] = [wordsOf(name), wordsOf(other)]
  if (words.join('-') !== others.join('-') && words.map(withoutDigits).join('-') === others.map(withoutDigits).join('-')) return undefined
  if (blurred(name) === blurred(other)) return words.join('') === others.join('') && !isDisguised(name, other) ? 'respelled' : 'disguised'
  if (words.length !== others.length) return undefined
  const differing = words.flatMap((word, at) => (word === others[at] ? [] : [[word, others[at] as string] as const]))
  const [pair] = differing
  return pair === undefined || differing.length > 1 ? undefined : likenessOfWords(pair, oneSlip)
}

function likenessOfWords([word, other]: readonly [string, string], oneSlip: number): Likeness | undefined {
  const shorter = Math.min(word.length, other.length)
  if (`${word}s` === other || `${other}s` === word) return shorter >= PLURAL ? 'near' : 'respelled'
  if (shorter < oneSlip || withoutDigits(word) === withoutDigits(other)) return undefined
  return slips(word, other) <= (shorter >= TWO_SLIPS ? 2 : 1) ? 'near' : undefined
}

/** Whether the name mixes scripts within a word, or has characters that nobody sees: rarely by accident. */
export const isMasked = (name: string): boolean => /[a-z]/i.test(name) && (unhide(name).text !== name || lookLatin(name) !== name.normalize('NFC'))

/** Letters put in, left out, changed, or swapped with the next: optimal string alignment distance (Damerau 1964), three rows. */
export function slips(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) next.push(cheapest({ one, other, i, j }, { before, row, next }))
    before = row
    row = next
  }
  return row[other.length] as number
}

interface Cell {
  readonly one: string
  readonly other: string
  readonly i: number
  readonly j: number
}

function cheapest({ one, other, i, j }: Cell, { before, row, next }: Readonly<Record<'before' | 'row' | 'next', readonly number[]>>): number {
  const same = one[i - 1] === other[j - 1]
  const least = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (same ? 0 : 1))
  const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
  return swapped ? Math.min(least, (before[j - 2] as number) + 1) : least
}
