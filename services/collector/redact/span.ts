/** What detectors give back and what a replacement looks like. */
import { KINDS } from './kinds.ts'
import { matchesIn } from './matching.ts'

/** `start` ≤ characters of the secret < `end`, in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly kind: string
}

export const UNSCANNED = '[redacted:unscanned]'
const FORM = `\\[redacted:(?:unscanned|(?:${[...new Set(KINDS.map(({ kind }) => kind))].join('|')}):(?:[0-9a-f]{12}|dropped))\\]`
const TOKEN = new RegExp(FORM, 'g')
const WHOLE_TOKEN = new RegExp(`^${FORM}$`)

/** Whether the whole text is a replacement that we made. At most 12 hex digits fit in one, so nothing can hide there. */
export const isToken = (text: string): boolean => text.length < 56 && WHOLE_TOKEN.test(text)

/** Where replacements stand in the text. */
export function tokensIn(text: string): Span[] {
  if (!text.includes('[redacted:')) return []
  return matchesIn(TOKEN, text).map((match) => ({ start: match.index, end: match.index + match[0].length, kind: '' }))
}

/**
 * Spans in order, overlapping ones made one (the kind of the widest), without those that touch `taboo` (sorted).
 */
export function settle(spans: readonly Span[], taboo: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end)
  const settled: Span[] = []
  let next = 0
  for (const span of sorted) {
    while (next < taboo.length && taboo[next]!.end <= span.start) next++
    const token = taboo[next]
    if (token !== undefined && token.start < span.end) continue
    const last = settled.at(-1)
    if (last === undefined || last.end <= span.start) settled.push(span)
    else if (span.end > last.end) {
      const kind = span.end - span.start > last.end - last.start ? span.kind : last.kind
      settled[settled.length - 1] = { start: last.start, end: span.end, kind }
    }
  }
  return settled
}
