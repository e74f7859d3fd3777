/** What a trace tells stage 2: its calls, and what was said in it. */
import type { Interaction, InteractionFields } from '../../schemas/interaction.ts'
import type { CarriedStates, Part, Told, Word } from '../../schemas/relay.ts'
import type { Before, Context } from './context.ts'
import type { Trace } from './trace.ts'

const TURNS_LIMIT = 8
const TURN_CHARACTERS = 2_048
const RESULT_CHARACTERS = 8_192
const RESULTS_CHARACTERS = 65_536
const WORDS_LIMIT = 256

/** The newest results in which argument values of the call stand. */
function namedResults({ argument_sources: sources }: InteractionFields, { toolResults }: Before): readonly Told[] {
  const named = new Set(sources.values())
  const results: Told[] = []
  let left = RESULTS_CHARACTERS
  for (const { id, text } of toolResults.toReversed()) {
    if (!named.has(`tool_result:${id}`)) continue
    const kept = text.slice(0, RESULT_CHARACTERS)
    if ((left -= kept.length) < 0) break
    results.push({ id, text: kept })
  }
  return results.reverse()
}

/** `conversation`: of the call, else of its trace. Only a tool call has lineage. */
export const conversationOf = (fields: Interaction, trace: Trace): string =>
  fields.method === 'tools/call' ? fields.conversation || trace.conversation : ''

/** The call of `fields` as the trace with this key shows it; `known`: what was said before it. */
export function partOf(fields: InteractionFields, { trace, key, known, states }: {
  readonly trace: Trace; readonly key: string; readonly known: Before | undefined; readonly states: CarriedStates
}): Part {
  const conversation = conversationOf(fields, trace)
  const tells = conversation === '' ? undefined : known
  return {
    interaction: fields, trace: key, conversation, rooted: trace.rootArrived, bridged: false, asked: states.asked, answered: states.answered,
    turns: tells === undefined ? [] : tells.userTurns.slice(-TURNS_LIMIT).map((turn) => turn.slice(0, TURN_CHARACTERS)),
    results: tells === undefined ? [] : namedResults(fields, tells),
  }
}

/** The user's turns and the tools' results, with the time since when they were known; the newest of each. */
export function wordsOf({ parts, prompts, results, toldAt, since }: Context): readonly Word[] {
  const turns: Word[] = prompts.map(({ text, at }) => ({ kind: 'turn', id: '', text: text.slice(0, TURN_CHARACTERS), at }))
  const told: Word[] = results.map(({ id, text, endedAt }) => ({ kind: 'result', id, text: text.slice(0, RESULT_CHARACTERS), at: endedAt }))
  for (const { kind, id, text } of parts) {
    if (text === '') continue
    if (kind === 'user') turns.push({ kind: 'turn', id: '', text: text.slice(0, TURN_CHARACTERS), at: since })
    const at = kind === 'tool_result' ? toldAt.get(id) : undefined
    if (at !== undefined) told.push({ kind: 'result', id, text: text.slice(0, RESULT_CHARACTERS), at })
  }
  return [...turns.slice(-WORDS_LIMIT), ...told.slice(-WORDS_LIMIT)]
}

/** Changes when `wordsOf` does: cheap to make and to keep. */
export function heardOf(conversation: string, { parts, prompts, results, toldAt, since }: Context): string {
  let times = 0n
  for (const at of toldAt.values()) times += at
  for (const { at } of prompts) times += at
  return `${conversation}\u0000${parts.length}.${prompts.length}.${results.length}.${toldAt.size}.${since}.${times}`
}
