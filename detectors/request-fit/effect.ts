/** What a call does to the world, read from names: the tool's verb first, then its objects, description and argument names. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { ARGUMENT_NAMES, EPHEMERAL, TOOL_OBJECTS, TOOL_VERBS } from './lexicon.ts'
import { nameWords, stem, textWords } from './words.ts'

export interface ToolFacts {
  readonly tool: string
  readonly description?: string
  readonly argumentNames: readonly string[]
}

/** Worst last: an object can only make a verb weigh more. */
const WEIGHT: readonly Effect[] = ['unknown', 'read', 'write', 'send', 'delete', 'grant', 'pay', 'execute']

const first = (words: readonly string[], lexicon: ReadonlyMap<string, readonly Effect[]>): Effect | undefined => {
  for (const word of words) {
    const effects = lexicon.get(stem(word))
    if (effects !== undefined) return effects[0]
  }
  return undefined
}

/** Verbs that change state, whose object says how much it matters. A verb of reading stays reading whatever it reads. */
const heavier = (verb: Effect, object: Effect | undefined): Effect => {
  if (object === undefined || verb === 'read' || verb === 'delete') return verb
  // "run" is the verb that only its object explains; for the rest an object cannot turn paying into writing.
  return WEIGHT.indexOf(object) > WEIGHT.indexOf(verb) ? object : verb
}

/** The effect of a tool as its names tell it; `unknown` where they tell nothing. */
export function effectOf({ tool, description = '', argumentNames }: ToolFacts): Effect {
  const words = nameWords(tool)
  const verb = first(words, TOOL_VERBS)
  const object = first(words, TOOL_OBJECTS)
  if (verb === 'delete' && words.some((word) => EPHEMERAL.has(word))) return 'write'
  if (verb !== undefined) return membership(words) ? 'grant' : heavier(verb, object)
  if (object !== undefined) return object
  const described = first(textWords(description.slice(0, 200), 12), TOOL_VERBS)
  if (described !== undefined && described !== 'read') return described
  return first(argumentNames.slice(0, 32), ARGUMENT_NAMES) ?? described ?? 'unknown'
}

/** `add_user_to_channel`, `addMemberToTeam`: putting somebody into something gives them what is in it. */
function membership(words: readonly string[]): boolean {
  const verb = words.indexOf('add')
  return verb >= 0 && words.indexOf('to', verb) > verb && words.some((word) => word === 'user' || word === 'member' || word === 'participant')
}
