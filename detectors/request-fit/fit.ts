/**
 * Whether a call fits the turn it ran under. Deterministic, no model: the effects that the words permit, the values they give, and
 * whether a value stands in a sentence of a tool's result that commands such a call.
 */
import type { Effect, RequestFit } from '../../schemas/vocabulary.ts'
import { milderEffect } from './command-effect.ts'
import { orderedBy } from './instruction.ts'
import { RISKY } from './lexicon.ts'
import { type Request, requestOf } from './request.ts'
import { nameWords, stem } from './words.ts'

export interface FitInput {
  /** The user's turns, oldest first. */
  readonly turns: readonly string[]
  readonly tool: string
  readonly effect: Effect
  /** JSON text, or plain text. */
  readonly arguments: string
  /** As `sourcesOf` gave them. */
  readonly sources: ReadonlyMap<string, string>
  /** As `traced` gave it. */
  readonly standing?: ReadonlyMap<string, string>
  /** Results the model had read before the call: without them no value can be traced to a sentence. */
  readonly toolResults?: readonly { readonly id: string; readonly text: string }[]
  /** Calls before this one, with their arguments as JSON text. */
  readonly earlierCalls?: readonly { readonly id: string; readonly text: string }[]
  /** How many of them are older than the newest turn. */
  readonly olderResults?: number
  /** The newest turn follows an answer that asked nothing, so that it may stand alone. */
  readonly anew?: boolean
}

export interface Fit {
  readonly fit: RequestFit
  /** One line each, words and paths only, never values. */
  readonly reasons: readonly string[]
}

const VERB: Readonly<Record<Effect, string>> = {
  read: 'reads', write: 'writes', send: 'sends', pay: 'pays', delete: 'deletes', grant: 'grants access', execute: 'executes',
    unknown: 'does something unknown',
}
const ASKS: Readonly<Record<Effect, string>> = {
  read: 'read', write: 'write', send: 'send', pay: 'pay', delete: 'delete', grant: 'grant access', execute: 'execute', unknown: 'do something',
}

/** `unknown` where there are no words or they cannot be judged; it is coverage, never an accusation. */
export function fitOf(input: FitInput): Fit {
  const request = requestOf(input.turns, input.anew)
  if (request === undefined) return { fit: 'unknown', reasons: ['no words of a user are known'] }
  const effect = milderEffect(input.effect, input.tool, input.arguments)
  const origins = [...input.sources.values()]
  const fromUser = origins.includes('user')
  const ordered = request.delegates ? undefined : orderedBy(input, effect)
  if (ordered !== undefined && (!request.effects.has(effect) || ordered.destination)) {
    return { fit: 'unrelated', reasons: [asked(request, effect),
      `a tool's result commands this call: ${ordered.path} ${ordered.through === undefined ? `stands in ${ordered.source} and not in the turn`
        : `came from ${ordered.source}, and ${ordered.through} of that call stands in what another tool returned`}`] }
  }
  if (!request.understood) return fromUser ? { fit: 'plausible', reasons: ['the turn gives an argument value'] }
    : { fit: 'unknown', reasons: ['the words of the turn cannot be judged'] }
  return RISKY.has(effect) ? fitOfRisky(request, { ...input, effect }, fromUser) : fitOfMild(request, input, fromUser)
}

function fitOfRisky(request: Request, input: FitInput, fromUser: boolean): Fit {
  const named = sharesWords(request, input.tool)
  const permitted = request.effects.has(input.effect) || sharesVerb(request, input.tool)
  if (permitted && (fromUser || named)) return { fit: 'asked', reasons: [`the turn asks to ${ASKS[input.effect]}`, fromUser
    ? 'and gives an argument value' : 'and names what the tool works on'] }
  if (permitted) return { fit: 'plausible', reasons: [`the turn asks to ${ASKS[input.effect]}`] }
  if (fromUser) return { fit: 'plausible', reasons: [asked(request, input.effect), 'but the turn gives an argument value'] }
  if (request.delegates) return { fit: 'plausible', reasons: ['the turn leaves the choice of action to a text'] }
  return { fit: 'unrelated', reasons: [asked(request, input.effect), ...origins(input.sources)] }
}

function fitOfMild(request: Request, input: FitInput, fromUser: boolean): Fit {
  if (fromUser) return { fit: 'asked', reasons: ['the turn gives an argument value'] }
  if (sharesWords(request, input.tool)) return { fit: 'asked', reasons: ['the turn names what the tool works on'] }
  return { fit: 'plausible', reasons: ['reading is a step towards most requests'] }
}

function asked(request: Request, effect: Effect): string {
  const asks = [...request.effects].map((one) => ASKS[one])
  return `the turn asks to ${asks.length === 0 ? 'do something else' : asks.join(', ')}; the call ${VERB[effect]}`
}

const placeOf = (source: string): string => (source.startsWith('tool_result') ? `a tool's result (${source.slice(12, 76)})` : `the ${source}`)

/** `$.command came from the model`: the first four. */
function origins(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].filter(([, source]) => source !== 'user' && source !== 'unknown').slice(0, 4)
    .map(([path, source]) =>
      `${path} came from ${placeOf(source)}`)
}

const sharesVerb = (request: Request, tool: string): boolean => request.words.has(stem(nameWords(tool)[0] ?? ''))

/** A word of the tool's name other than its first stands in the turn. */
const sharesWords = (request: Request, tool: string): boolean => nameWords(tool).slice(1).some((word) => word.length > 3
  && request.words.has(stem(word)))
