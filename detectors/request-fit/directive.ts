/**
 * Text in a tool's result that speaks to the model instead of informing it. Features of the sentence, no list of attack phrases:
 * a bare imperative, somebody addressed, urgency before other work, a tool or secrecy talked about.
 */
import { TOOL_VERBS, REQUEST_WORDS } from './lexicon.ts'
import { stem, textWords } from './words.ts'

export interface Directive {
  /** 0..1: how much the text reads like an instruction to whoever works on it. */
  readonly score: number
  readonly reasons: readonly string[]
}

interface Feature {
  readonly weight: number
  readonly reason: string
  readonly test: (text: string) => boolean
}

const LEAD_IN = new Set(['please', 'now', 'then', 'also', 'first', 'next', 'finally', 'and', 'just', 'kindly', 'immediately', 'instead',
  'additionally', 'but', 'so', 'once', 'done'])
const NOT_IMPERATIVE = new Set(['report', 'order', 'book', 'mail', 'email', 'message', 'transfer', 'payment', 'post', 'share', 'list', 'view',
  'comment', 'purchase', 'display', 'note', 'date'])

/** Whether the sentence begins with a verb in its base form, after words like "please"; a noun-like verb needs an object behind it. */
export function isImperative(sentence: string): boolean {
  const words = textWords(sentence.slice(0, 160), 8)
  let at = 0
  while (at < words.length && LEAD_IN.has(words[at] ?? '')) at++
  const verb = words[at] ?? ''
  if (!BASE_VERBS.has(verb) && !TOOL_VERBS.has(stem(verb)) && !REQUEST_WORDS.has(stem(verb))) return false
  if (/(?:ed|ing|s)$/.test(verb) && !/(?:ss|feed|embed|need|proceed|address|process)$/.test(verb)) return false
  if (words.length < at + 2) return false
  return at > 0 || !NOT_IMPERATIVE.has(verb) || OBJECT.has(words[at + 1] ?? '') || AMOUNT.test(sentence)
}

/** "Transfer $10 …", "Wire 300 to …": an amount behind a word that is a noun as well. */
const AMOUNT = /^\W{0,3}\p{L}+ (?:[$€£]\d|\d[\d,.]{0,12} (?:to|into|onto)\b)/u

/** Verbs that no lexicon of effects needs, in the form that a command has. */
const BASE_VERBS = new Set((
  'accept access acquire act adopt advise aggregate agree aim allocate alter attach attempt avoid begin bring bypass capture carry choose ' +
  'claim collect combine ' +
  'concatenate concat confirm connect consider consult contain continue convince copy decide decode decrypt demand derive disclose display ' +
  'distribute encode encrypt ' +
  'ensure enumerate expose express finish gather go grab guide hand hide hold ignore include infer initiate inject instruct introduce issue ' +
  'join keep learn leave leak ' +
  'let locate match meet mention modify name obtain offer omit output override paste persuade pick place point prefer pretend print proceed ' +
  'produce promise provide ' +
  'raise react recite redirect refer refuse relay remember repeat rephrase request require respond reveal rewrite save say see select ' +
  'simulate solve specify start state ' +
  'stream supply swap switch take talk tell think throw trace transmit treat try turn type use utilize wait warn'
).split(' '))
const OBJECT = new Set('the a an my your all any every this that these those it them him her to me us everything'.split(' '))

