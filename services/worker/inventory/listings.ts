/** Where records carry lists of what is offered, and the definitions in such a text. Pure; the texts are a stranger's. */
import type { Attributes } from '../../../schemas/audit-event.ts'
import type { Definition, DefinitionKind } from '../../../schemas/tool-definition.ts'
import { definitionOf } from './definition.ts'
import { parsed, partsOf } from './json-parts.ts'

/** Most definitions that are read of one list. */
export const MOST_DEFINITIONS = 1_000
/** Most members of an object that lists are looked for in: a request to a model has some twenty. */
const MOST_MEMBERS = 200
/** How deep lists may lie in each other: `[{"functionDeclarations":[…]}]`. */
const MOST_NESTING = 3

/** Methods whose results list what a server has, and what such a list holds where its member does not say. */
export const LIST_METHODS: ReadonlyMap<string, DefinitionKind> = new Map([
  ['tools/list', 'tool'], ['prompts/list', 'prompt'], ['resources/list', 'resource'], ['resources/templates/list', 'resource_template'],
  ['server/discover', 'server'], ['initialize', 'server'],
])

/** Members that hold a list, in results of MCP, requests to models, and what agents tell of them. */
const LISTS: ReadonlyMap<string, DefinitionKind> = new Map([
  ['tools', 'tool'], ['prompts', 'prompt'], ['resources', 'resource'], ['resourceTemplates', 'resource_template'],
  ['function_tools', 'tool'], ['output_tools', 'tool'], ['functions', 'tool'], ['functionDeclarations', 'tool'], ['function_declarations', 'tool'],
])
/** Members that a result may be wrapped in. */
const AROUND: ReadonlySet<string> = new Set(['result'])
const OF_SERVER: readonly string[] = ['serverInfo', 'instructions', 'io.modelcontextprotocol/serverInfo']

/**
 * Attributes in which agents, model clients and instrumentations tell which tools a model was offered; the first that a record has counts. A name that
 * ends in a point stands for the keys that begin so, with a number next.
 */
export const CARRIERS = [
  // pydantic-ai: with descriptions and annotations.
  'model_request_parameters',
  // OTel GenAI conventions; Copilot Chat, Gemini CLI, Agent Framework, LiteLLM and others.
  'gen_ai.tool.definitions',
  // Sentry.
  'gen_ai.request.available_tools',
  // Vercel's AI SDK: opencode.
  'ai.prompt.tools',
  // Whole request to a model: Logfire, Claude Code (OTEL_LOG_RAW_API_BODIES).
  'request_data', 'body',
  // Result of a request, whatever its method: OpenLLMetry.
  'mcp.response.value',
  // OpenInference and OpenLLMetry, one attribute a tool and part.
  'llm.tools.', 'llm.request.functions.',
] as const

export interface Listing {
  readonly definitions: readonly Definition[]
  /** Entries of lists of definitions that could not be read: cut off, nameless, or beyond `MOST_DEFINITIONS`. */
  readonly leftOut: number
}

class Reader {
  readonly definitions: Definition[] = []
  leftOut = 0

  entry(kind: DefinitionKind, text: string): void {
    const value = parsed(text)
    // Some send each entry as JSON in a string.
    const [entry, sent] = typeof value === 'string' ? [parsed(value), value] : [value, text]
    const definition = entry === undefined ? undefined : definitionOf(kind, entry, sent)
    if (definition !== undefined) this.definitions.push(definition)
    else this.leftOut++
  }

  list(kind: DefinitionKind, text: string, nesting: number): void {
    const { parts, cut } = partsOf(text, MOST_DEFINITIONS)
    let whole = true
    for (const [, part] of parts) {
      if (this.definitions.length >= MOST_DEFINITIONS) this.leftOut++
      else if (nesting < MOST_NESTING && kind === 'tool' && holdsList(part)) this.within(part, nesting + 1)
      else {
        const before = this.leftOut
        this.entry(kind, part)
        whole = before === this.leftOut
      }
    }
    if (cut && whole) this.leftOut++
  }

  /** The lists among the members of an object, and what the object says of a server. */
  within(text: string, nesting: number): void {
    const { parts } = partsOf(text, MOST_MEMBERS)
    for (const [key, part] of parts) {
      const kind = LISTS.get(key)
      if (kind !== undefined && part.startsWith('[')) this.list(kind, part, nesting)
      else if (AROUND.has(key) && nesting < MOST_NESTING) this.within(part, nesting + 1)
    }
    if (OF_SERVER.some((key) => text.includes(`"${key}"`)) && parts.some(([key]) => key === 'capabilities')) this.entry('server', text)
  }

  any(kind: DefinitionKind, text: string): void {
    const start = text.trimStart()[0]
    if (start === '[') this.list(kind, text, 0)
    else if (start === '{') this.within(text, 0)
  }
}

/** Whether an entry is no tool but holds lists of some. */
const holdsList = (entry: string): boolean => partsOf(entry, MOST_MEMBERS).parts.some(([key, part]) => LISTS.has(key) && part.startsWith('['))

/** The definitions in one text. `kind`: what a bare list holds. */
export function listingOf(kind: DefinitionKind, text: string): Listing {
  const reader = new Reader()
  reader.any(kind, text)
  return { definitions: reader.definitions, leftOut: reader.leftOut }
}

const NUMBERED = /^(\d{1,4})\.(.+)$/

/** `llm.tools.0.tool.json_schema`, `llm.request.functions.0.description`: put together as the list that they were. */
function numbered(attributes: Attributes, prefix: string): string {
  const entries = new Map<string, Map<string, string>>()
  for (const [key, { text }] of attributes) {
    const [, number, part] = key.startsWith(prefix) ? (NUMBERED.exec(key.slice(prefix.length)) ?? []) : []
    if (number === undefined || part === undefined) continue
    entries.set(number, (entries.get(number) ?? new Map<string, string>()).set(part, text))
  }
  return `[${[...entries.values()].map(entryText).join(',')}]`
}

function entryText(parts: ReadonlyMap<string, string>): string {
  const whole = parts.get('tool.json_schema')
  if (whole !== undefined) return whole
  const { name, description, parameters } = Object.fromEntries(parts) as Readonly<Record<string, string | undefined>>
  const schema = parameters === undefined ? undefined : parsed(parameters)
  return JSON.stringify({ name, description, parameters: schema ?? parameters })
}

/** The list that the record's attributes carry under `carrier`, as JSON text; '' where there is none. */
export const carried = (attributes: Attributes, carrier: string): string =>
  (carrier.endsWith('.') ? numbered(attributes, carrier) : (attributes.get(carrier)?.text ?? ''))
