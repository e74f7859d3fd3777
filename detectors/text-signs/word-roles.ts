/** Which roles a word has, and which words cannot have any. */
import { CAPITAL, DIGIT, hashOn, LETTER, WORD } from './characters.ts'
import { ROLE, ROLES, UNSPACED } from './lexicon.ts'

/** `the`, `and`, `you`, `with` and others, moved by 13 letters or written backwards. */
const TURNED: ReadonlySet<string> = new Set('gur naq sbe lbh jvgu guvf gung eht dna rof uoy htiw siht taht'.split(' '))
export const isTurned = (word: string): boolean => (word.length === 3 || word.length === 4) && TURNED.has(word)

/** One bit for each value of the upper half of a hash, set where a word has a role or is turned: most words of a text need not even be taken out of it. */
const SLOTS = 65_536
const KNOWN = new Int32Array(SLOTS / 32)
const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> 16
for (const word of [...ROLES.keys(), ...TURNED]) {
  let hash = 0
  for (let at = 0; at < word.length; at++) hash = hashOn(hash, word.charCodeAt(at))
  const slot = slotOf(hash)
  KNOWN[slot >> 5] = (KNOWN[slot >> 5] as number) | (1 << (slot & 31))
}

/** False: a word of these characters has no role and is none that was turned around. `marks`: of its characters; `hash`: of all of them. */
export function mayHaveRole(marks: number, hash: number, first: number): boolean {
  if ((marks & ~(WORD | CAPITAL | LETTER)) === 0) {
    const slot = slotOf(hash)
    return ((KNOWN[slot >> 5] as number) & (1 << (slot & 31))) !== 0
  }
  // Numbers and dates are nothing; other scripts may be.
  return (marks & LETTER) !== 0 || (marks & DIGIT) === 0 || first > 127
}

/** Roles of a compound (`brute-force`, `data_exfiltration`) are those of the whole, else of its parts. */
export function rolesOf(word: string): number {
  const whole = ROLES.get(word)
  if (whole !== undefined || !(word.includes('-') || word.includes('_'))) return whole ?? 0
  return word.split(/[-_]/).reduce((roles, part) => roles | (ROLES.get(part) ?? 0), 0)
}

export function unspacedRoles(word: string): number {
  let roles = 0
  for (const [phrase, names] of UNSPACED) if (word.includes(phrase)) for (const name of names) roles |= ROLE[name]
  return roles
}

const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' }
const LEET_WORD = /^(?=.{0,19}[a-z])[a-z013457]{4,20}$/
const DIGITS = /[013457]/g

/** Roles of `1gn0r3` as the word that it is read as. */
export const maskedRoles = (word: string): number => (LEET_WORD.test(word) ? ROLES.get(word.replaceAll(DIGITS, (digit) => LEET[digit] ?? digit)) ?? 0 : 0)
