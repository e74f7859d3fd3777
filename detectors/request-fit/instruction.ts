/** Whether a value of the call stands in a sentence of a tool's result that commands such a call. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { instructionLike, isImperative, sentencesAt } from './directive.ts'
import { REQUEST_WORDS, RISKY } from './lexicon.ts'
import { indexOfValue } from './said.ts'
import { atomsOf, valuesIn } from './sources.ts'
import { isTrivial, normalise } from '../arguments/values.ts'
import { nameWords, stem, textWords } from './words.ts'

export interface OrderedCall {
  /** Argument path. */
  readonly path: string
  /** `tool_result:<id>`. */
  readonly source: string
  /** The value says where something goes or runs (URL, address, account), or the whole sentence is the order. */
  readonly destination: boolean
  /** The order is for the call whose result the value came from: the path there of the value that was ordered. */
  readonly through?: string
}

export interface CallWithSources {
  /** The user's turns. */
  readonly turns?: readonly string[]
  /** Calls before this one, with their arguments as JSON text. */
  readonly earlierCalls?: readonly { readonly id: string; readonly text: string }[]
  readonly tool: string
  readonly arguments: string
  readonly sources: ReadonlyMap<string, string>
  /** Path → the folded text under which the value stands in the result, where that is another. */
  readonly standing?: ReadonlyMap<string, string>
  readonly toolResults?: readonly { readonly id: string; readonly text: string }[]
  /** How many of them are older than the newest turn. */
  readonly olderResults?: number
}

const RESULTS = 32
const LENGTH = 64 * 1024

/** The first argument whose value a tool's result orders; undefined where none is. Does nothing unless a value came from a result. */
export function orderedBy(call: CallWithSources, effect: Effect): OrderedCall | undefined {
  if (call.toolResults === undefined || ![...call.sources.values()].some((source) => source.startsWith('tool_result'))) return undefined
  const results = call.toolResults.slice(-RESULTS)
  const older = Math.max(0, results.length - (call.toolResults.length - (call.olderResults ?? 0)))
  for (const leaf of valuesIn(call.arguments)) {
    const source = call.sources.get(leaf.path)
    if (source === undefined || !source.startsWith('tool_result')) continue
    for (const part of partsOf(call.standing?.get(leaf.path) ?? normalise(leaf.text), effect)) {
      if (tells(part) && commanded(part, holders(part, results, older), { tool: call.tool, effect })) {
        return { path: leaf.path, source, destination: effect !== 'execute' || /:\/\/|@|\w\.\w{2,}\//.test(part) }
      }
    }
  }
  return RISKY.has(effect) ? orderedThrough(call, results.slice(older), effect) : undefined
}

/**
 * A text that says "I need a lamp, buy one" gives no id: a search finds it. So a value is also ordered that came from the result of a call with an
 * argument value that stands in an order, in a result before that, and not in the words of the user.
 * `results`: those since the newest turn.
 */
function orderedThrough(call: CallWithSources, results: readonly Result[], effect: Effect): OrderedCall | undefined {
  const turns = (call.turns ?? []).join('\n').toLowerCase()
  for (const [path, source] of call.sources) {
    const earlier = source.startsWith('tool_result:') ? call.earlierCalls?.find(({ id }) => source.endsWith(id) && source.length === id.length + RESULT_OF) : undefined
    if (earlier === undefined) continue
    const before = results.slice(0, Math.max(0, results.findIndex(({ id }) => id === earlier.id)))
    for (const leaf of valuesIn(earlier.text)) {
      const value = normalise(leaf.text)
      if (!tells(value) || indexOfValue(turns, value) >= 0 || !commanded(value, before, { tool: call.tool, effect })) continue
      return { path, source, destination: true, through: leaf.path }
    }
  }
  return undefined
}

const RESULT_OF = 'tool_result:'.length

/** Long texts are content that quotes: only a value of this length or a command is searched for its parts. */
const CONTENT = 160

const partsOf = (value: string, effect: Effect): readonly string[] =>
  value.length > CONTENT && effect !== 'execute' ? [value] : [...new Set([value, ...atomsOf(value)])]

/** Dates and amounts stand everywhere; a destination, a name or an id that a sentence dictates does not. */
const tells = (value: string): boolean => !isTrivial(value) && !/^[\d\s:./,+-]{1,19}$/.test(value)

interface Result {
  readonly id: string
  readonly text: string
}

/** The results in which a value is looked for: those since the newest turn where it stands in one of them, for then nobody needed the older ones. */
function holders(value: string, results: readonly Result[], older: number): readonly Result[] {
  if (older === 0) return results
  const newer = results.slice(older)
  return newer.some(({ text }) => placeIn(text, value) >= 0) ? newer : results
}

const placeIn = (text: string, value: string): number => indexOfValue(text.slice(0, LENGTH).toLowerCase(), value)

interface Wanted {
  readonly tool: string
  readonly effect: Effect
}

function commanded(value: string, results: readonly Result[], wanted: Wanted): boolean {
  return results.some(({ text }) => {
    const at = placeIn(text, value)
    return at >= 0 && sentencesAt(text.slice(0, LENGTH), at).some((sentence) => orders(sentence, wanted))
  })
}

/** An imperative, or a sentence with the marks of one, about the effect or the words of the tool. */
function orders(sentence: string, { tool, effect }: Wanted): boolean {
  if (!isImperative(sentence) && instructionLike(sentence).score < 0.5) return false
  const tools = new Set(nameWords(tool).map(stem))
  return textWords(sentence, 60).some((word) => tools.has(stem(word)) || (REQUEST_WORDS.get(stem(word)) ?? []).includes(effect))
}
