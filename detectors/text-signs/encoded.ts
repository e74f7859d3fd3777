/** Text that stands in another text in an encoding: Base64, Base32, Ascii85, hex, bits, percent, escapes, Morse, Caesar by 13, backwards. Linear; one level. */
import { COMMON } from './lexicon.ts'
import { ESCAPE, PERCENT, type Survey } from './survey.ts'

export interface Payload {
  readonly encoding: string
  readonly text: string
}

const RUNS = 16
const LONGEST = 8_192
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,8192}={0,2}/g
const HEX = /(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ ]?){12,4096}(?![0-9A-Fa-f])/g
const PERCENTS = /(?<![A-Za-z0-9._~+%-])[A-Za-z0-9._~+%-]{12,4096}/g
const ESCAPES = /(?:\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#(?:x[0-9A-Fa-f]{2,5}|\d{2,6});| ){6,2000}/g
const BITS = /(?<![01])(?:[01]{8} ?){12,2000}(?![01])/g
const BASE32 = /(?<![A-Z2-7])[A-Z2-7]{24,4096}={0,6}(?![A-Z0-9])/g
const ASCII85 = /<~[!-uz]{16,4096}~>/g
const MORSE = /(?:[.·-]{1,6}[ /|]{1,3}){8,2000}[.·-]{1,6}/g

const MORSE_CODE: ReadonlyMap<string, string> = new Map(
  ('.- a -... b -.-. c -.. d . e ..-. f --. g .... h .. i .--- j -.- k .-.. l -- m -. n --- o .--. p --.- q .-. r ... s - t ..- u ...- v .-- w -..- x -.-- y --.. z ' +
    '----- 0 .---- 1 ..--- 2 ...-- 3 ....- 4 ..... 5 -.... 6 --... 7 ---.. 8 ----. 9').match(/\S+ \S+/g)?.map((pair) => pair.split(' ') as [string, string]) ?? [],
)

/** Bytes as UTF-8 text; undefined where they are not text that somebody could read. */
function readable(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(bytes)
  return isText(text) ? text : undefined
}

/** At least three words, and next to nothing but letters and punctuation. */
function isText(text: string): boolean {
  let good = 0
  for (const char of text) if (/[\p{L}\p{N}\p{P}\s]/u.test(char)) good++
  return text.length >= 12 && good >= text.length * 0.95 && (text.match(/\p{L}{2,}\s/gu)?.length ?? 0) >= 2
}

function fromBase64(run: string): string | undefined {
  try {
    const binary = atob(run.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''))
    return readable(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
  } catch {
    return undefined
  }
}

const fromHex = (run: string): string | undefined => readable(Uint8Array.from(run.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))

function fromPercent(run: string): string | undefined {
  if (!run.includes('%')) return undefined
  try {
    const text = decodeURIComponent(run.replaceAll('+', ' '))
    return isText(text) ? text : undefined
  } catch {
    return undefined
  }
}

function fromEscapes(run: string): string | undefined {
  const text = run.replaceAll(/\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|&#x([0-9A-Fa-f]{2,5});|&#(\d{2,6});/g, (_, u?: string, x?: string, hx?: string, d?: string) =>
    String.fromCodePoint(Math.min(0xffff, d === undefined ? Number.parseInt(u ?? x ?? hx ?? '20', 16) : Number(d))))
  return isText(text) ? text : undefined
}

function fromMorse(run: string): string | undefined {
  const text = run.replaceAll('·', '.').split(/\s{0,3}[/|]\s{0,3}/).map((word) => word.trim().split(/\s+/).map((letter) => MORSE_CODE.get(letter) ?? '').join('')).join(' ')
  return isText(text) ? text : undefined
}

const fromBits = (run: string): string | undefined => readable(Uint8Array.from(run.match(/[01]{8}/g) ?? [], (octet) => Number.parseInt(octet, 2)))

const BASE32_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
function fromBase32(run: string): string | undefined {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of run.replace(/=+$/, '')) {
    value = ((value << 5) | BASE32_LETTERS.indexOf(letter)) & 0xffff
    bits += 5
    if (bits >= 8) bytes.push((value >>> (bits -= 8)) & 0xff)
  }
  return readable(Uint8Array.from(bytes))
}

