/** Tokens that show their vendor: by a prefix, or by a mark inside. */
import { matchAt } from './matching.ts'
import { hasDistinct, hasSequence } from './plausible.ts'
import type { Span } from './span.ts'
import { MARKED_TOKENS, type MarkedToken, VENDOR_TOKENS, type VendorToken } from './vendor-tokens.ts'

const BODIES: Readonly<Record<Exclude<VendorToken['body'], RegExp>, RegExp>> = {
  alphanumeric: /[A-Za-z0-9]+/y,
  upper: /[A-Z0-9]+/y,
  hex: /[0-9a-f]+/y,
  word: /[A-Za-z0-9_-]+/y,
  base64: /[A-Za-z0-9+/_-]+={0,2}/y,
  parts: /[A-Za-z0-9._-]+/y,
  dotted: /[A-Za-z0-9_./@?=&%-]+/y,
}
/** By the first two characters of the prefix; within one list the longest first, so that `sk-ant-` is not read as `sk-`. */
const BY_START = new Map<number, { readonly prefix: string; readonly token: VendorToken }[]>()
const startOf = (text: string, at: number): number => text.charCodeAt(at) * 128 + text.charCodeAt(at + 1)
const STARTS = new Uint8Array(128 * 128)
for (const token of VENDOR_TOKENS) {
  for (const prefix of token.prefixes) {
    const start = startOf(prefix, 0)
    STARTS[start] = 1
    BY_START.set(start, [...(BY_START.get(start) ?? []), { prefix, token }].sort((a, b) => b.prefix.length - a.prefix.length))
  }
}

const isAlphanumeric = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)

/** Whether a token can start at `at`: not inside a word. The letter of an escape (`\n`) is not part of a word. */
function startsWord(text: string, at: number): boolean {
  if (at === 0 || !isAlphanumeric(text.charCodeAt(at - 1))) return true
  return at > 1 && text.charCodeAt(at - 2) === 92
}

/** Whether a machine drew these characters: not one repeated, not words joined by dashes. */
function isDrawn(secret: string, token: VendorToken): boolean {
  if (!hasDistinct(secret, 3) || secret.endsWith('EXAMPLE') || hasSequence(secret) || /(?:Token|Key|STRING|_)here$/i.test(secret)) return false
  return token.body === 'upper' || /[0-9]/.test(secret) || (/[A-Z]/.test(secret) && /[a-z]/.test(secret))
}

/** The token that starts at `at`, if one does. */
function vendorTokenAt(text: string, at: number): Span | undefined {
  for (const { prefix, token } of BY_START.get(startOf(text, at)) ?? []) {
    if (!text.startsWith(prefix, at)) continue
    const body = at + prefix.length
    const end = matchAt(token.body instanceof RegExp ? token.body : BODIES[token.body], text, body)
    const length = end - body
    if (length < token.least || (token.most !== undefined && (length > token.most || isAlphanumeric(text.charCodeAt(end))))) continue
    if (isDrawn(text.slice(body, end), token)) return { start: at, end, kind: token.kind }
  }
  return undefined
}

/** Tokens with a vendor's prefix. */
export function findVendorTokens(text: string): Span[] {
  const spans: Span[] = []
  for (let at = 0; at + 1 < text.length; at++) {
    const start = startOf(text, at)
    if (start >= STARTS.length || STARTS[start] === 0 || !startsWord(text, at)) continue
    const span = vendorTokenAt(text, at)
    if (span === undefined) continue
    spans.push(span)
    at = span.end - 1
  }
  return spans
}

function markedAt(text: string, at: number, { kind, mark, before, reach, after }: MarkedToken): Span | undefined {
  const end = matchAt(after, text, at + mark.length)
  after.lastIndex = at + mark.length
  if (end === at + mark.length && !after.test(text)) return undefined
  const head = before.exec(text.slice(Math.max(0, at - reach), at))?.[0].replace(/^[^0-9A-Za-z]/, '')
  return head === undefined ? undefined : { start: at - head.length, end, kind }
}

const SHORTEST_MARKED = 36

/** Tokens with a mark inside. Looks are bounded, so each mark costs the same. */
export function findMarkedTokens(text: string): Span[] {
  const spans: Span[] = []
  if (text.length < SHORTEST_MARKED) return spans
  for (const token of MARKED_TOKENS) {
    for (let at = text.indexOf(token.mark); at >= 0; at = text.indexOf(token.mark, at + token.mark.length)) {
      const span = markedAt(text, at, token)
      if (span !== undefined) spans.push(span)
    }
  }
  return spans
}
