/**
 * A text cut into words with their roles, and into sentences. One pass over its characters; a word is taken out of the text only where it may have a role
 * or somebody asks for it.
 */
import { CAPITAL, DIGIT, END, FOREIGN, hashOn, joins, kindOf, LETTER, REST, SPACE, UNDERSCORE, WORD } from './characters.ts'
import { ROLE } from './lexicon.ts'
import { isTurned, maskedRoles, mayHaveRole, rolesOf, unspacedRoles } from './word-roles.ts'

/** What a token is besides its words. */
export const FORM = { plain: 0, address: 1, mail: 2, identifier: 3, path: 4 } as const

export interface Tokens {
  /** How many words there are. */
  readonly length: number
  /** Roles of each word, bits of `ROLE`. */
  readonly roles: readonly number[]
  /** Where each sentence begins, ascending; the last entry is the number of words. */
  readonly starts: readonly number[]
  /** Of each sentence: all roles in it, and all forms, one bit each. */
  readonly rolesIn: readonly number[]
  readonly formsIn: readonly number[]
  /** Words that only had roles once digits in them were read as letters. */
  readonly masked: number
  /** Whether a word is one that text is full of, written backwards or moved by 13 letters. */
  readonly turned: boolean
  /** The word at this place in lower case, '' where there is none. */
  word(at: number): string
  /** Its form, of `FORM`. */
  form(at: number): number
}

/** What begins a list, a heading, a row or a quotation. */
const OPENS = new Set(Array.from('-*#|>`+<', (char) => char.charCodeAt(0)))
/** Most words that are read of a text, and longest word. */
const MOST = 4_000
const LONGEST = 300
/** Longer sentences are cut: lists of links and tables without ends. */
const SENTENCE = 80

const IDENTIFIER = /^[A-Za-z][a-z0-9]*(?:[A-Z][a-z0-9]+)*(?:_[A-Za-z0-9]+)+$|^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)+$/
const UNSPACED_TEXT = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/
const PATH = /[~.]{0,2}\/[\w.]|\.[a-z]{2}/y
/** Files of keys and passwords. */
const SECRET_PATH =
  /(?:^|\/)\.(?:ssh|aws|azure|env|kube|netrc|npmrc|pypirc|gnupg|docker|git-credentials)\b|id_(?:rsa|ed25519|ecdsa)|\/credentials\b|\/g?shadow\b/

const NEWLINE = 0x0a
const POINT = 0x2e
const SLASH = 0x2f
const COLON = 0x3a
const AT = 0x40
const TILDE = 0x7e
const SMALL_W = 0x77
/** `"`, `'`, `)`, `]` and `”`. */
const closesBehind = (code: number): boolean => code === 0x22 || code === 0x27 || code === 0x29 || code === 0x5d || code === 0x201d
const endsSentence = (code: number): boolean => code === 0x2e || code === 0x21 || code === 0x3f || code === 0x3b || code === COLON

/** Numbers that are kept of each word. */
const FACTS = 3

class Scanner implements Tokens {
  readonly roles: number[] = []
  readonly starts: number[] = [0]
  readonly rolesIn: number[] = []
  readonly formsIn: number[] = []
  length = 0
  masked = 0
  turned = false
  readonly #text: string
  readonly #unspaced: boolean
  /** Begin, end and form of each word. */
  readonly #facts: number[] = []
  readonly #words: string[] = []
  #at = 0
  /** Of the sentence that is not over yet. */
  #start = 0
  #roles = 0
  #forms = 0

