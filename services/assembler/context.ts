/**
 * What was said in one trace or conversation: the user's turns, system text, tool results and listings, in the order of the messages.
 * Agent spans repeat the whole history with every model call, so the longest list seen is kept, not the sum.
 * Shapes: OTel GenAI `gen_ai.input.messages` / `gen_ai.output.messages` / `gen_ai.system_instructions`, pydantic-ai
 * `pydantic_ai.all_messages`, Vercel AI SDK `ai.prompt.messages`, and what agents record of a person's words alone (`PROMPTS`).
 */
import type { FoldedTexts } from '../../detectors/request-fit/said.ts'
import { readCut } from './cut-json.ts'
import type { Observation } from './observation.ts'

export type PartKind = 'user' | 'system' | 'assistant' | 'tool_call' | 'tool_result'
export interface Part {
  readonly kind: PartKind
  /** Tool call id of calls and results, else ''. */
  readonly id: string
  /** Of a call its arguments, as JSON text. */
  readonly text: string
}

/** One message list, the longest that was seen of it. */
export interface Messages extends Told {
  /** The agent's run that it is of: the span above its earliest record, or that itself. */
  readonly run: string
  readonly since: bigint
}

export interface Context {
  /** Longest message list seen. */
  parts: readonly Part[]
  /** By the words that it begins with: agents of one trace have lists of their own. */
  readonly lists: Map<string, Messages>
  system: string[]
  listings: string[]
  /** Results seen on tool spans themselves, with the end of the call in nanoseconds. */
  results: { id: string; text: string; endedAt: bigint }[]
  /** Prompts that came as records of their own. */
  prompts: { text: string; at: bigint }[]
  /** Tool call id → since when its result is known to a model, nanoseconds. */
  readonly toldAt: Map<string, bigint>
  /** Start of the earliest record with messages, 0n = none. */
  since: bigint
  characters: number
  /** Texts as values were looked for in them: calls of one trace see nearly the same. */
  readonly folded: FoldedTexts
}

const PART_LIMIT = 16_384
const CONTEXT_LIMIT = 262_144
const LIST_LIMIT = 1_000
const LISTS_LIMIT = 16

export const emptyContext = (): Context => ({ parts: [], lists: new Map(), system: [], listings: [], results: [], prompts: [], toldAt: new Map(), since: 0n, characters: 0, folded: new Map() })

const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string =>
  (typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)).slice(0, PART_LIMIT)

function partOf(role: string, part: unknown): Part | undefined {
  const { type, id, content, result, response, text, toolCallId, output, arguments: sent, input, args } = record(part)
  if (type === 'tool_call') return { kind: 'tool_call', id: textOf(id), text: textOf(sent) }
  if (type === 'tool_call_response') return { kind: 'tool_result', id: textOf(id), text: textOf(result ?? response ?? content) }
  if (type === 'tool-call') return { kind: 'tool_call', id: textOf(toolCallId), text: textOf(input ?? args) }
  if (type === 'tool-result') return { kind: 'tool_result', id: textOf(toolCallId), text: textOf(record(output).value ?? output ?? result) }
  if (type !== 'text' && type !== undefined) return undefined
  const said = textOf(content ?? text)
  if (role === 'user') return { kind: 'user', id: '', text: said }
  if (role === 'system' || role === 'developer') return { kind: 'system', id: '', text: said }
  return role === 'tool' ? { kind: 'tool_result', id: textOf(id), text: said } : { kind: 'assistant', id: '', text: said }
}

interface Told {
  readonly parts: readonly Part[]
  /** Some are missing: what is not there may have been said all the same. */
  readonly cut: boolean
}

/** Parts of a message list as JSON text, up to where it was cut. */
function partsOf(json: string): Told {
  const { value, cut } = json === '' ? { value: [], cut: false } : readCut(json)
  const parts: Part[] = []
  for (const message of list(value)) {
    const { role, parts: own, content } = record(message)
    const pieces = Array.isArray(own) ? own : Array.isArray(content) ? content : typeof content === 'string' ? [{ type: 'text', content }] : []
    for (const piece of pieces) {
      const part = parts.length < LIST_LIMIT ? partOf(textOf(role), piece) : undefined
      if (part !== undefined) parts.push(part)
    }
  }
  return { parts, cut }
}

const attribute = (event: Observation, key: string): string => event.attributes.get(key)?.text ?? ''

/** The earliest time counts, whichever list came first. */
function keepTimes(context: Context, parts: readonly Part[], { at, since }: { readonly at: bigint; readonly since: bigint }): void {
  if (parts.length > 0 && (context.since === 0n || since < context.since)) context.since = since
  for (const { kind, id } of parts) {
    if (kind !== 'tool_result' || id === '') continue
    const known = context.toldAt.get(id)
    if (known === undefined || at < known) context.toldAt.set(id, at)
  }
}

const charactersIn = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.text.length, 0)
const isEarlier = (one: Messages, { run, since }: Pick<Messages, 'run' | 'since'>): boolean => one.since < since || (one.since === since && one.run <= run)

