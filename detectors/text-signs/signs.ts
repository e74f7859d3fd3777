/**
 * Signs that a text gives orders to the model that reads it. A sign is a few roles of words close together in one sentence, never a phrase; how much each
 * weighs is in `weights.ts`. Linear in the text.
 */
import { isImperative } from '../request-fit/directive.ts'
import { ROLE, type Role, TARGETS } from './lexicon.ts'
import { FORM, type Tokens } from './tokens.ts'

/** What each sign says, for whoever reads a finding. */
export const SIGNS = {
  override: 'sets earlier instructions aside',
  overrideSome: 'tells to ignore instructions or rules',
  overrideAll: 'tells to forget everything before it',
  divert: 'wants something else answered than what was asked',
  askRules: 'asks what instructions the model has',
  shout: 'shouts in the middle of a text',
  fresh: 'announces new instructions',
  persona: 'gives the model another identity',
  free: 'says that no limits apply',
  extract: 'asks for the model\'s instructions or context',
  extractSecret: 'asks for a password, key or token',
  secrecy: 'asks to keep something from the user',
  silent: 'asks to act unnoticed',
  authority: 'claims to speak for the system or an administrator',
  addressed: 'speaks to the model',
  frame: 'imitates the frame of a prompt or of a message',
  speaker: 'speaks as the model or as the system',
  emphasis: 'is set off as important or urgent',
  precedence: 'wants something done before or with every other call',
  crossTool: 'tells to call another tool',
  prefer: 'wants to be preferred to other tools',
  sink: 'tells to send something to an address',
  sensitive: 'tells to read or send secrets',
  smuggle: 'asks for the model\'s context as a value',
  commandAddress: 'a command with an address in it',
  command: 'begins with a command',
  demand: 'says what the model must do',
  replyShape: 'says what the answer must hold',
  replyOrder: 'tells what to do with the answer',
  stranded: 'a command stands among data',
  attack: 'names an attack',
  attackMore: 'names an attack in several words',
  attackAct: 'does to something what attacks do',
  hidden: 'holds characters that nobody sees',
  encoded: 'holds encoded text',
  encodedOrder: 'holds an encoded instruction',
  comment: 'holds a comment that is not shown',
  masked: 'writes words so that filters miss them',
  short: 'has little else in it',
} as const
export type Sign = keyof typeof SIGNS
export const SIGN_NAMES = Object.keys(SIGNS) as readonly Sign[]

/** One sentence: a stretch of the tokens. */
export class Sentence {
  readonly #tokens: Tokens
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

  any(...roles: readonly Role[]): boolean {
    return roles.every((role) => (this.has & ROLE[role]) !== 0)
  }

