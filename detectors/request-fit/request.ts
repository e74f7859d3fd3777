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

/** `turns` oldest first. Undefined where there are no words. */
export function requestOf(turns: readonly string[]): Request | undefined {
  const text = turns.slice(-TURNS).map((turn) => turn.slice(0, LENGTH)).join('\n').trim()
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
