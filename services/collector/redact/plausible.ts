/** Whether a value that stands where a secret would stand can be one: not a placeholder, a reference or a plain word. */
import { isToken } from './span.ts'

/** Shannon entropy of the characters, in bits per character (Shannon 1948). */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** How many different characters there are, counted no further than `enough`. */
export function hasDistinct(text: string, enough: number): boolean {
  const seen = new Set<number>()
  for (let i = 0; i < text.length; i++) {
    seen.add(text.charCodeAt(i))
    if (seen.size >= enough) return true
  }
  return false
}

/** Characters that follow each other upwards; nine of them are somebody's filler, and no machine draws them. */
const LONGEST_SEQUENCE = 9

/** Whether part of the text counts upwards: `123456789`, `ABCDEFGHI`, with a `0` behind the `9`. */
export function hasSequence(text: string): boolean {
  let length = 1
  for (let i = 1; i < text.length; i++) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1)
    length = step === 1 || (step === -9 && text.charCodeAt(i) === 48) ? length + 1 : 1
    if (length >= LONGEST_SEQUENCE) return true
  }
  return false
}

const LONG_VALUE = 256

/** Variables and templates: `$X`, `${X}`, `%X%`, `<x>`, `{{ x }}`, `%s`, `…`, `***`. */
const TEMPLATE = /^(?:\$[\w{(]|%[\w(]|<|\{|\[[A-Za-z_]|@\{|#\{|\.\.\.)|\$\{|\{\{|<[A-Za-z][^>]{0,60}>|\*{3}|…|\.{3}/
const FILLER_WORD = /example|placeholder|changeme|change[_-]me|replace|redacted|your[_-]|^my[_-]|not[_-]set|undefined|foobar|xxxxxx/i
/** Too short to mean anything inside a random text. */
const SHORT_FILLER_WORD = /dummy|sample|insert|your|todo|fixme|xxxx|lorem/i
const ONE_CASE = /^(?:[a-z]+|[A-Z][a-z]*|[A-Z]+)$/
/** What a person writes around a word like that has its digits at the end: `YourPassword123`. */
const DIGIT_INSIDE = /[A-Za-z][0-9]+[A-Za-z]/
const LITERAL = new RegExp(`^(?:${[
  'true|false|null|none|nil|undefined|string|str|int|bool|boolean|optional|required|any|void|object|self|this',
  'password|passwd|secret|token|key|test|default|empty|user|username|pass|admin',
].join('|')})$`, 'i')

/** Whether a short word says that the value is a filler. Machines draw such a word too, now and then: in any case, and among digits and both cases. */
function hasFillerWord(value: string): boolean {
  const word = SHORT_FILLER_WORD.exec(value)?.[0]
  if (word === undefined || !ONE_CASE.test(word) || looksRandom(value)) return false
  const rest = value.replace(word, ' ')
  return !(DIGIT_INSIDE.test(rest) && /[A-Z]/.test(rest) && /[a-z]/.test(rest))
}

/** Text that stands for a secret without being one. Such values are kept: they tell the auditor that nothing was there. */
export function isPlaceholder(value: string): boolean {
  if (value.length < 3 || isToken(value)) return true
  if (!hasDistinct(value, 3)) return true
  if (value.length > LONG_VALUE) return false
  return TEMPLATE.test(value) || (LITERAL.test(value) && value.length < 12) || FILLER_WORD.test(value) ||
    hasFillerWord(value)
}

const BLANK = /^(?:\$\{[\w.:-]*\}|\$\w+|%\w+%|\{\{[^{}]*\}\}|<[^<>]*>|[<[(]?redacted[>\])]?|null|none|nil|undefined|true|false)$/i

/** Whether the value of a field named like a secret is none: empty, masked, or nothing but a reference. Anything else is one. */
export const isBlank = (value: string): boolean => isToken(value) || !hasDistinct(value, 2) || (value.length < 128 && BLANK.test(value))

const WEAK = /^(?:password|passwd|secret|admin|root|test|default|pass|guest)[0-9!]{0,4}$/i

const CODE = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*(?:[([].*)?$/
const PATH = /^(?:[~.]{0,2}\/|[A-Za-z]:\\|https?:|file:)/

export interface Assigned {
  readonly value: string
  readonly quoted: boolean
  /** The name speaks of a password: people choose those, so a word will do. */
  readonly password: boolean
  /** `=` without blanks, as in a shell or a query string. */
  readonly tight: boolean
  /** The name says key or signature, which may also be no secret: then the value has to look like one itself. */
  readonly vague: boolean
}

const RANDOM = /^[A-Za-z0-9_+=~%-]{20,}$/
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Characters as a machine draws them: both letters and digits, and nearly all of them different. */
const looksRandom = (value: string): boolean =>
  RANDOM.test(value) && !UUID.test(value) && /[0-9]/.test(value) && /[A-Za-z]/.test(value) && entropy(value) >= 3.5

/** Whether the value is `user:password` in base64, as files of Docker and npm hold it under `auth`. */
const isCredentialPair = (value: string): boolean =>
  value.length >= 12 && /^[A-Za-z0-9+/]+={0,2}$/.test(value) && /^[!-9;-~]{1,64}:[ -~]{4,}$/.test(Buffer.from(value, 'base64').toString('latin1'))

/** Whether a value that only a vague name announces looks like a secret itself. */
export const isTelling = (value: string): boolean => looksRandom(value) || isCredentialPair(value)

/** Whether the value names a place. Base64 may begin with a slash too, but is more even than any path. */
const isPath = (value: string): boolean =>
  PATH.test(value) && !(value.length >= 32 && /^[A-Za-z0-9+/=]+$/.test(value) && entropy(value) >= 4.2 && /[0-9]/.test(value))

/** Whether a value assigned in plain text to a name of a secret is a secret. */
export function isSecretValue({ value, quoted, password, tight, vague }: Assigned): boolean {
  if (value.includes('[redacted:')) return false
  // Nothing that long is a reference or a word; and looking at it again for every name within it would not be linear.
  if (value.length > LONG_VALUE) return true
  if (vague) return isTelling(value) && !isPlaceholder(value)
  // Weak passwords are words: in a connection string, a shell or quotes they are meant.
  if (password && (tight || quoted) && WEAK.test(value)) return true
  if (isPlaceholder(value) || isPath(value)) return false
  const digit = /[0-9]/.test(value)
  if (!quoted && value.startsWith('--')) return false
  if (!quoted && CODE.test(value) && !digit && !(password && tight && value.length >= 6)) return false
  if (!quoted && /[(){}[\]]/.test(value) && /[(.]/.test(value)) return false
  if (password) return value.length >= 4 && !(/\s/.test(value) && !/[0-9]/.test(value))
  if (/\s/.test(value)) return false
  if (value.length < 10) return false
  const bits = entropy(value)
  // Long and without a word in it: an alphabet of few characters makes a key too.
  if (value.length >= 30 && bits >= 1.5 && hasDistinct(value, 4) && !/[A-Za-z]{4}/.test(value.replace(/(.)\1+/g, '$1'))) return true
  return digit ? bits >= 2.5 : bits >= 3.2 && value.length >= 16 && /[A-Z]/.test(value) && /[a-z]/.test(value)
}
