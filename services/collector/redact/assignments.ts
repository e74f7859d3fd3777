/** Secrets given by name in plain text: `name=value`, `"name": "value"`, `--name value`, `Authorization: scheme value`. */
import { matchAt, matchesIn } from './matching.ts'
import { gradeOf, nameBefore } from './names.ts'
import { isSecretValue } from './plausible.ts'
import { ASSIGNMENT } from './kinds.ts'
import { findNamedValues, PASSWORD_NAME } from './named-values.ts'
import type { Span } from './span.ts'

const OPTION = /(?<![\w-])--?([A-Za-z][A-Za-z0-9_-]{1,40})[ \t]{1,4}/g
const SEPARATOR = /[:=]/g
const SCHEME_WORD = /^(?:bearer|basic|token|digest|apikey|ssws)$/i
const LONGEST_QUOTED = 512
/** Blanks and further separators (`:=`, `=>`, `==`) that may stand between name and value. */
const LEAD = /[ \t=>:]{0,6}/y
const BARE = /[^\s"'`,;&<>()|\\]{1,4096}/y
const COOKIE_NAME = /cookies?$/i
const COOKIES = /[^\s"'`;=]{1,256}=[^\s"'`;]{0,4096}(?:; ?[^\s"'`;=]{1,256}(?:=[^\s"'`;]{0,4096})?){0,64}/y
const BARE_WITH_CALL = /[^\s"'`,;&<>|\\]{1,4096}/y

interface Value {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

const QUOTE = /\\{0,16}["'`]/y

/** Where the text ends that begins at `start` and was opened by `mark`, a quote with the backslashes before it; -1 when it is not closed. */
function closing(text: string, start: number, mark: string): number {
  const part = text.slice(start, start + LONGEST_QUOTED)
  const line = part.indexOf('\n')
  let end = part.indexOf(mark)
  // Inside plain quotes an escaped quote is a character of the value.
  while (mark.length === 1 && end > 0 && part.charCodeAt(end - 1) === 92) end = part.indexOf(mark, end + 1)
  if (end < 0 || (line >= 0 && line < end)) return line >= 0 ? start + line : -1
  return start + end
}

function valueAt(text: string, at: number): Value | undefined {
  const lead = matchAt(LEAD, text, at)
  const start = matchAt(QUOTE, text, lead)
  const close = start > lead ? closing(text, start, text.slice(lead, start)) : -1
  if (close >= 0) return { start, end: close, quoted: true }
  const end = matchAt(BARE, text, start)
  if (end === start) return undefined
  // A call or an index belongs to the expression: it shows that this is code and no value.
  const call = text.charCodeAt(end) === 40
  return { start, end: call ? matchAt(BARE_WITH_CALL, text, start) : end, quoted: start > lead }
}

/** `Bearer abc` → `abc`: the scheme is not the secret. */
function withoutScheme(text: string, value: Value): Value {
  const blank = value.quoted ? text.slice(value.start, Math.min(value.end, value.start + 16)).search(/[ \t]/) : value.end - value.start
  if (blank < 1 || !SCHEME_WORD.test(text.slice(value.start, value.start + blank))) return value
  if (value.quoted) return { ...value, start: value.start + blank + 1 }
  const start = matchAt(LEAD, text, value.end)
  return { start, end: matchAt(BARE, text, start), quoted: true }
}

/** A header of cookies is secret as a whole: `a=b; c=d`, to the end of its line or quotes. */
function cookieLine(text: string, value: Value): Value {
  if (value.quoted) return value
  const end = matchAt(COOKIES, text, value.start)
  return end > value.end ? { ...value, end } : value
}

function judge(text: string, name: string, at: number): Span | undefined {
  const found = valueAt(text, at)
  if (found === undefined) return undefined
  const { start, end, quoted } = withoutScheme(text, COOKIE_NAME.test(name) ? cookieLine(text, found) : found)
  const tight = text.charCodeAt(at - 1) === 61 && found.start === at
  const value = text.slice(start, end)
  // `password = "password"` names itself.
  if (!tight && name.toLowerCase().endsWith(value.toLowerCase())) return undefined
  return isSecretValue(
    { value, quoted, password: PASSWORD_NAME.test(name), tight, vague: gradeOf(name) === 'vague' },
  ) ? { start, end, kind: ASSIGNMENT.kind } : undefined
}

/** Values of secrets' names in `text`. Linear: every value is looked at once, and names and values are bounded. */
export function findAssignments(text: string): Span[] {
  const spans: Span[] = findNamedValues(text)
  let done = 0
  const take = (span: Span | undefined): void => {
    if (span === undefined) return
    spans.push(span)
    done = span.end
  }
  SEPARATOR.lastIndex = 0
  for (let found = SEPARATOR.exec(text); found !== null; found = SEPARATOR.exec(text)) {
    if (found.index < done) continue
    const name = nameBefore(text, found.index)
    if (gradeOf(name) !== 'none') take(judge(text, name, found.index + 1))
  }
  for (const option of matchesIn(OPTION, text)) {
    const name = option[1] ?? ''
    if (gradeOf(name) !== 'none') take(judge(text, name, option.index + option[0].length))
  }
  return spans
}
