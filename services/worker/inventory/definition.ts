/** One entry of a list of tools, prompts or resources, in the shape of whoever sent it, as a definition. Pure. */
import { hash } from 'node:crypto'
import type { Definition, DefinitionKind, HashForm } from '../../../schemas/tool-definition.ts'
import { canonicalJson, type Json, NoCanonicalForm } from './canonical-json.ts'

type Members = ReadonlyMap<string, Json>

/** Longest texts that are shown, in UTF-16 units; hashes are over the whole. */
const LONGEST = { name: 512, title: 512, description: 8_192, input_schema: 32_768, output_schema: 16_384, annotations: 8_192 } as const
type Shown = keyof typeof LONGEST

/** Replacements of the redactor: whether the emitter's words are all there. */
const REDACTED = /\[redacted:[a-z0-9_-]{1,40}:/

/** Where the parts of a definition stand: MCP's names, then those of model APIs and agents (OpenAI, Anthropic, Gemini, Bedrock, pydantic-ai). */
const INPUT = ['inputSchema', 'input_schema', 'parameters', 'parameters_json_schema', 'parametersJsonSchema'] as const
const OUTPUT = ['outputSchema', 'output_schema', 'return_schema', 'responseJsonSchema'] as const
/** An entry may be wrapped in one of these: `{"type":"function","function":{…}}`. */
const WRAPPERS = ['function', 'toolSpec', 'tool'] as const

const sha256 = (text: string): string => hash('sha256', text, 'hex')
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Its own members that are not null. */
function membersOf(value: Json | undefined): Members {
  return new Map(isObject(value) ? Object.entries(value).filter(([, member]) => member !== null) : [])
}

const textOf = (members: Members, key: string): string | undefined => {
  const value = members.get(key)
  return typeof value === 'string' ? value : undefined
}

const firstOf = (members: Members, keys: readonly string[]): Json | undefined => keys.map((key) => members.get(key)).find((value) => value !== undefined)

/** The parts that count, by the names that the hash is made over. */
type Whole = Readonly<Partial<Record<'name' | 'title' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations', Json>>>

const given = (parts: Readonly<Record<string, Json | undefined>>): Whole =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Whole

function unwrapped(members: Members): Members {
  if (members.has('name')) return members
  const inner = WRAPPERS.map((key) => membersOf(members.get(key))).find((own) => own.has('name'))
  return inner ?? members
}

function wholeTool(members: Members): Whole {
  const own = unwrapped(members)
  const input = firstOf(own, INPUT)
  const inner = membersOf(input)
  return given({
    name: textOf(own, 'name'), title: textOf(own, 'title'), description: textOf(own, 'description'),
    // Bedrock's schema is wrapped once more.
    inputSchema: inner.size === 1 && inner.has('json') ? inner.get('json') : input, outputSchema: firstOf(own, OUTPUT),
    annotations: own.get('annotations') ?? membersOf(own.get('metadata')).get('annotations'),
  })
}

/** A resource is known by its address; the name that people see is its title. */
function wholeResource(members: Members, address: 'uri' | 'uriTemplate'): Whole {
  const [type, shown] = [textOf(members, 'mimeType'), membersOf(members.get('annotations'))]
  const annotations = { ...Object.fromEntries(shown), ...(type === undefined ? {} : { mimeType: type }) }
  return given({
    name: textOf(members, address), title: textOf(members, 'title') ?? textOf(members, 'name'), description: textOf(members, 'description'),
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  })
}

/** Who a server says it is: in `serverInfo`, or since 2026-07-28 in `_meta`. */
function wholeServer(members: Members): Whole {
  const info = membersOf(members.get('serverInfo') ?? membersOf(members.get('_meta')).get('io.modelcontextprotocol/serverInfo'))
  const annotations = given({ version: textOf(info, 'version'), capabilities: members.get('capabilities') } as Record<string, Json | undefined>)
  return given({
    name: textOf(info, 'name'), title: textOf(info, 'title'), description: textOf(members, 'instructions'),
    annotations: Object.keys(annotations).length === 0 ? undefined : (annotations as Json),
  })
}

const WHOLE: Readonly<Record<DefinitionKind, (members: Members) => Whole>> = {
  tool: wholeTool,
  prompt: (members) => given({
    name: textOf(members, 'name'), title: textOf(members, 'title'), description: textOf(members, 'description'), inputSchema: members.get('arguments'),
  }),
  resource: (members) => wholeResource(members, 'uri'),
  resource_template: (members) => wholeResource(members, 'uriTemplate'),
  server: wholeServer,
}

/** Never half a surrogate pair. */
function cutTo(text: string, longest: number): string {
  if (text.length <= longest) return text
  const last = text.charCodeAt(longest - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest)
}

interface Hashed {
  readonly form: HashForm
  readonly text: string
  readonly why: string
}

/** `sent`: the entry as JSON text, which stands for it where it has no canonical form. */
function hashed(whole: Whole, sent: string): Hashed {
  try {
    return { form: 'jcs-1', text: canonicalJson(whole as Json), why: '' }
  } catch (error) {
    if (!(error instanceof NoCanonicalForm)) throw error
    return { form: 'text-1', text: sent, why: error.why }
  }
}

const canonicalOf = (value: Json | undefined): string => (value === undefined ? '' : canonicalJson(value))
const hashOf = (text: string): string => (text === '' ? '' : sha256(text))

/** Undefined where the entry names nothing. `entry` is a parsed JSON value, `sent` its text. */
export function definitionOf(kind: DefinitionKind, entry: unknown, sent: string): Definition | undefined {
  const whole = WHOLE[kind](membersOf(entry as Json))
  const { name, title, description } = whole as Readonly<Record<string, string | undefined>>
  if (name === undefined || name === '') return undefined
  const { form, text, why } = hashed(whole, sent)
  const part = (value: Json | undefined): string => (form === 'jcs-1' ? canonicalOf(value) : '')
  const full: Readonly<Record<Shown, string>> = {
    name, title: title ?? '', description: description ?? '',
    input_schema: part(whole.inputSchema), output_schema: part(whole.outputSchema), annotations: part(whole.annotations),
  }
  const notes = [
    ...(Object.keys(LONGEST) as Shown[]).filter((column) => full[column].length > LONGEST[column]).map((column) => `${column}:cut`),
    ...(why === '' ? [] : [`definition:${why}`]),
    ...(REDACTED.test(text) ? ['definition:redacted'] : []),
  ].sort()
  const show = (column: Shown): string => cutTo(full[column], LONGEST[column])
  return {
    kind, name: show('name'), title: show('title'), description: show('description'),
    description_bytes: description === undefined ? -1 : Buffer.byteLength(description),
    input_schema: show('input_schema'), output_schema: show('output_schema'), annotations: show('annotations'),
    definition_hash: sha256(text), hash_form: form, description_hash: hashOf(full.description), input_schema_hash: hashOf(full.input_schema),
    output_schema_hash: hashOf(full.output_schema), annotations_hash: hashOf(full.annotations), notes,
  }
}
