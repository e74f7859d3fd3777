/**
 * Everything that was said before a call, to be searched for values. All texts stand behind each other in order of precedence, so that the
 * first place decides. Folding is kept by text, because the calls of one trace see nearly the same texts.
 */
import { foldText, foldWords, unescaped } from './fold-text.ts'
import { isNumber, spellingsOf } from './spellings.ts'

/** What was visible before the call, oldest first. */
export interface Before {
  readonly userTurns: readonly string[]
  readonly system: readonly string[]
  readonly toolResults: readonly { readonly id: string; readonly text: string }[]
  readonly listings: readonly string[]
}

/** A text and how it reads folded. */
export interface Folded {
  readonly raw: string
  readonly text: string
  words: string | undefined
}
/** By text. Belongs to one trace, and is let go with it. */
export type FoldedTexts = Map<string, Folded>

/** The digits by which redaction names a secret of this tenant: one secret, one name. */
export type TokenOf = (secret: string) => string

/** Where a value stands, and under which spelling: '' where only its words do. */
export interface Found {
  readonly source: string
  readonly standing: string
}

interface Utterance {
  readonly source: string
  readonly folded: Folded
}

/** What a text says instead of a secret, without its brackets, in lower case. */
const TOKEN = /redacted:[a-z0-9-]{1,40}:([0-9a-f]{12})$/
const TOKEN_MARK = '[redacted:'
/** So many words of a text are tried as the secret that a token stands for. */
const WORDS_TRIED = 4_096
const LONGEST_SECRET = 128
const SECRET_LIKE = /[^\s"'`<>,;=()[\]{}]{4,128}/g
/** Hardly a secret, and every other word of a text. */
const PLAIN_WORD = /^[A-Za-z]{1,5}$|^[a-z]{1,7}$/

const TEXT_BUDGET = 256 * 1024
/** Characters that may be searched for one call: of large texts fewer values are looked for, never other ones. */
const SEARCH_BUDGET = 24 * 1024 * 1024
const SEPARATOR = '\u0001'

class Joined {
  readonly text: string
  /** Start of each text and where it came from. */
  readonly #parts: readonly { readonly at: number; readonly source: string }[]

  constructor(texts: readonly { readonly text: string; readonly source: string }[]) {
    let at = 0
    this.#parts = texts.map(({ text, source }) => {
      const part = { at, source }
      at += text.length + 1
      return part
    })
    this.text = texts.map(({ text }) => text).join(SEPARATOR)
  }

  sourceAt(at: number): string {
    return this.#parts.findLast((part) => part.at <= at)?.source ?? ''
  }
}

export class Said {
  readonly #utterances: readonly Utterance[]
  readonly #all: Joined
  #words: Joined | undefined
  /** Texts of the user alone, folded, and their words. */
  readonly userText: string
  #userWords: string | undefined
  #budget = SEARCH_BUDGET
  readonly #tokenOf: TokenOf | undefined
  /** Token → the word that it stands for. */
  #secrets: ReadonlyMap<string, Found> | undefined

  /** The newest user turns and the newest results are kept when there is more text than is searched. */
  constructor(before: Before, { texts = new Map(), tokenOf }: { readonly texts?: FoldedTexts | undefined; readonly tokenOf?: TokenOf | undefined } = {}) {
    this.#tokenOf = tokenOf
    let left = TEXT_BUDGET
    const take = (source: string, text: string): Utterance => {
      const kept = text.length > left ? text.slice(0, left) : text
      left -= kept.length
      return { source, folded: foldedOf(kept, texts) }
    }
    const users = before.userTurns.toReversed().map((text) => take('user', text)).reverse()
    const results = before.toolResults.toReversed().map(({ id, text }) => take(`tool_result:${id}`, text)).reverse()
    this.#utterances = [...users, ...results, ...before.listings.map((text) => take('listing', text)), ...before.system.map((text) => take('system', text))]
    this.#all = new Joined(this.#utterances.map(({ source, folded: { text } }) => ({ source, text })))
    this.userText = users.map(({ folded: { text } }) => text).join(SEPARATOR)
  }

  get isEmpty(): boolean {
    return this.#utterances.length === 0
  }

  /** Whether everything that was asked for could be searched. */
  get isWithinBudget(): boolean {
    return this.#budget > 0
  }

  /** The place of a value where one side was redacted and the other was not; `text` is the value as it was sent. */
  findRedacted(text: string): Found | undefined {
    const token = TOKEN.exec(text.endsWith(']') ? text.slice(0, -1) : text)?.[1]
    if (token !== undefined) return this.indexOf(`:${token}]`) ?? this.#secretOf(token)
    if (this.#tokenOf === undefined || text.length < 4 || text.length > LONGEST_SECRET || !this.#all.text.includes(TOKEN_MARK)) return undefined
    return this.indexOf(`:${this.#tokenOf(text)}]`)
  }

  #secretOf(token: string): Found | undefined {
    this.#secrets ??= this.#tokenOf === undefined ? new Map() : secretsIn(this.#utterances, this.#tokenOf)
    return this.#secrets.get(token)
  }

