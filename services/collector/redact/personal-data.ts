/** Personal data of a known form: e-mail addresses, phone numbers, US social security numbers, IBANs (ISO 13616, check digits of ISO 7064). */
import { EMAIL, IBAN, PHONE, SSN } from './kinds.ts'
import { matchAt, matchesIn } from './matching.ts'
import type { Span } from './span.ts'

const LENGTHS: ReadonlyMap<string, number> = new Map((
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 ' +
  'GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 ' +
  'MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 ' +
  'TN24 TR26 UA29 VA22 VG24 XK20 YE30'
).split(' ').map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]))

/** The remainder of ISO 7064 MOD 97-10, in which a letter counts as two digits; 1 for a right IBAN. */
function remainder(iban: string): number {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ -]?[A-Za-z0-9])/g

/** The end of the IBAN that starts at `start`: as many characters as its country has, with single blanks or dashes between groups. */
function ibanEnd(text: string, start: number): number | undefined {
  const length = LENGTHS.get(text.slice(start, start + 2).toUpperCase())
  if (length === undefined) return undefined
  let iban = ''
  let at = start
  for (; iban.length < length && at < text.length; at++) {
    const character = text[at]!
    if (/[A-Za-z0-9]/.test(character)) iban += character
    else if ((character !== ' ' && character !== '-') || !/[A-Za-z0-9]/.test(text[at - 1] ?? '')) return undefined
  }
  return iban.length === length && !/[A-Za-z0-9]/.test(text[at] ?? '') && remainder(iban.toUpperCase()) === 1 ? at : undefined
}

/** IBANs in `text`. */
export function findIbans(text: string): Span[] {
  const spans: Span[] = []
  for (const { index } of matchesIn(IBAN_START, text)) {
    const end = ibanEnd(text, index)
    if (end !== undefined) spans.push({ start: index, end, kind: IBAN.kind })
  }
  return spans
}

/** Areas 000, 666 and 900 to 999, group 00 and serial 0000 are never given (Social Security Administration). */
const DASHED = /(?<![\w.-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])/g
const UNDASHED = /(?<![\w.-])(?!000|666|9)[0-9]{3} ?(?!00)[0-9]{2} ?(?!0000)[0-9]{4}(?![\w-])/g
const SSN_WORD = /\bssn\b|social.?security/i
const WORD_REACH = 48

/** Social security numbers: with dashes, or with a word that says so before them. */
export function findSsns(text: string): Span[] {
  const found = [...matchesIn(DASHED, text)]
  if (SSN_WORD.test(text)) {
    for (const one of matchesIn(UNDASHED, text)) {
      if (SSN_WORD.test(text.slice(Math.max(0, one.index - WORD_REACH), one.index))) found.push(one)
    }
  }
  return found.map((one) => ({ start: one.index, end: one.index + one[0].length, kind: SSN.kind }))
}

const LOCAL = /[\p{L}\p{N}._%+'-]/u
const DOMAIN = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}-])/uy
const LONGEST_LOCAL = 64

/** E-mail addresses: every `@` costs a bounded look to both sides. */
export function findEmails(text: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(text[start - 1]!)) start--
    while (start < at && /[.'-]/.test(text[start]!)) start++
    const end = matchAt(DOMAIN, text, at + 1)
    if (start < at && end > at + 1) spans.push({ start, end, kind: EMAIL.kind })
  }
  return spans
}

/** Digits in groups, at most 24 characters: the bound keeps each start cheap. */
const NUMBER = /(?<![\w.+(])(?:\+|\()?[0-9][0-9 ().-]{5,22}[0-9](?:[ ]?(?:x|ext\.? ?)[0-9]{1,6})?(?![\w]|[.-][0-9])/g
const INTERNATIONAL = /^(?:\+|00[1-9])/
const NORTH_AMERICAN = /^(?:(?:1|001)[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[.-])[0-9]{3}[ .-][0-9]{4}(?: ?(?:x|ext)|$)/
const PHONE_WORD = /(?:phone|mobile|mob|cell|tel|telephone|desk|fax|call|ring|dial|whatsapp|sms|contact|handy|telefon|number is)\b[^0-9\n]{0,16}$/i
const PHONE_TAIL = /^[ ]?[-(][ ]?(?:office|fax|mobile|cell|home|work|phone|tel)\b/i
const REACH = 40

/** Whether a number of 7 to 15 digits (ITU-T E.164) is written or called like a phone number. */
function isPhone(text: string, start: number, number: string): boolean {
  const digits = number.replace(/(?:x|ext).*$/, '').replace(/[^0-9]/g, '').length
  if (digits < 7 || digits > 16 || /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(number)) return false
  return (INTERNATIONAL.test(number) && (number.startsWith('+') || /[ .()-]/.test(number))) || NORTH_AMERICAN.test(number) ||
    PHONE_WORD.test(text.slice(Math.max(0, start - REACH), start)) || PHONE_TAIL.test(text.slice(start + number.length, start + number.length + 12))
}

/** Phone numbers: international, in North American groups, or beside a word that says so. */
export function findPhones(text: string): Span[] {
  const spans: Span[] = []
  for (const { index, 0: number } of matchesIn(NUMBER, text)) {
    if (isPhone(text, index, number)) spans.push({ start: index, end: index + number.length, kind: PHONE.kind })
  }
  return spans
}
