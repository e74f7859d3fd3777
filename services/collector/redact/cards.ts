/** Payment card numbers: length and issuer prefix of ISO/IEC 7812, check digit of Luhn (US patent 2,950,048). */
import { CARD } from './kinds.ts'
import { matchesIn } from './matching.ts'
import type { Span } from './span.ts'

/** Issuer prefixes as closed ranges of the first digits, with the lengths they come in. */
const ISSUERS: readonly { readonly digits: number; readonly from: number; readonly to: number; readonly lengths: readonly number[] }[] = [
  { digits: 1, from: 4, to: 4, lengths: [13, 16, 19] },
  { digits: 2, from: 51, to: 55, lengths: [16] },
  { digits: 4, from: 2221, to: 2720, lengths: [16] },
  { digits: 2, from: 34, to: 34, lengths: [15] },
  { digits: 2, from: 37, to: 37, lengths: [15] },
  { digits: 4, from: 6011, to: 6011, lengths: [16, 19] },
  { digits: 3, from: 644, to: 659, lengths: [16, 19] },
  { digits: 4, from: 2131, to: 2131, lengths: [15] },
  { digits: 4, from: 1800, to: 1800, lengths: [15] },
  { digits: 4, from: 3528, to: 3589, lengths: [16, 17, 18, 19] },
  { digits: 2, from: 62, to: 62, lengths: [16, 17, 18, 19] },
  { digits: 3, from: 300, to: 305, lengths: [14] },
  { digits: 2, from: 36, to: 36, lengths: [14] },
  { digits: 2, from: 38, to: 39, lengths: [14] },
  { digits: 2, from: 50, to: 50, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { digits: 2, from: 56, to: 58, lengths: [13, 14, 15, 16, 17, 18, 19] },
]

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const hasIssuer = (digits: string): boolean =>
  ISSUERS.some((issuer) => {
    const head = Number(digits.slice(0, issuer.digits))
    return head >= issuer.from && head <= issuer.to && issuer.lengths.includes(digits.length)
  })

/** `named`: a word for a card stands before the number. Without one, twelve digits are rather the account of a cloud. */
const isCard = (digits: string, named: boolean): boolean =>
  digits.length >= (named ? 12 : 13) && digits.length <= 19 && (named || hasIssuer(digits)) && passesLuhn(digits)

const CARD_WORD = /\b(?:card|credit|debit|maestro|karte|carte)\b/i
const WORD_REACH = 40

/** Groups of digits with single blanks or dashes between; a number that goes on in letters or behind a point is another thing. */
const CANDIDATE = /(?<![\w.])[0-9]+(?:[ -][0-9]+)*(?!\w|\.[0-9])/g

const GROUP = /[0-9]+/g

/** Cards within one run of groups: as a whole, or as consecutive groups of it (a list of cards is one run). */
function within(run: string, offset: number, named: boolean): Span[] {
  const groups = matchesIn(GROUP, run).map((group) => ({ text: group[0], start: offset + group.index }))
  const spans: Span[] = []
  for (let first = 0; first < groups.length; first++) {
    let digits = ''
    for (let last = first; last < groups.length && last < first + 6; last++) {
      const group = groups[last]!
      digits += group.text
      if (digits.length > 19) break
      if (!isCard(digits, named)) continue
      spans.push({ start: groups[first]!.start, end: group.start + group.text.length, kind: CARD.kind })
      first = last
      break
    }
  }
  return spans
}

/** Card numbers in `text`. */
export function findCards(text: string): Span[] {
  const spans: Span[] = []
  for (const found of matchesIn(CANDIDATE, text)) {
    const { index, 0: run } = found
    if (run.length >= 12) spans.push(...within(run, index, CARD_WORD.test(text.slice(Math.max(0, index - WORD_REACH), index))))
  }
  return spans
}