  constructor(text: string) {
    this.#text = text
    this.#unspaced = UNSPACED_TEXT.test(text)
    const size = text.length
    while (this.#at < size && this.length < MOST) {
      const code = text.charCodeAt(this.#at)
      const kind = kindOf(code)
      if ((kind & WORD) !== 0) this.#word(code)
      else if (code === SLASH || code === POINT || code === TILDE) this.#pathOrEnd(code)
      else {
        if (code === NEWLINE) this.#line()
        else if ((kind & END) !== 0 && this.#closes(code)) this.#end()
        this.#at++
      }
    }
    this.#end()
  }

  word(at: number): string {
    const begin = this.#facts[at * FACTS]
    if (begin === undefined) return ''
    return this.#words[at] ??= wordOf(this.#text.slice(begin, this.#facts[at * FACTS + 1]))
  }

  form(at: number): number {
    return this.#facts[at * FACTS + 2] ?? FORM.plain
  }

  #kindAt(at: number): number {
    return at < this.#text.length ? kindOf(this.#text.charCodeAt(at)) : SPACE
  }

  #end(): void {
    if (this.#start === this.length) return
    this.#start = this.length
    this.starts.push(this.length)
    this.rolesIn.push(this.#roles)
    this.formsIn.push(this.#forms)
    this.#roles = 0
    this.#forms = 0
  }

  /** A point or colon ends a sentence where a blank, the end or closing marks follow. */
  #closes(code: number): boolean {
    const next = this.#at + 1
    return next >= this.#text.length || code > 127 || (this.#kindAt(next) & (SPACE | END)) !== 0 || closesBehind(this.#text.charCodeAt(next))
  }

  /** One line break is no end, texts are wrapped; an empty line is, and so is what opens a line. */
  #line(): void {
    const text = this.#text
    const last = Math.min(text.length, this.#at + 80)
    let at = this.#at + 1
    while (at < last && text.charCodeAt(at) !== NEWLINE && this.#kindAt(at) === SPACE) at++
    const code = text.charCodeAt(at)
    if (code === NEWLINE || OPENS.has(code)) this.#end()
  }

  #stretch(from: number, allowed: number): number {
    let at = from
    const last = Math.min(this.#text.length, from + LONGEST)
    while (at < last && (this.#kindAt(at) & allowed) !== 0) at++
    return at
  }

  /** `first`: code of its first character. */
  #word(first: number): void {
    const text = this.#text
    const begin = this.#at
    const last = Math.min(text.length, begin + LONGEST)
    let at = begin
    let marks = 0
    let hash = 0
    for (; at < last; at++) {
      const code = text.charCodeAt(at)
      const kind = kindOf(code)
      if ((kind & WORD) !== 0) marks |= kind
      else if (joins(code) && (this.#kindAt(at + 1) & WORD) !== 0) marks |= FOREIGN
      else break
      hash = hashOn(hash, code)
    }
    const next = at < text.length ? text.charCodeAt(at) : 0
    const address = next === COLON && text.startsWith('://', at) || next === POINT && at - begin === 3 && this.#isWww(begin)
    if (address || next === AT && (this.#kindAt(at + 1) & WORD) !== 0) {
      this.#at = this.#stretch(at, WORD | REST)
      return this.#put(begin, address ? FORM.address : FORM.mail, 0)
    }
    this.#at = at
    this.#put(begin, this.#isNamed(begin, marks) ? FORM.identifier : FORM.plain, mayHaveRole(marks, hash, first) ? this.#rolesOf(begin, marks) : 0)
  }

  #isWww(at: number): boolean {
    for (let next = at; next < at + 3; next++) if ((this.#text.charCodeAt(next) | 0x20) !== SMALL_W) return false
    return true
  }

  /** Without an underscore a name begins with a small letter and has a capital later. */
  #isNamed(begin: number, marks: number): boolean {
    const size = this.#at - begin
    if ((marks & (CAPITAL | UNDERSCORE)) === 0 || size > 64 || size <= 3) return false
    if ((marks & UNDERSCORE) === 0 && (kindOf(this.#text.charCodeAt(begin)) & (LETTER | CAPITAL)) !== LETTER) return false
    return IDENTIFIER.test(this.#text.slice(begin, this.#at))
  }

  /** `~/.ssh`, `/etc/passwd`, `.env`, or the end of a sentence. What begins the text is none. */
  #pathOrEnd(code: number): void {
    const text = this.#text
    const begin = this.#at
    if (begin > 0 && (this.#kindAt(begin + 1) & (WORD | REST)) !== 0 && (kindOf(text.charCodeAt(begin - 1)) & WORD) === 0 && this.#isPath()) {
      this.#at = this.#stretch(begin, WORD | REST)
      this.#put(begin, FORM.path, SECRET_PATH.test(wordOf(text.slice(begin, this.#at))) ? ROLE.secret : this.#rolesOf(begin, CAPITAL | LETTER | FOREIGN))
      if (endsSentence(text.charCodeAt(this.#at - 1))) this.#end()
      return
    }
    if (code === POINT && this.#closes(code)) this.#end()
    this.#at = begin + 1
  }

  #isPath(): boolean {
    PATH.lastIndex = this.#at
    return PATH.test(this.#text)
  }

  /** The token from `begin` to here. */
  #put(begin: number, form: number, roles: number): void {
    this.#facts.push(begin, this.#at, form)
    this.roles.push(roles)
    this.#roles |= roles
    this.#forms |= 1 << form
    this.length++
    if (this.length - this.#start >= SENTENCE) this.#end()
  }

  /** `marks`: of all its characters. */
  #rolesOf(begin: number, marks: number): number {
    const word = wordOf(this.#text.slice(begin, this.#at))
    const roles = rolesOf(word) | (this.#unspaced ? unspacedRoles(word) : 0)
    if (roles === 0 && isTurned(word)) this.turned = true
    if (roles !== 0 || (marks & DIGIT) === 0) return roles
    const read = maskedRoles(word)
    if (read !== 0) this.masked++
    return read
  }
}

/** In small letters, with one kind of apostrophe. */
function wordOf(token: string): string {
  const low = token.toLowerCase()
  return low.includes('’') ? low.replaceAll('’', '\'') : low
}

export const tokensOf = (text: string): Tokens => new Scanner(text)