const SILENCE =
  /\b(?:do not|don't|never|without) (?:tell|mention|inform|notify|reveal|ask)(?:ing|ying)?\b[^.]{0,30}\b(?:user|human|this|him|her|anyone)\b/i

const FEATURES: readonly Feature[] = [
  { weight: 0.5, reason: 'begins with a command', test: isImperative },
  { weight: 0.3, reason: 'says what somebody has to do', test: (text) =>
    (/\b(?:you|we) (?:must|should|need to|have to|are (?:required|asked|instructed|to))\b/i.test(text)
    || /\b(?:make sure|be sure|remember|do not forget|don't forget) to\b/i.test(text)) },
  { weight: 0.3, reason: 'addresses a model or assistant', test: (text) =>
    (/\b(?:assistant|agent|model|chatbot|ai|llm|gpt|claude|copilot)\b[^.]{0,60}\b(?:you|must|should|please|will)\b/i.test(text)
    || /\bas an (?:ai|assistant|agent)\b/i.test(text)) },
  { weight: 0.3, reason: 'puts itself before other work', test: (text) =>
    /\b(?:before|instead of|prior to) (?:you )?(?:can |may |could )?(?:answer|solv|complet|continu|proceed|respond|finish|do)/i.test(text)
    || /\b(?:ignore|disregard|forget|override)\b[^.]{0,40}\b(?:previous|prior|above|earlier|all|instruction)/i.test(text) },
  { weight: 0.2, reason: 'speaks about tools or parameters', test: (text) =>
    (/\b(?:call|use|invoke) (?:the )?[\w`'"-]{2,40} (?:tool|function|command)\b/i.test(text)
    || /\bwith (?:the )?(?:argument|parameter)s?\b/i.test(text)) },
  { weight: 0.3, reason: 'asks for silence towards the user', test: (text) =>
    SILENCE.test(text) },
]

const TEXT = 4096

/** How far `text` (its first 4,096 characters) reads as an instruction to a model; the best sentence counts. */
export function instructionLike(text: string): Directive {
  let best: Directive = { score: 0, reasons: [] }
  for (const sentence of sentencesOf(text.slice(0, TEXT))) {
    const found = FEATURES.filter((feature) => feature.test(sentence))
    const score = Math.min(1, found.reduce((sum, feature) => sum + feature.weight, 0))
    if (score > best.score) best = { score, reasons: found.map((feature) => feature.reason) }
  }
  return best
}

/** Ends of sentences, list items, empty lines, what a colon announces on the next line, and the punctuation between fields of JSON or YAML. A line break alone ends nothing. */
const BREAK = /[.!?][)"'’]* |[.!?]?\n\s*\n|:[ \t]{0,8}\n|\n\s*[-*•] |;\s|["']\s?[:,]\s?[["'{]+/

const partsOf = (text: string): readonly string[] => text.replaceAll('\\n', '\n').replaceAll('\\"', '"').split(BREAK)

/** `subject: 'Send …`: the name of a field and its quotes are not part of the sentence it holds. */
const FIELD = /^[\p{L}\p{N}_ -]{1,30}[:=](?: ["'“]?|["'“])/u
const clean = (part: string): string => part.trim().replaceAll(/\s+/g, ' ').replace(FIELD, '').replace(/^['"“‘(\s]+/, '')

/** Sentences, list items and field values of at least four characters. */
export function sentencesOf(text: string): readonly string[] {
  return partsOf(text).map(clean).filter((part) => part.length > 3)
}

const BEFORE = 320
const AFTER = 240

/** A command about what the sentence before it named: "P025 is the one. Please buy it." */
const REFERS = /\b(?:it|them|one|this|that|there|him|her)\b/i
const PARAGRAPH = /\n\s*\n/

/**
 * The sentence of `text` that holds the character at `at`, with the next one of the same paragraph where that refers back to it.
 * Only the neighbourhood is read, so the cost does not grow with the text.
 */
export function sentencesAt(text: string, at: number): readonly string[] {
  const head = partsOf(text.slice(Math.max(0, at - BEFORE), at)).at(-1) ?? ''
  const after = text.slice(at, at + AFTER)
  const sentence = clean(head + (partsOf(after)[0] ?? ''))
  const next = clean(partsOf(after.replaceAll('\\n', '\n').split(PARAGRAPH)[0] ?? '')[1] ?? '')
  return next.length < 120 && REFERS.test(next) && isImperative(next) ? [sentence, `${next} (${sentence})`] : [sentence]
}
