/** What the user's words ask for: which effects they permit, which words they use, whether they hand the choice to some text. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { DELEGATION, REQUEST_WORDS } from './lexicon.ts'
import { looksEnglish, stem, textWords } from './words.ts'

export interface Request {
  readonly effects: ReadonlySet<Effect>
  /** Stems of its words. */
  readonly words: ReadonlySet<string>
  /** Whether its words can be judged at all: English with a verb that the lexicon knows, or a question. */
  readonly understood: boolean
  readonly delegates: boolean
}

/** How many of the latest turns count: "yes, do that" means what came before. */
const TURNS = 3
const LENGTH = 4000
const QUESTION = /^(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|can you (?:tell|show|explain))\b/i

/** Words with which a turn goes on with what was said before it. */
const GOES_ON = new Set((
  'yes yep yeah yup ok okay sure fine great good perfect thanks thank correct right no nope not please go continue proceed do try again same and also but then next ' +
  'now instead actually sorry oh wait both all none first second third last either'
).split(' '))
/** A shorter turn leaves out what was said before it. */
const SHORT = 5

/** Whether a turn is a request of its own. */
function standsAlone(turn: string): boolean {
  const words = textWords(turn.slice(0, LENGTH), SHORT)
  return words.length >= SHORT && !GOES_ON.has(words[0] === 'please' ? words[1] ?? '' : words[0] ?? '') && readRequest(turn)?.understood === true
}

/**
 * `turns` oldest first; the newest that asks counts, with those before it where it goes on with them. `anew`: it follows an answer that asked
 * nothing. Undefined where there are no words.
 */
export function requestOf(turns: readonly string[], anew = false): Request | undefined {
  const newest = turns.at(-1) ?? ''
  return readRequest(anew && standsAlone(newest) ? newest : turns.slice(-TURNS).map((turn) => turn.slice(0, LENGTH)).join('\n'))
}

function readRequest(said: string): Request | undefined {
  const text = said.slice(0, TURNS * (LENGTH + 1)).trim()
  const words = textWords(text, 800)
  if (words.length === 0) return undefined
  const effects = new Set<Effect>()
  for (const word of words) for (const effect of REQUEST_WORDS.get(stem(word)) ?? []) effects.add(effect)
  if (QUESTION.test(text)) effects.add('read')
  return {
    effects,
    words: new Set(words.map(stem)),
    understood: looksEnglish(words) ? effects.size > 0 : effects.size > 0 && words.length <= 4,
    delegates: DELEGATION.some((pattern) => pattern.test(text)),
  }
}