  /** The first place of the folded text itself as whole words, whatever it is. */
  indexOf(text: string): Found | undefined {
    if (!this.#spend(this.#all.text.length)) return undefined
    const at = indexOfValue(this.#all.text, text)
    return at < 0 ? undefined : { source: this.#all.sourceAt(at), standing: text }
  }

  /** The first place of a normalised value under any spelling; where it stands nowhere so, of its words in a row. */
  find(value: string): Found | undefined {
    const spelled = this.#findSpelled(value)
    if (spelled?.source === 'user') return spelled
    const words = foldWords(value)
    // A word or two of everyday size stand in a row anywhere.
    if (words.length < LEAST_WORDS || /^ \d{1,4} $/.test(words)) return spelled
    this.#userWords ??= foldWords(this.userText)
    if (this.#spend(this.#userWords.length) && this.#userWords.includes(words)) return { source: 'user', standing: '' }
    return spelled ?? this.#findWords(words)
  }

  #findSpelled(value: string): Found | undefined {
    let least = -1
    let standing = ''
    for (const spelling of spellingsOf(value)) {
      if (!this.#spend(this.#all.text.length)) break
      const at = indexOfValue(this.#all.text, spelling)
      if (at < 0 || (least >= 0 && at >= least)) continue
      least = at
      standing = spelling
    }
    return least < 0 ? undefined : { source: this.#all.sourceAt(least), standing }
  }

  #findWords(words: string): Found | undefined {
    this.#words ??= new Joined(this.#utterances.map(({ source, folded }) => ({ source, text: (folded.words ??= foldWords(folded.text)) })))
    if (!this.#spend(this.#words.text.length)) return undefined
    const at = this.#words.text.indexOf(words)
    return at < 0 ? undefined : { source: this.#words.sourceAt(at), standing: '' }
  }

  #spend(characters: number): boolean {
    this.#budget -= characters
    return this.#budget > 0
  }
}

const LEAST_WORDS = 7

/** What the first words that could be secrets would be called, with where they stand first. */
function secretsIn(utterances: readonly Utterance[], tokenOf: TokenOf): ReadonlyMap<string, Found> {
  const secrets = new Map<string, Found>()
  let left = WORDS_TRIED
  for (const { source, folded: { raw } } of utterances) {
    for (const [written] of unescaped(raw).matchAll(SECRET_LIKE)) {
      for (const word of asWritten(written)) {
        if (left-- === 0) return secrets
        const token = tokenOf(word)
        if (!secrets.has(token)) secrets.set(token, { source, standing: foldText(word) })
      }
    }
  }
  return secrets
}

/** A word with and without the stop behind it, and what stands behind a colon in it. */
function asWritten(written: string): readonly string[] {
  if (PLAIN_WORD.test(written)) return []
  const words = [written]
  const bare = written.replace(/[.!?:]{1,3}$/, '')
  if (bare !== written) words.push(bare)
  const behind = bare.slice(bare.lastIndexOf(':') + 1)
  if (behind !== bare && behind.length > 3) words.push(behind)
  return words
}

function foldedOf(text: string, texts: FoldedTexts): Folded {
  const known = texts.get(text)
  if (known !== undefined) return known
  const folded: Folded = { raw: text, text: foldText(text), words: undefined }
  texts.set(text, folded)
  return folded
}

const WORD = /[\p{L}\p{N}]/u
const HITS = 32

/** Where `text` holds `value` as a whole word or words, else -1. Looks at the first 32 hits. */
export function indexOfValue(text: string, value: string): number {
  let at = text.indexOf(value)
  if (at < 0) return -1
  const number = isNumber(value)
  for (let hit = 0; at >= 0 && hit < HITS; hit++) {
    const end = at + value.length
    if (!glued(text[at - 1], value[0]) && !glued(text[end], value.at(-1)) && !(number && goesOn(text, at, end))) return at
    at = text.indexOf(value, at + 1)
  }
  return -1
}

const glued = (outside: string | undefined, inside: string | undefined): boolean =>
  outside !== undefined && inside !== undefined && WORD.test(outside) && WORD.test(inside)

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9'

/** Whether the digits at `from` are a part of a longer number: 1000 in 1000.50, in 1000,500 and in 3.1000. */
function goesOn(text: string, from: number, end: number): boolean {
  if (text[from - 1] === '.' && isDigit(text[from - 2])) return true
  if (text[end] === '.') return isDigit(text[end + 1]) && !/^\.0{1,2}(?!\d)/.test(text.slice(end, end + 4))
  return text[end] === ',' && /^,\d{3}(?!\d)/.test(text.slice(end, end + 5))
}
