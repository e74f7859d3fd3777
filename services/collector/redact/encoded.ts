/** Base64, percent-encoding and escapes that may hold text. A run in which something is found is replaced as a whole. */
import { matchesIn } from './matching.ts'

export interface Run {
  readonly start: number
  readonly end: number
  /** One reading of the decoded bytes. */
  readonly decoded: string
}

/** Standard and URL-safe alphabet. Twenty characters are the shortest that can hold a name and a value. Lines as MIME breaks them are one. */
const RUN = /(?:[A-Za-z0-9+/_-]{60,76}\r?\n)+[A-Za-z0-9+/_-]{1,76}={0,2}|[A-Za-z0-9+/_-]{20,}={0,2}/g

/** Digests, identifiers and most paths have no capitals; base64 of text always has, beside small letters or digits. */
const canBeText = (run: string): boolean => /[A-Z]/.test(run) && /[a-z0-9]/.test(run)

const isWide = (bytes: Buffer, from: number): boolean => bytes[from] === 0 && bytes[from + 2] === 0 && bytes[from + 4] === 0

/** What bytes may say: as Latin-1, so that every byte stays one character; and as UTF-16, behind a byte order mark or not, where they look like that. */
export function readingsOf(bytes: Buffer): readonly string[] {
  const narrow = bytes.toString('latin1')
  if (bytes.length < 8) return [narrow]
  if (isWide(bytes, 3)) return [narrow, bytes.toString('utf16le')]
  return isWide(bytes, 2) ? [narrow, bytes.subarray(0, bytes.length & ~1).swap16().toString('utf16le')] : [narrow]
}

/** Base64 runs of `text`, decoded, also behind a leading slash. */
export function* base64Runs(text: string): Generator<Run> {
  for (const found of matchesIn(RUN, text)) {
    if (!canBeText(found[0])) continue
    const start = found[0].charCodeAt(0) === 47 ? found.index + 1 : found.index
    const end = found.index + found[0].length
    // PowerShell encodes commands as UTF-16.
    for (const decoded of readingsOf(Buffer.from(text.slice(start, end), 'base64'))) yield { start, end, decoded }
  }
}

/** What percent-encoding leaves of a text (RFC 3986), and its escapes. */
const COMPONENT = /[A-Za-z0-9._~!*'()+%-]{6,}/g
const ESCAPED_BYTE = /%([0-9A-Fa-f]{2})/g

const withoutEscapes = (text: string): string => text.replace(ESCAPED_BYTE, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))

/** Parts of addresses and forms with escapes, decoded; forms write blanks as `+`. */
export function* percentRuns(text: string): Generator<Run> {
  for (const found of matchesIn(COMPONENT, text)) {
    if (!found[0].includes('%')) continue
    const decoded = withoutEscapes(found[0])
    if (decoded.length === found[0].length) continue
    const run = { start: found.index, end: found.index + found[0].length }
    yield { ...run, decoded }
    // Before the escapes: a plus that was one stands there as `%2B`.
    if (found[0].includes('+')) yield { ...run, decoded: withoutEscapes(found[0].replaceAll('+', ' ')) }
  }
}

/** A word with escaped characters, as they stand in JSON that is a part of a text. */
const ESCAPED_WORD = /(?:[^\s"'\\]|\\{1,8}u[0-9A-Fa-f]{4}){6,}/g
const ESCAPED_CHARACTER = /\\{1,8}u([0-9A-Fa-f]{4})/g

/** Words with `\u` escapes, decoded. */
export function* escapedRuns(text: string): Generator<Run> {
  if (!text.includes('\\u')) return
  for (const found of matchesIn(ESCAPED_WORD, text)) {
    if (!found[0].includes('\\u')) continue
    const decoded = found[0].replace(ESCAPED_CHARACTER, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)))
    yield { start: found.index, end: found.index + found[0].length, decoded }
  }
}

const WIDE = /(?:[^\0]\0){6,}[^\0]?/g

/** UTF-16 that was read as bytes, as output of Windows programs is: without its zeros. */
export function* wideRuns(text: string): Generator<Run> {
  if (!text.includes('\0')) return
  for (const found of matchesIn(WIDE, text)) yield { start: found.index, end: found.index + found[0].length, decoded: found[0].replaceAll('\0', '') }
}
