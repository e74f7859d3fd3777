/** A text cut into words with their roles, and into sentences. One pass, linear. */
import { ROLE, ROLES, UNSPACED } from './lexicon.ts'

/** What a token is besides its words. */
export const FORM = { plain: 0, address: 1, mail: 2, identifier: 3, path: 4 } as const

export interface Tokens {
  readonly words: readonly string[]
  /** Roles of the word at the same place, bits of `ROLE`. */
  readonly roles: readonly number[]
  /** Of `FORM`. */
  readonly forms: readonly number[]
  /** Where each sentence begins, ascending; the last entry is the number of words. */
  readonly starts: readonly number[]
}

/** Most words that are read of a text. */
const MOST = 4_000

const TOKEN = new RegExp([
  String.raw`https?:\/\/[^\s"'<>)]{1,300}`, String.raw`\bwww\.[^\s"'<>)]{1,200}`, String.raw`[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}`,
  String.raw`[~.]{0,2}\/[\w.\/-]{2,200}`, String.raw`\.[a-z]{2,10}\b`,
  // Words, also with apostrophe or hyphen in them.
  String.raw`[\p{L}\p{N}_]+(?:['’-][\p{L}\p{N}_]+)*`,
  // What ends a sentence, and what opens something else.
  String.raw`[.!?;:]+(?=\s|$|["'”)\]])`, String.raw`\n+`, '[。！？；]',
].join('|'), 'gu')

const WORD = /^[\p{L}\p{N}_]/u
const IDENTIFIER = /^[A-Za-z]+[a-z0-9]*(?:_[A-Za-z0-9]+)+$|^[a-z]+[a-z0-9]*(?:[A-Z][a-z0-9]+)+$/
const UNSPACED_TEXT = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/

function formOf(token: string): number {
  if (token.startsWith('http') && token.includes('://')) return FORM.address
  if (token.startsWith('www.')) return FORM.address
  if (token.includes('@')) return FORM.mail
  if (token.includes('/') || token[0] === '.') return FORM.path
  return token.length <= 64 && IDENTIFIER.test(token) ? FORM.identifier : FORM.plain
}

/** Roles of a compound (`brute-force`, `data_exfiltration`) are those of the whole, else of its parts. */
function rolesOf(word: string): number {
  const whole = ROLES.get(word)
  if (whole !== undefined || !/[-_]/.test(word)) return whole ?? 0
  return word.split(/[-_]/).reduce((roles, part) => roles | (ROLES.get(part) ?? 0), 0)
}

function unspacedRoles(word: string): number {
  let roles = 0
  for (const [phrase, names] of UNSPACED) if (word.includes(phrase)) for (const name of names) roles |= ROLE[name]
  return roles
}

export function tokensOf(text: string): Tokens {
  const words: string[] = []
  const roles: number[] = []
  const forms: number[] = []
  const starts: number[] = [0]
  const unspaced = UNSPACED_TEXT.test(text)
  for (const [token] of text.matchAll(TOKEN)) {
    if (words.length >= MOST) break
    const form = WORD.test(token) || token.length > 3 ? formOf(token) : token[0] === '.' && token.length > 2 && token[1] !== '.' ? FORM.path : -1
    if (form === -1) {
      // One line break is no end: texts are wrapped. Two, and all else, are.
      if (token !== '\n' && starts.at(-1) !== words.length) starts.push(words.length)
      continue
    }
    const word = token.toLowerCase().replaceAll('’', "'")
    words.push(word)
    forms.push(form)
    roles.push(form === FORM.address || form === FORM.mail ? 0 : rolesOf(word) | (unspaced ? unspacedRoles(word) : 0))
  }
  if (starts.at(-1) !== words.length) starts.push(words.length)
  return { words, roles, forms, starts }
}