/** `of`: whose messages they are, and since when. */
function keepParts(context: Context, { parts, cut }: Told, of: Pick<Messages, 'run' | 'since'>): boolean {
  const key = parts.find(({ kind }) => kind !== 'system')?.text
  if (key === undefined) return false
  const known = context.lists.get(key)
  const longer = parts.length > (known?.parts.length ?? 0)
  if (!longer && known !== undefined && isEarlier(known, of)) return false
  if (longer && charactersIn(parts) > CONTEXT_LIMIT) return false
  if (known === undefined && (context.lists.size >= LISTS_LIMIT || charactersIn([...context.lists.values()].flatMap((list) => list.parts)) > CONTEXT_LIMIT)) return false
  const { run, since } = known !== undefined && isEarlier(known, of) ? known : of
  context.lists.set(key, { ...(longer || known === undefined ? { parts, cut } : { parts: known.parts, cut: known.cut }), run, since })
  if (longer && parts.length > context.parts.length) context.parts = parts
  return true
}

function keepText(context: Context, texts: string[], text: string): boolean {
  if (text === '' || texts.includes(text) || context.characters + text.length > CONTEXT_LIMIT) return false
  context.characters += text.length
  texts.push(text)
  return true
}

/** Whether the event can say anything about lineage; cheap enough to ask of every event. */
export const speaks = (event: Observation): boolean =>
  event.vantage === 'agent' || event.signal === 'log' || event.attributes.has('gen_ai.input.messages') ||
  event.attributes.has('pydantic_ai.all_messages')

/** Attributes that are a person's words, on records of these names, or names that go on after a space. */
const PROMPTS: readonly { readonly key: string; readonly names: readonly string[] }[] = [
  { key: 'prompt', names: ['user_prompt', 'claude_code.user_prompt', 'gemini_cli.user_prompt', 'codex.user_prompt'] },
  { key: 'user_prompt', names: ['claude_code.interaction'] },
  { key: 'user_message', names: ['reply'] },
  // On a model's call of its own it is the newest message, whoever wrote that.
  { key: 'copilot_chat.user_request', names: ['invoke_agent'] },
]
/** Written instead of a prompt that is not to be told. */
const WITHHELD: ReadonlySet<string> = new Set(['[REDACTED]', '<REDACTED>'])
/** Message lists of model calls, known before the call. */
const INPUTS = ['gen_ai.input.messages', 'ai.prompt.messages']

/** Adds what the event says to `context`; true when it says something new. */
export function hear(context: Context, event: Observation): boolean {
  let news = false
  for (const key of INPUTS) {
    const input = attribute(event, key)
    if (input === '') continue
    const [asked, answered] = [partsOf(input), partsOf(attribute(event, 'gen_ai.output.messages'))]
    const parts = [...asked.parts, ...answered.parts]
    keepTimes(context, parts, { at: event.started_at, since: event.started_at })
    news = keepParts(context, { parts, cut: asked.cut || answered.cut }, { run: event.parent_span_id, since: event.started_at }) || news
  }
  const all = attribute(event, 'pydantic_ai.all_messages')
  if (all !== '') {
    const { parts, cut } = partsOf(all)
    keepTimes(context, parts, { at: event.ended_at, since: event.started_at })
    news = keepParts(context, { parts, cut }, { run: event.span_id, since: event.started_at }) || news
  }
  news = keepText(context, context.system, attribute(event, 'gen_ai.system_instructions').slice(0, PART_LIMIT)) || news
  news = keepText(context, context.listings, attribute(event, 'gen_ai.tool.definitions').slice(0, PART_LIMIT)) || news
  if (event.result !== '' && (event.tool !== '' || event.tool_call_id !== '')) news = keepResult(context, event) || news
  for (const { key, names } of PROMPTS) {
    if (isNamed(event, names)) news = keepPrompt(context, attribute(event, key), event) || news
  }
  return news
}

/** A loop, because it is asked of every record: a function made for each would be most of what hearing one costs. */
function isNamed({ name }: Observation, names: readonly string[]): boolean {
  for (const known of names) if (name.startsWith(known) && (name.length === known.length || name[known.length] === ' ')) return true
  return false
}

function keepResult(context: Context, event: Observation): boolean {
  const id = event.tool_call_id || event.span_id
  const text = event.result.slice(0, PART_LIMIT)
  if (context.results.some((known) => known.id === id) || context.characters + text.length > CONTEXT_LIMIT) return false
  context.characters += text.length
  context.results.push({ id, text, endedAt: event.ended_at })
  return true
}

/** Spans below a turn repeat its words: of those the earliest counts, whichever came first. */
function keepPrompt(context: Context, text: string, { signal, started_at: at }: Observation): boolean {
  if (text === '' || WITHHELD.has(text)) return false
  const repeated = signal === 'span' ? context.prompts.find((prompt) => prompt.text === text.slice(0, PART_LIMIT)) : undefined
  if (repeated !== undefined) {
    if (repeated.at <= at) return false
    repeated.at = at
    return true
  }
  if (context.characters + text.length > CONTEXT_LIMIT) return false
  context.characters += text.length
  context.prompts.push({ text: text.slice(0, PART_LIMIT), at })
  return true
}

