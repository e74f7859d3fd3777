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
  /** All forms, one bit each. */
  readonly #forms: number

  constructor(tokens: Tokens, at: number) {
    this.#tokens = tokens
    this.start = tokens.starts[at] ?? 0
    this.end = tokens.starts[at + 1] ?? 0
    this.has = tokens.rolesIn[at] ?? 0
    this.#forms = tokens.formsIn[at] ?? 0
  }

  /** Whether words of all roles of the mask are in it. */
  any(roles: number): boolean {
    return (this.has & roles) === roles
  }

  form(form: number): boolean {
    return (this.#forms & (1 << form)) !== 0
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
    for (let at = this.start; at < this.end; at++) if (words.includes(this.#tokens.word(at))) return true
    return false
  }

  count(role: number): number {
    let count = 0
    for (let at = this.start; at < this.end; at++) if (((this.#tokens.roles[at] ?? 0) & role) !== 0) count++
    return count
  }

  /** A tool named right behind a word of calling: `use send_email`. */
  calls(): boolean {
    const tokens = this.#tokens
    const { roles } = tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.call) === 0) continue
      for (let next = at + 1; next < Math.min(this.end, at + 4); next++) if (tokens.form(next) === FORM.identifier) return true
    }
    return false
  }

  /** A bare verb of sending and at most eight words later where to. */
  sends(): boolean {
    const tokens = this.#tokens
    const { roles } = tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.send) === 0 || /(?:s|ing|ed)$|^(?:visit|click|share|copy|navigate|pay|buy|curl|wget|fetch|ping|email|post|publish|purchase|donate|invite|cc)$/.test(tokens.word(at))) continue
      for (let next = at + 1; next < Math.min(this.end, at + 9); next++) if (tokens.form(next) === FORM.address || tokens.form(next) === FORM.mail) return true
    }
    return false
  }

  /** `keep it hidden`, `must stay secret`: of what is done, not of keys and windows. */
  concealed(): boolean {
    const tokens = this.#tokens
    for (let at = this.start; at + 1 < this.end; at++) {
      const one = tokens.word(at)
      const isKept = KEEPING.has(one) && POINTING.has(tokens.word(at + 1)) && UNSEEN.has(tokens.word(at + 2))
      const isStaying = STAYING.has(one) && UNSEEN.has(tokens.word(at + 1)) && BINDING.has(tokens.word(at - 1))
      if (isKept || isStaying) return this.#words(this.start, this.end).every((word) => !KEYS.has(word))
    }
    return false
  }

  startsWith(word: string): boolean {
    return this.#tokens.word(this.start) === word
  }

  /** `send it to https://…`: a bare verb of sending, and behind it where to. */
  hands(): boolean {
    const tokens = this.#tokens
    const { roles } = tokens
    for (let at = this.start; at < this.end; at++) {
      const sends = ((roles[at] ?? 0) & ROLE.send) !== 0 && !/(?:s|ing|ed)$/.test(tokens.word(at))
      if (!sends && !(at === this.start && tokens.word(at) === 'sent')) continue
      for (let next = at + 2; next < Math.min(this.end, at + 9); next++) if (tokens.word(next - 1) === 'to' && (tokens.form(next) === FORM.address || tokens.form(next) === FORM.mail)) return true
    }
    return false
  }

  /** Those from one place up to another, as far as they are in it. */
  #words(from: number, to: number): readonly string[] {
    const words: string[] = []
    for (let at = from; at < Math.min(this.end, to); at++) words.push(this.#tokens.word(at))
    return words
  }

  /** What attacks do, done to what they are made on. */
  attacks(): boolean {
    const tokens = this.#tokens
    const { roles } = tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.offensive) === 0) continue
      for (let next = Math.max(this.start, at - 2); next < Math.min(this.end, at + 5); next++) if (next !== at && TARGETS.has(tokens.word(next))) return true
    }
    return false
  }

  /** Whether one of `words` stands right behind a word of `first`. */
  after(first: number, ...words: readonly string[]): boolean {
    const tokens = this.#tokens
    const { roles } = tokens
    for (let at = this.start; at + 1 < this.end; at++) if (((roles[at] ?? 0) & first) !== 0 && words.includes(tokens.word(at + 1))) return true
    return false
  }

  /** Whether it begins with a verb that commands. */
  get command(): boolean {
    this.#command ??= isImperative(this.#words(this.start, this.start + 10).join(' '))
    return this.#command
  }

  /** A model's words about itself, or a person's to it: `you are now`. */
  becomes(): boolean {
    const tokens = this.#tokens
    for (let at = this.start; at < this.end - 1; at++) {
      const one = tokens.word(at)
      if (!/^(?:you|you're|youre|du|jetzt|now|we|assistant)$/.test(one)) continue
      const next = this.#words(at + 1, at + 4)
      if (/^(?:are|you're|bist|will|shall|is)$/.test(next[0] ?? '') || one === "you're" || one === 'youre' || one === 'jetzt') {
        if (next.some((word) => /^(?:now|going|no|dan|du|free|be|called|known|entering|in|an|a)$/.test(word))) return true
      }
    }
    return false
  }
}
