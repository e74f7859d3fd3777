/** Orders in what was added that are none of the tool's business: it lists issues, and is now told to pay. Pure. */
import type { Effect } from '../../schemas/vocabulary.ts'
import type { ToolDefinition } from '../../schemas/tool-definition.ts'
import { isImperative, sentencesOf } from '../request-fit/directive.ts'
import { REQUEST_WORDS, TOOL_OBJECTS, TOOL_VERBS } from '../request-fit/lexicon.ts'
import { nameWords, stem, textWords } from '../request-fit/words.ts'
import type { Part } from '../text-signs/definition-text.ts'

/** Effects outside of the conversation that a description has no reason to order. */
const OUTWARD: ReadonlySet<Effect> = new Set<Effect>(['pay', 'send', 'grant'])
/** Two or more digits or an address: who is to get what. */
const PARTICULAR = /\d{2,}|[$€£]\s?\d|https?:\/\/|\bwww\.|@[\w-]+\.|['"][^'"]{3,60}['"]/
/** Descriptions explain; they do not plead. */
const PLEA = /\bplease\b/i
const WORDS = 40

const effectsOf = (word: string): readonly Effect[] => [...(TOOL_VERBS.get(word) ?? []), ...(TOOL_OBJECTS.get(word) ?? []), ...(REQUEST_WORDS.get(word) ?? [])]

/** Stems of all that the tool spoke of before. */
function ownWords({ name, description, input_schema }: ToolDefinition): ReadonlySet<string> {
  return new Set([...nameWords(name), ...textWords(`${description} ${input_schema}`, 4_000)].map(stem))
}

/** `Transfer $10 to EH90…`, `Visit www.…`: a command, outward, that shares none of its telling words with the tool, and says what or whom. */
function isForeign(sentence: string, own: ReadonlySet<string>): boolean {
  if (!isImperative(sentence)) return false
  const words = textWords(sentence.slice(0, 400), WORDS).map(stem)
  if (!words.slice(0, 14).some((word) => effectsOf(word).some((effect) => OUTWARD.has(effect)))) return false
  const telling = words.filter((word) => word.length > 3)
  const shared = telling.filter((word) => own.has(word)).length
  return telling.length >= 2 && shared <= telling.length * 0.34 && (PARTICULAR.test(sentence) || PLEA.test(sentence) || /\busers?['’]s?\b/i.test(sentence))
}

/** How many sentences of `added` are such orders; the first 200 are read. */
export function foreignOrders(added: readonly Part[], before: ToolDefinition): number {
  const own = ownWords(before)
  return added.flatMap(({ text }) => sentencesOf(text)).slice(0, 200).filter((sentence) => isForeign(sentence, own)).length
}
