/**
 * Names in a text (paths, ids, addresses, words) as 32-bit hashes: what a call is about, told without parsing it, so that the same object is met
 * again in the arguments of another tool or in a command. Case does not count, keys of JSON objects and options are left out.
 */

export interface Names {
  /** With a digit, a separator or eight letters: hardly there by chance. In order of appearance, distinct. */
  readonly specific: readonly number[]
  /** All other words of three letters and more. */
  readonly plain: readonly number[]
}

/** How much of a text is read, and how many names of each kind are kept. */
const LOOKED_AT = 1024
const MOST = 12
const SHORTEST = 3
const LONGEST = 256
const LONG_WORD = 8

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58
const DASH = 45
const FULL_STOP = 46
const LETTER_H = 104
/** Letters, digits and `_ - . / : @ ~ %`; everything outside ASCII. */
const isNamePart = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 45 && code <= 58) || (code >= 64 && code <= 90) || code === 95 || code === 126
  || code === 37 || code > 127
const isSeparator = (code: number): boolean => (code >= 45 && code <= 58) || code === 64 || code === 95
/** Words that stand in every text. */
const COMMON = new Set(['true', 'false', 'null', 'none', 'http:', 'https:', 'and', 'the', 'for', 'from', 'with', 'main', 'master', 'default', 'all', 'where', 'table', 'delete', 'drop',
  'insert', 'select', 'update', 'into', 'values', 'set', 'sudo', 'force', 'git', 'push', 'curl', 'echo'])

interface Kept {
  readonly specific: number[]
  readonly plain: number[]
}

/** Names in at most the first 1,024 characters of each text, at most twelve of each kind. */
export function namesIn(...texts: readonly string[]): Names {
  const kept: Kept = { specific: [], plain: [] }
  for (const text of texts) readNames(text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text, kept)
  return kept
}

function readNames(text: string, kept: Kept): void {
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    // An escape is no part of a name: `\n` before a word would make it another.
    if (code === BACKSLASH) at += 2
    else if (!isNamePart(code)) at++
    else at = readName(text, at, kept)
  }
}

function readName(text: string, from: number, kept: Kept): number {
  let end = from + 1
  while (end < text.length && isNamePart(text.charCodeAt(end))) end++
  if (end - from < SHORTEST) return end
  const isKey = text.charCodeAt(end) === QUOTE && text.charCodeAt(end + 1) === COLON
  if (!isKey && text.charCodeAt(from) !== DASH) keep(text, trimmed(text, from, end), kept)
  return end
}

interface Span {
  readonly from: number
  readonly to: number
}

/** Without `./`, a scheme, or the full stop of a sentence. */
function trimmed(text: string, start: number, end: number): Span {
  let from = start
  while (from < end && text.charCodeAt(from) === COLON) from++
  const first = text.charCodeAt(from)
  if (first === FULL_STOP || first === LETTER_H) from += text.startsWith('https://', from) ? 8 : text.startsWith('http://', from) ? 7 : text.startsWith('./', from) ? 2 : 0
  let to = end
  while (to > from && isSeparator(text.charCodeAt(to - 1)) && !isDigit(text.charCodeAt(to - 1))) to--
  return { from, to }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

function keep(text: string, { from, to }: Span, { specific, plain }: Kept): void {
  if (to - from < SHORTEST || to - from > LONGEST) return
  let hash = 0x811c9dc5
  let separated = false
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (isSeparator(code)) separated = true
    hash = Math.imul(hash ^ (code >= 65 && code <= 90 ? code + 32 : code), 0x01000193)
  }
  const list = separated || to - from >= LONG_WORD ? specific : plain
  if (list.length >= MOST || list.includes(hash >>> 0)) return
  if (list === plain && COMMON.has(text.slice(from, to).toLowerCase())) return
  list.push(hash >>> 0)
}
