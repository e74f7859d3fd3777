/**
 * The gate: one pass over a text that says which detectors can possibly find something. Most texts open nothing and cost a few
 * nanoseconds a character. It may open for nothing; it must never stay shut where a detector would find a secret.
 */
import { gradeOf, nameBefore } from './names.ts'

/**
 * A run of 16 token characters with a capital, or a digit beside more than hex digits (in a URL any digit): vendor tokens, keys; 60 of hex
 * alone, which are more than an identifier; or the mark of a password's hash.
 */
export const LONG_RUN = 1
/** Nine or more digits with at most one blank, dash or point between two of them. */
export const DIGITS = 2
/** A name of a secret before `:` or `=`, or an option that may carry one. */
export const NAMED = 4
/** `Bearer` or `Basic` before a blank. */
export const SCHEME = 8
/** `://` and later `@`. */
export const USERINFO = 16
/** An escape that can hide any character of a JSON text, or the zeros of UTF-16 that was read as bytes. */
export const ESCAPE = 32
/** A run of 16 characters of base64 with both cases: encoded text, JWTs. */
export const ENCODED = 64

/** Seven or more such digits. */
export const FEW_DIGITS = 128
/** An `@`. */
export const MAIL = 256
/** `%` and two hex digits. */
export const PERCENT_CODED = 512

const RUN_LENGTH = 16
const LONG_HEX = 60
const SHORTEST = 6

