/** A text cut into words with their roles, and into sentences. One pass over its characters. */
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
  /** Words that only had roles once digits in them were read as letters. */
  readonly masked: number
  /** Whether a word is one that text is full of, written backwards or moved by 13 letters. */
  readonly turned: boolean
}

const OPENS = '-*#|>`+<'
/** Most words that are read of a text, and longest word. */
const MOST = 4_000
const LONGEST = 300

/** Longer sentences are cut: lists of links and tables without ends. */
const SENTENCE = 80

const WORD = 1
const SPACE = 2
const END = 4
/** Characters of addresses and paths beyond those of words. */
const REST = 8

const KINDS = new Uint8Array(128)
for (const char of '_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') KINDS[char.charCodeAt(0)] = WORD
for (const char of ' \t\r\n\f\v') KINDS[char.charCodeAt(0)] = SPACE
for (const char of '.!?;') KINDS[char.charCodeAt(0)] = END | REST
for (const char of '/-~%&=+#@,$*()|[]:') KINDS[char.charCodeAt(0)] = REST

/** Beyond ASCII: signs and blanks; all else is letters. */
function kindOf(code: number): number {
  if (code < 128) return KINDS[code] ?? 0
  if (code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1b) return END
  if (code < 0xc0 && code !== 0xaa && code !== 0xb5 && code !== 0xba) return code === 0xa0 ? SPACE : 0
  return (code >= 0x2000 && code <= 0x206f) || (code >= 0x2190 && code <= 0x2bff) || (code >= 0x3000 && code <= 0x303f) || code === 0xff0c ? 0 : WORD
}

/** What characters of a word tell about it. */
const CAPITAL = 1
const UNDERSCORE = 2
const DIGIT = 4
/** Not ASCII, or a hyphen or apostrophe. */
const FOREIGN = 8
const LETTER = 16
const MARKS = new Uint8Array(128)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') MARKS[char.charCodeAt(0)] = CAPITAL | LETTER
for (const char of '0123456789') MARKS[char.charCodeAt(0)] = DIGIT
for (const char of 'abcdefghijklmnopqrstuvwxyz') MARKS[char.charCodeAt(0)] = LETTER
MARKS['_'.charCodeAt(0)] = UNDERSCORE
for (const char of '-\'') MARKS[char.charCodeAt(0)] = FOREIGN

/** What may stand within a word: `don't`, `brute-force`. */
const joins = (code: number): boolean => code === 0x27 || code === 0x2d || code === 0x2019

const IDENTIFIER = /^[A-Za-z][a-z0-9]*(?:[A-Z][a-z0-9]+)*(?:_[A-Za-z0-9]+)+$|^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)+$/
const UNSPACED_TEXT = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/

/** Roles of a compound (`brute-force`, `data_exfiltration`) are those of the whole, else of its parts. */
function rolesOf(word: string): number {
  const whole = ROLES.get(word)
  if (whole !== undefined || !(word.includes('-') || word.includes('_'))) return whole ?? 0
  return word.split(/[-_]/).reduce((roles, part) => roles | (ROLES.get(part) ?? 0), 0)
}

function unspacedRoles(word: string): number {
  let roles = 0
  for (const [phrase, names] of UNSPACED) if (word.includes(phrase)) for (const name of names) roles |= ROLE[name]
  return roles
}

const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' }
const LEET_WORD = /^(?=.{0,19}[a-z])[a-z013457]{4,20}$/

/** `1gn0r3` as the word that it is read as. */
const unmasked = (word: string): string => word.replaceAll(DIGITS, (digit) => LEET[digit] ?? digit)
const DIGITS = /[013457]/g
/** `the`, `and`, `you`, `with` and others, moved by 13 letters or written backwards. */
const TURNED: ReadonlySet<string> = new Set('gur naq sbe lbh jvgu guvf gung eht dna rof uoy htiw siht taht'.split(' '))

/** Files of keys and passwords. */
const SECRET_PATH = /(?:^|\/)\.(?:ssh|aws|azure|env|kube|netrc|npmrc|pypirc|gnupg|docker|git-credentials)\b|id_(?:rsa|ed25519|ecdsa)|\/credentials\b|\/g?shadow\b/

