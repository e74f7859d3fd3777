/**
 * What kinds of characters a text has, and how many in a row: one pass that tells for most texts that there is nothing in them to look for, so that dear
 * patterns are not even tried. Everything here is needed by a pattern and never enough for it.
 */

const bit = (place: number): number => 1 << place
const HEX_AT = 0
const BASE64_AT = 1
const BASE32_AT = 2
const CAPITAL_AT = 3
const BLANK = bit(4)
/** Points, dashes and bits. */
const SIGN = bit(5)

/** Which characters there are. */
export const CAPITAL = bit(CAPITAL_AT)
export const NEWLINE = bit(6)
export const BAR = bit(7)
/** `<`, `[` and `|`: of frames. */
export const BRACKET = bit(8)
export const COLON = bit(9)
export const PERCENT = bit(10)
/** `\` and `&`: of escapes. */
export const ESCAPE = bit(11)
/** `=` and `-`: of rules and labels. */
export const RULE = bit(12)
/** Beyond ASCII, and what begins codes of terminals. */
export const ODD = bit(13)
/** A colon right behind what names of speakers end with (`AI:`, `thoughts:`, `assistant (to you):`). */
export const LABEL_END = bit(14)

export interface Survey {
  /** All kinds that are in the text. */
  readonly seen: number
  /** A stretch without a blank of at least 20 characters. */
  readonly long: boolean
  /** Six and more such stretches in a row with one to two characters: hex in pairs. */
  readonly pairs: boolean
  /** Four and more in a row of eight bits, or of points and dashes alone. */
  readonly signs: boolean
  /** Four capitals in a row. */
  readonly capitals: boolean
  /** Most digits of hex in a row, blanks not counted. */
  readonly hex: number
  /** 20 and more characters of Base64 in a row, 24 of Base32. */
  readonly base64: boolean
  readonly base32: boolean
}

const KINDS = new Uint16Array(128)
const put = (chars: string, kind: number): void => {
  for (const char of chars) KINDS[char.charCodeAt(0)] = (KINDS[char.charCodeAt(0)] as number) | kind
}
for (let code = 0; code <= 32; code++) KINDS[code] = BLANK
put('\u001b', ODD)
put('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/_-', bit(BASE64_AT))
put('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', bit(BASE32_AT))
put('ABCDEFGHIJKLMNOPQRSTUVWXYZ', CAPITAL)
put('0123456789abcdefABCDEF', bit(HEX_AT))
put('.-/|01', SIGN)
put('\n', NEWLINE)
put('|', BAR)
put('<[|', BRACKET)
put(':', COLON)
put('%', PERCENT)
put('\\&', ESCAPE)
put('=-', RULE)

const kindOf = (code: number): number => (code < 128 ? (KINDS[code] as number) : code === 0xb7 ? ODD | SIGN : ODD)

/** The longest row of characters of the kind with this bit between two places. */
function mostOf(text: string, place: number, from: number, to: number): number {
  let row = 0
  let most = 0
  for (let at = from; at < to; at++) {
    row = (row + 1) & -((kindOf(text.charCodeAt(at)) >>> place) & 1)
    if (row > most) most = row
  }
  return most
}

const LABEL_ENDS = new Set(Array.from('gGtTsSiI)', (char) => char.charCodeAt(0)))
function endsLabel(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 0x3a && LABEL_ENDS.has(text.charCodeAt(at - 1))) return true
  return false
}

export function surveyOf(text: string): Survey {
  const size = text.length
  let seen = 0
  let hex = 0
  let mostHex = 0
  let pairs = 0
  let mostPairs = 0
  let signs = 0
  let mostSigns = 0
  let long = false
  let capitals = false
  let base64 = false
  let base32 = false
  for (let at = 0; at < size; at++) {
    const from = at
    let any = 0
    let every = -1
    for (; at < size; at++) {
      const kind = kindOf(text.charCodeAt(at))
      any |= kind
      if ((kind & BLANK) !== 0) break
      every &= kind
      // Without a branch: about every third letter is a digit of hex, which no processor foresees.
      hex = (hex + 1) & -((kind >>> HEX_AT) & 1)
      if (hex > mostHex) mostHex = hex
    }
    seen |= any
    if (at === from) continue
    pairs = at - from <= 2 ? pairs + 1 : 0
    signs = (every & SIGN) === 0 ? 0 : signs + 1
    if (pairs > mostPairs) mostPairs = pairs
    if (signs > mostSigns) mostSigns = signs
    if ((any & COLON) !== 0 && endsLabel(text, from, at)) seen |= LABEL_END
    capitals ||= (any & CAPITAL) !== 0 && mostOf(text, CAPITAL_AT, from, at) >= 4
    if (at - from < 20) continue
    long = true
    base64 ||= mostOf(text, BASE64_AT, from, at) >= 20
    base32 ||= mostOf(text, BASE32_AT, from, at) >= 24
  }
  return { seen, long, pairs: mostPairs >= 6, signs: mostSigns >= 4, hex: mostHex, capitals, base64, base32 }
}
