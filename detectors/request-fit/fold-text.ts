/** Texts as values are looked for in them: two ways to write the same are one. Linear in the text. */
import { spaced } from '../arguments/values.ts'

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(["'\\/])|[nrtbf])/g

/** What JSON and most programs write with a backslash, as it was meant. White space becomes a blank. */
export const unescaped = (text: string): string =>
  (text.includes('\\') ? text.replaceAll(ESCAPE, (_, code: string | undefined, sign: string | undefined) =>
    (code === undefined ? sign ?? ' ' : String.fromCharCode(Number.parseInt(code, 16)))) : text)

/** Lower case, escapes read, white space collapsed. */
export const foldText = (text: string): string => spaced(unescaped(text).toLowerCase())

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu
const BETWEEN_ASCII = /[^a-z0-9]+/g
const ASCII = /^[\x00-\x7f]*$/

/** The words of a folded text, a blank before, between and behind them: whatever punctuation stood there. */
export const foldWords = (folded: string): string => ` ${folded.replaceAll(ASCII.test(folded) ? BETWEEN_ASCII : BETWEEN_WORDS, ' ').trim()} `