function fromAscii85(run: string): string | undefined {
  const bytes: number[] = []
  const digits = run.slice(2, -2).replaceAll('z', '!!!!!')
  for (let at = 0; at < digits.length; at += 5) {
    const group = digits.slice(at, at + 5)
    const value = [...group.padEnd(5, 'u')].reduce((sum, char) => sum * 85 + (char.charCodeAt(0) - 33), 0)
    bytes.push(...[24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 0xff).slice(0, group.length - 1))
  }
  return readable(Uint8Array.from(bytes))
}

interface Decoder {
  readonly encoding: string
  readonly runs: RegExp
  readonly decode: (run: string) => string | undefined
  /** False: no run of it can be in such a text. */
  where(survey: Survey, text: string): boolean
}

const DECODERS: readonly Decoder[] = [
  { encoding: 'Base64', where: ({ base64 }) => base64, runs: BASE64, decode: fromBase64 }, { encoding: 'Base32', where: ({ base32 }) => base32, runs: BASE32, decode: fromBase32 },
  { encoding: 'Ascii85', where: (_, text) => text.includes('<~'), runs: ASCII85, decode: fromAscii85 },
  { encoding: 'hex', where: ({ long, pairs, hex }) => hex >= 24 && (long || pairs), runs: HEX, decode: fromHex },
  { encoding: 'bits', where: ({ long, signs, hex }) => hex >= 96 && (long || signs), runs: BITS, decode: fromBits },
  { encoding: 'percent signs', where: ({ long, seen }) => long && (seen & PERCENT) !== 0, runs: PERCENTS, decode: fromPercent },
  { encoding: 'character escapes', where: ({ seen }, text) => (seen & ESCAPE) !== 0 && (text.includes('\\u') || text.includes('\\x') || text.includes('&#')), runs: ESCAPES, decode: fromEscapes },
  { encoding: 'Morse code', where: ({ signs }) => signs, runs: MORSE, decode: fromMorse },
]

/** Of what stands between blanks, how much is a word that English text is full of. */
function commonness(words: readonly string[]): number {
  return words.length === 0 ? 0 : words.filter((word) => COMMON.has(word)).length / words.length
}

const rot13 = (text: string): string => text.replaceAll(/[a-zA-Z]/g, (char) => {
  const base = char <= 'Z' ? 65 : 97
  return String.fromCharCode(((char.charCodeAt(0) - base + 13) % 26) + base)
})
const backwards = (text: string): string => [...text].reverse().join('')
/** A line of English has one of these before long. */
const PLAIN = /\b(?:the|and|for|you|to|of|is|in|with|this|a)\b/i
/** Lines that read as language only when letters are moved or turned around. */
function disguised(text: string): readonly Payload[] {
  const payloads: Payload[] = []
  for (const line of text.slice(0, LONGEST).split('\n')) {
    if (line.length < 24 || PLAIN.test(line) && commonness(line.toLowerCase().match(/[a-z]+/g) ?? []) > 0.08) continue
    for (const [encoding, turn] of [['letters moved by 13', rot13], ['text written backwards', backwards]] as const) {
      const turned = turn(line)
      if (commonness(turned.toLowerCase().match(/[a-z]+/g) ?? []) >= 0.15) payloads.push({ encoding, text: turned })
    }
  }
  return payloads
}

/** At most 16 payloads of each encoding. `survey`: of the text; `turned`: whether words of it look moved or turned around. */
export function payloadsOf(text: string, survey: Survey, turned: boolean): readonly Payload[] {
  const payloads: Payload[] = []
  for (const { encoding, where, runs, decode } of DECODERS) {
    if (!where(survey, text)) continue
    let left = RUNS
    for (const [run] of text.matchAll(runs)) {
      if (left-- === 0) break
      const plain = decode(run)
      if (plain !== undefined) payloads.push({ encoding, text: plain })
    }
  }
  return turned ? [...payloads, ...disguised(text)] : payloads
}
