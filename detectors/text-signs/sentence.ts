/** One sentence of a text, and what stands near what in it. */
import { isImperative } from '../request-fit/directive.ts'
import { ROLE, TARGETS } from './lexicon.ts'
import { FORM, type Tokens } from './tokens.ts'

const KEEPING: ReadonlySet<string> = new Set(['keep', 'keeping', 'hold', 'leave'])
const POINTING: ReadonlySet<string> = new Set(['this', 'it', 'that', 'them', 'these'])
const UNSEEN: ReadonlySet<string> = new Set(['hidden', 'secret', 'quiet', 'unnoticed', 'invisible', 'confidential', 'private'])
const STAYING: ReadonlySet<string> = new Set(['stay', 'remain', 'be'])
const BINDING: ReadonlySet<string> = new Set(['must', 'should', 'shall'])
/** What is to be kept secret by nature. */
const KEYS: ReadonlySet<string> = new Set(['key', 'keys', 'token', 'tokens', 'password', 'passwords', 'credential', 'credentials', 'passphrase', 'window', 'browser', 'element'])

/** One sentence: a stretch of the tokens. */
export class Sentence {
  readonly #tokens: Tokens
  #command: boolean | undefined
  readonly start: number
  readonly end: number
  /** All roles in it. */
  readonly has: number

  constructor(tokens: Tokens, start: number, end: number) {
    this.#tokens = tokens
    this.start = start
    this.end = end
    let has = 0
    for (let at = start; at < end; at++) has |= tokens.roles[at] ?? 0
    this.has = has
  }

  /** Whether words of all roles of the mask are in it. */
  any(roles: number): boolean {
    return (this.has & roles) === roles
  }

  form(form: number): boolean {
    for (let at = this.start; at < this.end; at++) if (this.#tokens.forms[at] === form) return true
    return false
  }

  /** Whether words of all roles in `wanted` stand within `reach` words behind a word of `first`. Each word counts for all its roles but the first's own. */
  near(first: number, wanted: number, reach: number): boolean {
    return this.#around(first, wanted, { back: 0, reach })
  }

  /** The same, in any order. */
  close(first: number, wanted: number, reach: number): boolean {
    return this.#around(first, wanted, { back: reach, reach })
  }

  #around(first: number, wanted: number, { back, reach }: { readonly back: number; readonly reach: number }): boolean {
    const every = first | wanted
    if ((this.has & every) !== every) return false
    const { roles: bits } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      if (((bits[at] ?? 0) & first) === 0) continue
      let seen = 0
      for (let next = Math.max(this.start, at - back); next < Math.min(this.end, at + 1 + reach); next++) if (next !== at) seen |= bits[next] ?? 0
      if ((seen & wanted) === wanted) return true
    }
    return false
  }

  word(...words: readonly string[]): boolean {
    for (let at = this.start; at < this.end; at++) if (words.includes(this.#tokens.words[at] ?? '')) return true
    return false
  }

  count(role: number): number {
    let count = 0
    for (let at = this.start; at < this.end; at++) if (((this.#tokens.roles[at] ?? 0) & role) !== 0) count++
    return count
  }

  /** A tool named right behind a word of calling: `use send_email`. */
  calls(): boolean {
    const { roles, forms } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.call) === 0) continue
      for (let next = at + 1; next < Math.min(this.end, at + 4); next++) if (forms[next] === FORM.identifier) return true
    }
    return false
  }

  /** A bare verb of sending and at most eight words later where to. */
  sends(): boolean {
    const { roles, words, forms } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.send) === 0 || /(?:s|ing|ed)$|^(?:visit|click|share|copy|navigate|pay|buy|curl|wget|fetch|ping|email|post|publish|purchase|donate|invite|cc)$/.test(words[at] ?? '')) continue
      for (let next = at + 1; next < Math.min(this.end, at + 9); next++) if (forms[next] === FORM.address || forms[next] === FORM.mail) return true
    }
    return false
  }

  /** `keep it hidden`, `must stay secret`: of what is done, not of keys and windows. */
  concealed(): boolean {
    const { words } = this.#tokens
    for (let at = this.start; at + 1 < this.end; at++) {
      const one = words[at] ?? ''
      const isKept = KEEPING.has(one) && POINTING.has(words[at + 1] ?? '') && UNSEEN.has(words[at + 2] ?? '')
      const isStaying = STAYING.has(one) && UNSEEN.has(words[at + 1] ?? '') && BINDING.has(words[at - 1] ?? '')
      if (isKept || isStaying) return words.slice(this.start, this.end).every((word) => !KEYS.has(word))
    }
    return false
  }

  startsWith(word: string): boolean {
    return this.#tokens.words[this.start] === word
  }

  /** `send it to https://…`: a bare verb of sending, and behind it where to. */
  hands(): boolean {
    const { roles, words, forms } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      const sends = ((roles[at] ?? 0) & ROLE.send) !== 0 && !/(?:s|ing|ed)$/.test(words[at] ?? '')
      if (!sends && !(at === this.start && words[at] === 'sent')) continue
      for (let next = at + 2; next < Math.min(this.end, at + 9); next++) if (words[next - 1] === 'to' && ((forms[next] ?? 0) === FORM.address || (forms[next] ?? 0) === FORM.mail)) return true
    }
    return false
  }

  /** What attacks do, done to what they are made on. */
  attacks(): boolean {
    const { roles, words } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.offensive) === 0) continue
      for (let next = Math.max(this.start, at - 2); next < Math.min(this.end, at + 5); next++) if (next !== at && TARGETS.has(words[next] ?? '')) return true
    }
    return false
  }

  /** Whether one of `words` stands right behind a word of `first`. */
  after(first: number, ...words: readonly string[]): boolean {
    const { roles, words: all } = this.#tokens
    for (let at = this.start; at + 1 < this.end; at++) if (((roles[at] ?? 0) & first) !== 0 && words.includes(all[at + 1] ?? '')) return true
    return false
  }

  /** Whether it begins with a verb that commands. */
  get command(): boolean {
    this.#command ??= isImperative(this.#tokens.words.slice(this.start, Math.min(this.end, this.start + 10)).join(' '))
    return this.#command
  }

  /** A model's words about itself, or a person's to it: `you are now`. */
  becomes(): boolean {
    const { words } = this.#tokens
    for (let at = this.start; at < this.end - 1; at++) {
      const one = words[at] ?? ''
      if (!/^(?:you|you're|youre|du|jetzt|now|we|assistant)$/.test(one)) continue
      const next = words.slice(at + 1, Math.min(this.end, at + 4))
      if (/^(?:are|you're|bist|will|shall|is)$/.test(next[0] ?? '') || one === "you're" || one === 'youre' || one === 'jetzt') {
        if (next.some((word) => /^(?:now|going|no|dan|du|free|be|called|known|entering|in|an|a)$/.test(word))) return true
      }
    }
    return false
  }
}
