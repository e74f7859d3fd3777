/** Names as people and models read them. */
import { lookLatin, unhide } from '../text-signs/hidden.ts'

const DIGITS: Readonly<Record<string, string>> = { 0: 'o', 1: 'l', 3: 'e', 5: 's', I: 'l' }
const LONGEST = 200

const letters = (name: string): string => name.slice(0, LONGEST).replaceAll(/[^\p{L}\p{N}]/gu, '')

/** The same for names that look the same: hidden characters gone, Cyrillic а as a, 1 and capital I as l; without case and separators. */
export const lookOf = (name: string): string =>
  letters(lookLatin(unhide(name.slice(0, LONGEST)).text)).replaceAll(/[0135I]/g, (char) => DIGITS[char] ?? char).toLowerCase()

/** Whether two names that look the same are other letters, and not only other case or separators. */
export const isDisguised = (one: string, other: string): boolean => {
  const plain = (name: string): string => letters(name.normalize('NFC')).toLowerCase()
  return lookOf(one) === lookOf(other) && (plain(one) !== plain(other) || unhide(one).text !== one || unhide(other).text !== other)
}