/** What was known before one call. */
export interface Before {
  readonly userTurns: string[]
  /** A turn of the user stands among the messages, without its words. */
  readonly withheld: boolean
  readonly system: string[]
  readonly toolResults: { readonly id: string; readonly text: string }[]
  readonly listings: string[]
  /** Earlier calls of the messages, with their arguments. */
  readonly calls: { readonly id: string; readonly text: string }[]
  /** The call itself stands in the message list, so everything before it is known. */
  readonly complete: boolean
  /** The newest turn begins something of its own: it follows an answer that asked nothing. False where the messages do not tell. */
  readonly anew: boolean
  /** How many of `toolResults` are older than the newest turn, as far as the messages tell. */
  readonly olderResults: number
}

/** How far back an answer is looked at for a question. */
const ENDING = 300

/** What the messages tell of the newest turn. */
function newestTurn(parts: readonly Part[]): Pick<Before, 'anew' | 'olderResults'> {
  const at = parts.findLastIndex(({ kind, text }) => kind === 'user' && text !== '')
  if (at <= 0) return { anew: false, olderResults: 0 }
  const older = parts.slice(0, at)
  const answer = older.findLast(({ kind }) => kind === 'assistant' || kind === 'user')
  return {
    anew: answer?.kind === 'assistant' && !answer.text.slice(-ENDING).includes('?'),
    olderResults: older.filter(({ kind, text }) => kind === 'tool_result' && text !== '').length,
  }
}

/** In the order in which they were said. */
const promptsBefore = ({ prompts }: Context, startedAt: bigint): string[] =>
  prompts.filter(({ at }) => at <= startedAt).sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : 0)).map(({ text }) => text)

/** What the messages tell, and results that they do not. */
function united(told: readonly Part[], earlier: Before['toolResults']): Before['toolResults'] {
  const known = new Set(told.map((part) => part.id))
  return [...told.map(({ id, text }) => ({ id, text })), ...earlier.filter((result) => !known.has(result.id))]
}

export interface Asking {
  /** '' where the call has none. */
  readonly toolCallId: string
  /** Nanoseconds. */
  readonly startedAt: bigint
  /** How many agent runs a span is, or stands below. */
  runsAbove(span: string): number
}

const placeIn = (parts: readonly Part[], id: string): number => (id === '' ? -1 : parts.findIndex((part) => part.kind === 'tool_call' && part.id === id))

/** The longest list in which the call stands. */
function ownList({ lists }: Context, id: string): Messages | undefined {
  let own: Messages | undefined
  for (const list of lists.values()) if (list.parts.length > (own?.parts.length ?? 0) && placeIn(list.parts, id) !== -1) own = list
  return own
}

/** What a person said to the agent on whose behalf the one of `own` works: what that one was told is another agent's word. Undefined where it works for the person, or nobody knows. */
function turnsAbove({ lists }: Context, own: Messages | undefined, { startedAt, runsAbove }: Asking): readonly Part[] | undefined {
  if (own === undefined || lists.size < 2 || runsAbove(own.run) < 2) return undefined
  const above = [...lists.values()].filter((list) => list !== own && list.since <= startedAt && runsAbove(list.run) < 2)
  const longest = above.reduce<Messages | undefined>((most, list) => (list.parts.length > (most?.parts.length ?? 0) ? list : most), undefined)
  return longest?.parts.filter(({ kind, text }) => kind === 'user' && text !== '')
}

/** The part of `context` that came before the call with this id (or, without one, before this start). */
export function before(context: Context, asking: Asking): Before {
  const { toolCallId, startedAt } = asking
  const own = ownList(context, toolCallId)
  const place = own === undefined ? -1 : placeIn(own.parts, toolCallId)
  const parts = own === undefined ? context.parts : own.parts.slice(0, place)
  const above = turnsAbove(context, own, asking)
  const of = (kind: PartKind) => parts.filter((part) => part.kind === kind && part.text !== '')
  const earlier = context.results.filter((result) => result.endedAt <= startedAt && result.id !== toolCallId)
  return {
    userTurns: [...(above ?? of('user')).map((part) => part.text), ...promptsBefore(context, startedAt)],
    withheld: parts.some(({ kind, text }) => kind === 'user' && text === ''),
    system: [...context.system, ...of('system').map((part) => part.text)],
    // Without the call's own place in the list, results in it may be later than the call: only those with a time count then.
    toolResults: place === -1 ? earlier : united(of('tool_result'), earlier),
    listings: context.listings,
    calls: place === -1 ? [] : of('tool_call').map(({ id, text }) => ({ id, text })),
    complete: own?.cut === false,
    ...(place === -1 || above !== undefined || context.prompts.length > 0 ? { anew: false, olderResults: 0 } : newestTurn(parts)),
  }
}