/** Classes from `END` on are looked at one by one. Those before it make up runs. */
const HEX_LETTER = 0, LOWER = 1, UPPER = 2, JOINER = 3, DIGIT = 4, DASH = 5, SLASH = 6
const END = 7, COLON = 8, EQUALS = 9, BLANK = 10, AT = 11, BACKSLASH = 12, DOLLAR = 13, CLOSER = 14, PERCENT = 15, OPENER = 16, BETWEEN = 17, ZERO = 18
/** By UTF-16 unit: the whole range, so that no unit needs a test of its own. */
const CLASSES = new Uint8Array(65_536).fill(END)
const assign = (characters: string, kind: number): void => {
  for (const character of characters) CLASSES[character.charCodeAt(0)] = kind
}
assign('abcdef', HEX_LETTER)
assign('ghijklmnopqrstuvwxyz', LOWER)
assign('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER)
assign('0123456789', DIGIT)
assign('+_~', JOINER)
assign('-', DASH)
assign('/', SLASH)
assign(':', COLON)
assign('=', EQUALS)
assign(' \t', BLANK)
assign('@', AT)
assign('\\', BACKSLASH)
assign('$', DOLLAR)
assign('>', CLOSER)
assign('%', PERCENT)
assign('(', OPENER)
assign('.)', BETWEEN)
assign('\0', ZERO)

/** Whether `word` stands before `end`, in any case; its last letter is known to. */
const endsWith = (text: string, end: number, word: string): boolean => text.slice(end - word.length, end).toLowerCase() === word

/** What the word before a blank announces: a scheme, or a secret without a separator. Its last two letters tell nearly all words apart. */
function announced(text: string, end: number): number {
  switch (text.charCodeAt(end - 1) | 32) {
    case 114: return (text.charCodeAt(end - 2) | 32) === 101 && end >= 6 && endsWith(text, end, 'bearer') ? SCHEME : 0
    case 99: return (text.charCodeAt(end - 2) | 32) === 105 && end >= 5 && endsWith(text, end, 'basic') ? SCHEME : 0
    case 100: return (text.charCodeAt(end - 2) | 32) === 114 && end >= 8 && endsWith(text, end, 'password') ? NAMED : 0
    case 121: return (text.charCodeAt(end - 2) | 32) === 98 && end >= 13 && endsWith(text, end, 'identified by') ? NAMED : 0
    case 101: return (text.charCodeAt(end - 2) | 32) === 115 && end >= 7 && endsWith(text, end, 'net use') ? NAMED : 0
    case 103: return (text.charCodeAt(end - 2) | 32) === 110 && end >= 12 && endsWith(text, end, 'securestring') ? NAMED : 0
    default: return 0
  }
}

const OPTION_NAME = /[A-Za-z][A-Za-z0-9_-]{0,40}/y

/** Short options that can carry a secret in a command that we know. */
const CARRIERS = 'upaw'

/** NAMED when the option whose name starts at `start` is named like a secret, or can carry one in a known command. */
function optionAt(text: string, start: number): number {
  const code = text.charCodeAt(start)
  if (!(code >= 65)) return 0
  OPTION_NAME.lastIndex = start
  const name = OPTION_NAME.exec(text)?.[0]
  if (name === undefined) return 0
  const carries = CARRIERS.includes(name[0] ?? '') && (name.length === 1 || text.charCodeAt(start - 2) !== 45)
  return carries || name === 'user' || name === 'proxy-user' || gradeOf(name) !== 'none' ? NAMED : 0
}

/** A key `value`: the name that tells may be a value itself. Only within the gate. */
const VALUE_KEY = 1024
/** In `{"name": "DB_PASSWORD", "value": "…"}` the name that tells is a value itself. */
const NAMES_SECRET = /pass|pwd|secret|token|credential|auth|cookie|key|bearer|jwt/i

const isHexDigit = (code: number): boolean => (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102)

/** Whether `value` stands before `end`, in quotes, with backslashes before them, or in none. */
function isValueKey(text: string, end: number): boolean {
  let last = text.charCodeAt(end - 1) === 34 ? end - 2 : end - 1
  while (last > 0 && text.charCodeAt(last) === 92) last--
  return text.charCodeAt(last) === 101 && text.startsWith('alu', last - 3)
}

const CALL = /\([ \t]{0,4}\\{0,8}["']([\w.-]{3,64})\\{0,8}["'][ \t]{0,4},/y

/** Whether a call that starts at `at` has the name of a secret for its first argument. */
function callAt(text: string, at: number): boolean {
  CALL.lastIndex = at
  const name = CALL.exec(text)?.[1]
  return name !== undefined && gradeOf(name) !== 'none'
}

/** What one of the characters that end a run opens, at `at`. */
function mark(text: string, at: number, kind: number): number {
  if (kind === BLANK) return announced(text, at)
  if (kind === BACKSLASH) return text.charCodeAt(at + 1) === 117 || text.charCodeAt(at + 1) === 47 ? ESCAPE : 0
  // `$1$`, `$2b$`: a hash of crypt(5), whose dots cut the runs.
  if (kind === DOLLAR) return text.charCodeAt(at + 2) === 36 || text.charCodeAt(at + 3) === 36 || text.startsWith('krb5', at + 1) ? LONG_RUN : 0
  if (kind === OPENER) return callAt(text, at) ? NAMED : 0
  // The end of a line of a dump of Windows' hashes.
  if (kind === COLON && text.charCodeAt(at + 1) === 58 && text.charCodeAt(at + 2) === 58) return LONG_RUN
  if (kind === COLON && isValueKey(text, at)) return VALUE_KEY
  if (kind === ZERO) return text.charCodeAt(at + 2) === 0 && text.charCodeAt(at + 4) === 0 ? ESCAPE : 0
  if (kind === PERCENT) return isHexDigit(text.charCodeAt(at + 1)) && isHexDigit(text.charCodeAt(at + 2)) ? PERCENT_CODED : 0
  const name = nameBefore(text, at)
  return name === '' || gradeOf(name) === 'none' ? 0 : NAMED
}

/** Two others at most stand between two digits of one number, as in `(0)71` and `1) 23`. */
const BETWEEN_DIGITS = (1 << DIGIT) | (1 << BLANK) | (1 << DASH) | (1 << OPENER) | (1 << BETWEEN)
const CAPITAL = 1 << UPPER
const SMALL = (1 << LOWER) | (1 << HEX_LETTER)

/** Whether a run of so many token characters of these classes can make a token. In a URL the run is a part of more, so any digit will do. */
const canBeToken = (classes: number, inUrl: boolean, length: number): boolean =>
  (classes & CAPITAL) !== 0 || ((classes & (1 << DIGIT)) !== 0 && (inUrl || (classes & (1 << LOWER)) !== 0 || length >= LONG_HEX))

const canBeEncoded = (classes: number): boolean => (classes & CAPITAL) !== 0 && (classes & (SMALL | (1 << DIGIT))) !== 0

/** The union of the flags above for `text`; 0 = nothing in it can be a secret. Linear in its length. */
export function gate(text: string): number {
  const length = text.length
  if (length < SHORTEST) return 0
  let flags = 0
  // Where the current run began, without and with slashes, and the classes in it.
  let run = 0
  let path = 0
  let runClasses = 0
  let pathClasses = 0
  // Digits of one number, where the last of them stands, and the classes since.
  let digits = 0
  let digit = -4
  let since = 0
  let inUrl = false
  for (let i = 0; i <= length; i++) {
    const kind = i < length ? CLASSES[text.charCodeAt(i)]! : END
    const bit = 1 << kind
    runClasses |= bit
    since |= bit
    if (kind < DIGIT) continue
    if (kind === DIGIT) {
      digits = (since & ~BETWEEN_DIGITS) === 0 && i - digit <= 3 ? digits + 1 : 1
      digit = i
      since = 0
      if (digits >= 7) flags |= digits >= 9 ? DIGITS | FEW_DIGITS : FEW_DIGITS
      continue
    }
    if (kind === DASH) {
      if (i - run <= 1) flags |= optionAt(text, i + 1)
      continue
    }
    if (i - run >= RUN_LENGTH && canBeToken(runClasses, inUrl, i - run)) flags |= LONG_RUN
    pathClasses |= runClasses
    run = i + 1
    runClasses = 0
    if (kind === SLASH) continue
    if (i - path >= RUN_LENGTH && canBeEncoded(pathClasses)) flags |= ENCODED
    path = i + 1
    pathClasses = 0
    if (kind === END || kind === BETWEEN) continue
    if (kind === AT) flags |= inUrl ? MAIL | USERINFO : MAIL
    else if (kind === COLON && text.charCodeAt(i + 1) === 47 && text.charCodeAt(i + 2) === 47) inUrl = true
    else flags |= mark(text, i, kind)
  }
  if ((flags & VALUE_KEY) === 0) return flags
  return NAMES_SECRET.test(text) ? (flags & ~VALUE_KEY) | NAMED : flags & ~VALUE_KEY
}