  form(form: number): boolean {
    for (let at = this.start; at < this.end; at++) if (this.#tokens.forms[at] === form) return true
    return false
  }

  /** Whether words of all `roles` stand within `reach` words behind a word of `first`. Each word counts for all its roles but the first's own. */
  near(first: Role, roles: readonly Role[], reach: number): boolean {
    const { roles: bits } = this.#tokens
    const wanted = roles.reduce((sum, role) => sum | ROLE[role], 0)
    for (let at = this.start; at < this.end; at++) {
      if (((bits[at] ?? 0) & ROLE[first]) === 0) continue
      let seen = 0
      for (let next = at + 1; next < Math.min(this.end, at + 1 + reach); next++) seen |= bits[next] ?? 0
      if ((seen & wanted) === wanted) return true
    }
    return false
  }

  /** The same, in any order. */
  close(first: Role, roles: readonly Role[], reach: number): boolean {
    const { roles: bits } = this.#tokens
    const wanted = roles.reduce((sum, role) => sum | ROLE[role], 0)
    for (let at = this.start; at < this.end; at++) {
      if (((bits[at] ?? 0) & ROLE[first]) === 0) continue
      let seen = 0
      for (let next = Math.max(this.start, at - reach); next < Math.min(this.end, at + 1 + reach); next++) if (next !== at) seen |= bits[next] ?? 0
      if ((seen & wanted) === wanted) return true
    }
    return false
  }

  word(...words: readonly string[]): boolean {
    for (let at = this.start; at < this.end; at++) if (words.includes(this.#tokens.words[at] ?? '')) return true
    return false
  }

  count(role: Role): number {
    let count = 0
    for (let at = this.start; at < this.end; at++) if (((this.#tokens.roles[at] ?? 0) & ROLE[role]) !== 0) count++
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

  /** `send it to https://…`: a bare verb of sending, and behind it where to. */
  hands(): boolean {
    const { roles, words, forms } = this.#tokens
    for (let at = this.start; at < this.end; at++) {
      if (((roles[at] ?? 0) & ROLE.send) === 0 || /(?:s|ing|ed)$/.test(words[at] ?? '')) continue
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
  after(first: Role, ...words: readonly string[]): boolean {
    const { roles, words: all } = this.#tokens
    for (let at = this.start; at + 1 < this.end; at++) if (((roles[at] ?? 0) & ROLE[first]) !== 0 && words.includes(all[at + 1] ?? '')) return true
    return false
  }

  text(): string {
    return this.#tokens.words.slice(this.start, this.end).join(' ')
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

/** What pages and mails ask their readers to do with an answer or a message. */
const EVERYDAY = ('send submit check review save see view read edit delete publish post mail share wait receive confirm forward reply print upload download attach continue enter provide').split(' ')

interface Context {
  readonly sentence: Sentence
  /** Base verb first, after words like "please". */
  readonly command: boolean
}

type Test = (context: Context) => boolean

/** Signs of single sentences. */
const OF_SENTENCE: Partial<Readonly<Record<Sign, Test>>> = {
  override: ({ sentence: s }) => s.near('override', ['prior', 'rules'], 8) || s.near('override', ['all', 'rules'], 5)
    || s.near('not', ['obey'], 3) && (s.near('obey', ['rules'], 6) || s.near('obey', ['prior'], 6)),
  divert: ({ sentence: s }) => s.near('not', ['reply'], 4) && s.near('reply', ['reveal'], 6) || s.any('override', 'reveal') && s.word('but', 'just', 'only', 'instead', 'then', 'sondern', 'solo', 'nur') && s.any('all'),
  askRules: ({ sentence: s }) => s.end - s.start <= 14 && s.word('what', "what's", 'whats', 'which', 'did', 'do', 'was', 'welche') && s.any('rules') && (s.any('inner') || s.any('prior') || s.any('your') || s.any('you') && s.word('given', 'told', 'understand', 'have', 'got')),
  overrideSome: ({ sentence: s }) => s.near('override', ['rules'], 6),
  overrideAll: ({ sentence: s }) => s.near('override', ['all'], 3) && (s.near('override', ['prior'], 8) || s.near('override', ['you'], 6)) || s.near('override', ['your', 'rules'], 6),
  fresh: ({ sentence: s }) => s.near('fresh', ['rules'], 3) && s.any('now') || s.near('fresh', ['rules'], 1) && (s.any('obey') || s.word('folgen', 'follow')) || s.word('henceforth'),
  persona: ({ sentence: s }) => s.becomes() || s.near('persona', ['model'], 6) && s.any('you') || s.near('persona', ['free'], 10),
  free: ({ sentence: s }) => s.any('free') || s.near('not', ['limits'], 5) || s.near('override', ['limits'], 5),
  extract: ({ sentence: s }) => s.near('reveal', ['your', 'rules'], 7) || s.near('reveal', ['inner', 'rules'], 7) || s.near('reveal', ['prior', 'rules'], 7)
    || s.near('your', ['inner', 'rules'], 4) || s.near('reveal', ['inner', 'context'], 7) || s.near('rules', ['prior'], 2) && s.any('reveal'),
  extractSecret: ({ sentence: s }) => s.word('the', 'your', "what's", 'all', 'that') && !s.word('my', 'a', 'an', 'reset', 'forgot', 'change') && (s.near('reveal', ['secret'], 7) || s.word('what', "what's", 'whats') && s.any('secret')),
  secrecy: ({ sentence: s }) => s.near('not', ['tell', 'user'], 6) || s.near('not', ['tell'], 2) && s.word('this', 'it', 'that'),
  silent: ({ sentence: s }) => s.any('silent') && (s.any('send') || s.any('call') || s.any('include') || s.any('override')),
  authority: ({ sentence: s }) => s.near('authority', ['override'], 2) || s.near('authority', ['must'], 6) || s.near('authority', ['rules'], 2) && s.any('must'),
  addressed: ({ sentence: s }) => s.near('model', ['must'], 6) || s.near('model', ['you'], 5) && s.any('must') || s.word('note', 'attention', 'dear', 'hey', 'hello', 'important') && s.near('tell', ['model'], 4)
    || s.word('note', 'attention', 'instructions', 'message') && s.any('model') && (s.word('to') || s.word('for')),
  precedence: ({ sentence: s }) => s.near('before', ['call'], 4) || s.near('must', ['before'], 4) || s.near('must', ['call'], 4) && s.any('before'),
  crossTool: ({ sentence: s, command }) => s.calls() || s.near('call', ['tool'], 5) && (command || s.any('must')),
  prefer: ({ sentence: s }) => s.close('prefer', ['tool'], 6) || s.near('not', ['call', 'tool'], 6) || s.near('prefer', ['all'], 8) || s.near('must', ['call', 'prefer'], 10),
  sink: ({ sentence: s, command }) => (s.any('send') || s.any('call')) && (s.form(FORM.address) || s.form(FORM.mail)) && (command || s.any('must') || s.any('you') || s.calls() || s.hands()),
  sensitive: ({ sentence: s, command }) => (s.close('send', ['secret'], 10) || s.near('include', ['secret'], 8) || s.any('secret') && s.form(FORM.path)) && (command || s.hands() || s.any('must') || s.any('you') || s.any('your')),
  smuggle: ({ sentence: s }) => (s.close('include', ['context', 'all'], 8) || s.close('include', ['inner', 'rules'], 8) || s.near('send', ['context'], 6) || s.near('all', ['your', 'context'], 5)
    || s.word('pass', 'passing') && (s.any('inner', 'rules') || s.any('context') && (s.any('your') || s.any('all')))),
  commandAddress: ({ sentence: s, command }) => command && (s.form(FORM.address) || s.form(FORM.mail)),
  command: ({ command }) => command,
  demand: ({ sentence: s }) => s.near('you', ['must'], 4),
  replyShape: ({ sentence: s, command }) => s.close('include', ['reply'], 8) && (command || s.any('must')) || s.near('your', ['reply'], 3) && s.any('must'),
  replyOrder: ({ sentence: s, command }) => command && (s.near('your', ['reply'], 2) || s.after('your', 'message', 'text', 'content')) && !s.word(...EVERYDAY),
}

/** A frame: what only templates of prompts and servers' messages have. Beginnings of lines. */
const FRAME = /<\|[a-z_]{2,20}\|>|\[\/?(?:INST|SYSTEM|ADMIN|SYS)\]|<<SYS>>|<\/?(?:system|SYSTEM|IMPORTANT|important|assistant|instructions?|admin|secret|hidden|override)>|(?:^|[\n.)])[ \t]{0,8}(?:#{1,4} ?)?(?:SYSTEM|ADMIN|DEVELOPER|ROOT|System|Developer|Assistant)(?: (?:note|message|prompt|instruction|override|update|notice|NOTE|MESSAGE|PROMPT|OVERRIDE|UPDATE|NOTICE))?s?: ?[A-Z]/
/** A tool's result that speaks as the model thinks. */
const SPEAKER = /(?:^|\n)\s{0,8}(?:reasoning|thoughts?|assistant|ai|bot)(?: ?\([a-z ]{2,20}\))?:|\b(?:systemhinweis|nota del sistema|note syst[eè]me|nota di sistema|nota do sistema):?/i
/** Five words and more in capitals, where others are not. */
const SHOUT = /(?:\b[A-Z]{2,20}\b[ ,'!]{1,3}){4,200}\b[A-Z]{2,20}\b/
const LOWER = /[a-z]{3}/
const END_OF_PROMPT = /(?:^|\n)["'\s]{0,8}[=#*-]{3,40}\s?(?:end|begin|start|new|stop)\b|\\n\\n[=-]{3,20}/i
const EMPHASIS = /(?:^|\n|\. )\W{0,4}(?:IMPORTANT|CRITICAL|WARNING|URGENT|ATTENTION|NOTICE|MANDATORY|REQUIRED|NOTE TO|OVERRIDE|STOP)\b/
const COMMENT = /<!--([^>]{8,2000})-->|(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?0|color\s?:\s?(?:white|#fff))/i

const ROW = /^\s*\||\|[^|]*\||\t[^\t]*\t/
/** What tools say below a table: how to get more of it. */
const HINT = /^\W*(?:please )?(?:use|see|run|call|refer|visit|contact|click|note|try|add|set|pass|specify|read|view|download|select|open|check|filter|sort|scroll|update|install|page|show)\b/i

/** A line of prose that commands, in what is otherwise rows of a table. */
function isStranded(text: string): boolean {
  const lines = text.slice(0, 16_384).split('\n').filter((line) => line.trim() !== '')
  const rows = lines.filter((line) => ROW.test(line)).length
  return rows >= 3 && rows >= lines.length * 0.6 && lines.some((line) => !ROW.test(line) && line.length < 400 && !HINT.test(line) && isImperative(line))
}

/** The signs of the sentences of a text, each with in how many sentences; of the whole text those that are no sentence's. */
export function signsOf(text: string, tokens: Tokens): Map<Sign, number> {
  const found = new Map<Sign, number>()
  const add = (sign: Sign, by = 1): void => void found.set(sign, (found.get(sign) ?? 0) + by)
  let attack = 0
  for (let at = 0; at + 1 < tokens.starts.length; at++) {
    const sentence = new Sentence(tokens, tokens.starts[at] ?? 0, tokens.starts[at + 1] ?? 0)
    const context = { sentence, command: isImperative(sentence.text()) }
    for (const [sign, test] of Object.entries(OF_SENTENCE) as readonly [Sign, Test][]) if (test(context)) add(sign)
    attack += sentence.count('attack')
    if (sentence.any('offensive') && sentence.attacks()) add('attackAct')
  }
  if (attack > 0) add('attack')
  if (attack > 1 || (attack > 0 && found.has('attackAct'))) add('attackMore')
  if (FRAME.test(text) || END_OF_PROMPT.test(text)) add('frame')
  if (text.includes('\n') && isStranded(text)) add('stranded')
  if (SPEAKER.test(text)) add('speaker')
  if (SHOUT.test(text) && LOWER.test(text)) add('shout')
  if (EMPHASIS.test(text)) add('emphasis')
  if (COMMENT.test(text)) add('comment')
  if (tokens.words.length <= 12) add('short')
  return found
}