class Scanner {
  readonly words: string[] = []
  readonly roles: number[] = []
  readonly forms: number[] = []
  readonly starts: number[] = [0]
  #masked = 0
  #turned = false
  readonly #text: string
  readonly #unspaced: boolean
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#unspaced = UNSPACED_TEXT.test(text)
  }

  run(): Tokens {
    const length = this.#text.length
    while (this.#at < length && this.words.length < MOST) {
      const code = this.#text.charCodeAt(this.#at)
      const kind = kindOf(code)
      if (kind === WORD) this.#word()
      else if (code === 0x2f || code === 0x2e || code === 0x7e) this.#pathOrEnd()
      else {
        if (code === 0x0a) this.#line()
        else if ((kind & END) !== 0 && this.#closes()) this.#end()
        this.#at++
      }
    }
    this.#end()
    return { words: this.words, roles: this.roles, forms: this.forms, starts: this.starts, masked: this.#masked, turned: this.#turned }
  }

  #kindAt(at: number): number {
    return at < this.#text.length ? kindOf(this.#text.charCodeAt(at)) : SPACE
  }

  #end(): void {
    if (this.starts.at(-1) !== this.words.length) this.starts.push(this.words.length)
  }

  /** A point or colon ends a sentence where a blank, the end or closing marks follow. */
  #closes(): boolean {
    const next = this.#text[this.#at + 1]
    return next === undefined || this.#text.charCodeAt(this.#at) > 127 || (this.#kindAt(this.#at + 1) & (SPACE | END)) !== 0 || next === '"' || next === '\'' || next === ')' || next === ']' || next === '”'
  }

  /** One line break is no end, texts are wrapped; an empty line is. */
  #line(): void {
    let at = this.#at + 1
    while (at < this.#text.length && at < this.#at + 80 && this.#text[at] !== '\n' && this.#kindAt(at) === SPACE) at++
    // An empty line ends a sentence, and so does what begins a list, a heading, a row or a quotation.
    if (this.#text[at] === '\n' || OPENS.includes(this.#text[at] ?? 'x')) this.#end()
  }

  #stretch(from: number, allowed: number): number {
    let at = from
    const last = Math.min(this.#text.length, from + LONGEST)
    while (at < last && (this.#kindAt(at) & allowed) !== 0) at++
    return at
  }

  #word(): void {
    const start = this.#at
    const last = Math.min(this.#text.length, start + LONGEST)
    let at = start
    let marks = 0
    for (; at < last; at++) {
      const code = this.#text.charCodeAt(at)
      if (kindOf(code) !== WORD && !(joins(code) && this.#kindAt(at + 1) === WORD)) break
      marks |= MARKS[code] ?? FOREIGN
    }
    const next = this.#text[at]
    const address = next === ':' && this.#text.startsWith('://', at) || next === '.' && at - start === 3 && /^www$/i.test(this.#text.slice(start, at))
    if (address) at = this.#stretch(at, WORD | REST)
    else if (next === '@' && this.#kindAt(at + 1) === WORD) at = this.#stretch(at, WORD | REST)
    const token = this.#text.slice(start, at)
    this.#at = at
    this.#put(token, address ? FORM.address : next === '@' && token.includes('@') ? FORM.mail : FORM.plain, marks)
  }

  /** `~/.ssh`, `/etc/passwd`, `.env`, or the end of a sentence. */
  #pathOrEnd(): void {
    const start = this.#at
    const at = this.#stretch(start, WORD | REST)
    const token = this.#text.slice(start, at)
    if (this.#kindAt(start - 1) !== WORD && /^[~.]{0,2}\/[\w.]|^\.[a-z]{2}/.test(token)) {
      this.#at = at
      this.#put(token, FORM.path, CAPITAL | LETTER | FOREIGN)
      if (/[.!?;:]$/.test(token)) this.#end()
      return
    }
    if (token[0] === '.' && this.#closes()) this.#end()
    this.#at = start + 1
  }

  /** `marks`: of all its characters. */
  #put(token: string, form: number, marks: number): void {
    const low = (marks & (CAPITAL | FOREIGN)) === 0 ? token : token.toLowerCase()
    const word = (marks & FOREIGN) === 0 ? low : low.replaceAll('’', '\'')
    this.words.push(word)
    const named = form === FORM.plain && (marks & (CAPITAL | UNDERSCORE)) !== 0 && token.length <= 64 && token.length > 3 && IDENTIFIER.test(token)
    this.forms.push(named ? FORM.identifier : form)
    if (this.words.length - (this.starts.at(-1) ?? 0) >= SENTENCE) this.#end()
    this.roles.push(form === FORM.address || form === FORM.mail ? 0 : form === FORM.path && SECRET_PATH.test(word) ? ROLE.secret : this.#rolesOf(word, marks))
  }

  #rolesOf(word: string, marks: number): number {
    // Numbers and dates are nothing; other scripts may be.
    if ((marks & LETTER) === 0 && (marks & DIGIT) !== 0 && word.charCodeAt(0) < 128) return 0
    const whole = ROLES.get(word) ?? 0
    const roles = whole !== 0 || (marks & ~(CAPITAL | LETTER)) === 0 ? whole : rolesOf(word) | (this.#unspaced ? unspacedRoles(word) : 0)
    if (roles === 0 && (word.length === 3 || word.length === 4) && TURNED.has(word)) this.#turned = true
    if (roles !== 0 || (marks & DIGIT) === 0 || !LEET_WORD.test(word)) return roles
    const read = ROLES.get(unmasked(word)) ?? 0
    if (read !== 0) this.#masked++
    return read
  }
}

export const tokensOf = (text: string): Tokens => new Scanner(text).run()
