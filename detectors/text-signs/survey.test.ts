import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BAR, BRACKET, CAPITAL, COLON, ESCAPE, LABEL_END, NEWLINE, ODD, PERCENT, RULE, type Survey, surveyOf } from './survey.ts'

/** So many stretches in a row that look like this. */
function hasRow(text: string, least: number, like: RegExp): boolean {
  let row = 0
  return text.split(/[\x00-\x20]+/).filter((stretch) => stretch !== '').some((stretch) => (row = like.test(stretch) ? row + 1 : 0) >= least)
}

/** What a survey says, as patterns say it. */
const SAID: readonly (readonly [string, (survey: Survey) => boolean, (text: string) => boolean])[] = [
  ['capitals in the text', ({ seen }) => (seen & CAPITAL) !== 0, (text) => /[A-Z]/.test(text)],
  ['line breaks', ({ seen }) => (seen & NEWLINE) !== 0, (text) => text.includes('\n')],
  ['bars', ({ seen }) => (seen & BAR) !== 0, (text) => text.includes('|')],
  ['brackets', ({ seen }) => (seen & BRACKET) !== 0, (text) => /[<[|]/.test(text)],
  ['colons', ({ seen }) => (seen & COLON) !== 0, (text) => text.includes(':')],
  ['percent signs', ({ seen }) => (seen & PERCENT) !== 0, (text) => text.includes('%')],
  ['escapes', ({ seen }) => (seen & ESCAPE) !== 0, (text) => /[\\&]/.test(text)],
  ['rules', ({ seen }) => (seen & RULE) !== 0, (text) => /[=-]/.test(text)],
  ['odd characters', ({ seen }) => (seen & ODD) !== 0, (text) => /[^\x00-\x7f]|\u001b/.test(text)],
  ['ends of labels', ({ seen }) => (seen & LABEL_END) !== 0, (text) => /[gtsi)]:/i.test(text)],
  ['capitals in a row', ({ capitals }) => capitals, (text) => /[A-Z]{4}/.test(text)],
  ['long stretches', ({ long }) => long, (text) => /[^\x00-\x20]{20}/.test(text)],
  ['Base64', ({ base64 }) => base64, (text) => /[A-Za-z0-9+/_-]{20}/.test(text)],
  ['Base32', ({ base32 }) => base32, (text) => /[A-Z2-7]{24}/.test(text)],
  ['hex', ({ hex }) => hex >= 24, (text) => /(?:[0-9A-Fa-f][\x00-\x20]*){24}/.test(text)],
  ['pairs', ({ pairs }) => pairs, (text) => hasRow(text, 6, /^[^]{1,2}$/)],
  ['signs', ({ signs }) => signs, (text) => hasRow(text, 4, /^[.\-/|01·]+$/)],
]

const pieces = fc.constantFrom(
  'a', 'ab ', 'AB', 'Q2', 'deadbeef', '0110', '01 ', '.- ', '·', ' ', '\n', '|', '<', ':', 'ai:', '):', '%41', '\\', '&', '=', '-', 'é', '\u001b', 'x', '_',
)
const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')))

describe('a survey of a text', () => {
  it.each(SAID)('says of %s what a pattern says', (_, says, is) => {
    fc.assert(fc.property(texts, (text) => {
      expect(says(surveyOf(text)), text).toBe(is(text))
    }), { numRuns: 1_000 })
  })
})
