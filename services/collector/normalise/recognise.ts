/** Which table reads a record: scope name, then service name, then attributes, then HTTP of MCP endpoints, then the span's name. */
import type { Vantage } from '../../../schemas/vocabulary.ts'
import type { KeyValues } from '../otlp/model.ts'
import { compileEmitter, type Emitter } from './compile.ts'
import { CONVENTIONAL, EMITTERS } from './emitters/list.ts'
import type { EmitterTable, Mark, Source, SpanKind } from './emitters/table.ts'
import { nameOf } from './names.ts'
import { plainText, readerOf } from './readings.ts'
import { holds } from './when.ts'
import { AGENT_OPERATIONS } from './words.ts'

const OPERATION = 'gen_ai.operation.name'
const METHOD = 'mcp.method.name'

/** A span's kind; `log` for a log record. */
type Kind = SpanKind | 'log'

const hasPrefix = (attributes: KeyValues, prefix: string): boolean => {
  for (const key of attributes.keys()) if (key.startsWith(prefix)) return true
  return false
}

const carries = (attributes: KeyValues, kind: Kind, mark: Mark): boolean =>
  (mark.kind === undefined || mark.kind === kind) &&
  (mark.keys === undefined || mark.keys.every((key) => attributes.has(key))) &&
  (mark.prefix === undefined || hasPrefix(attributes, mark.prefix))

const isAgentOperation = (attributes: KeyValues): boolean => AGENT_OPERATIONS.has(plainText(attributes.get(OPERATION)))

/** Which side speaks: by span kind, but an agent's operation is the agent's word unless it is a client's or server's span of an MCP method. */
export function vantageOf(table: EmitterTable, kind: SpanKind, name: string, attributes: KeyValues): Vantage {
  for (const { when, vantage } of table.vantageWhere ?? []) if (holds(when, name, attributes)) return vantage
  const asAgent = table.agentOperations === true && isAgentOperation(attributes) && (kind === 'internal' || !attributes.has(METHOD))
  return asAgent ? 'agent' : table.vantage[kind]
}

type Reader = (attributes: KeyValues) => string

/** How a table of HTTP requests tells one to an MCP endpoint. */
interface Requests {
  readonly emitter: Emitter
  readonly methods: readonly Reader[]
  readonly paths: readonly Reader[]
  readonly headers: readonly Reader[]
}

function readersOf(sources: readonly Source[] = []): readonly Reader[] {
  return sources.map((source) => {
    const read = readerOf(source)
    return (attributes) => {
      const value = attributes.get(source.key)
      return value === undefined ? '' : read(value)
    }
  })
}

const requestsOf = (emitter: Emitter): Requests => {
  const { fields } = emitter.table
  return { emitter, methods: readersOf(fields.http_method), paths: readersOf(fields.path), headers: readersOf([...(fields.method ?? []), ...(fields.object ?? [])]) }
}

const saysAny = (readers: readonly Reader[], attributes: KeyValues): boolean => readers.some((read) => read(attributes) !== '')

export class Recogniser {
  readonly #byTable: ReadonlyMap<EmitterTable, Emitter> = new Map(EMITTERS.map((table) => [table, compileEmitter(table)]))
  readonly #byScope = this.#index((table) => table.recognise.scopes)
  readonly #byService = this.#index((table) => table.recognise.services)
  readonly #byResource = this.#index((table) => table.recognise.resource)
  readonly #marks = EMITTERS.filter(({ http }) => http === undefined).flatMap((table) => (table.recognise.marks ?? []).map((mark) => ({ mark, emitter: this.#of(table) })))
  readonly #paths: readonly string[]
  readonly #requests = EMITTERS.filter(({ http }) => http !== undefined).map((table) => requestsOf(this.#of(table)))

  constructor(mcpPaths: readonly string[]) {
    this.#paths = mcpPaths.map((path) => path.replace(/\/+$/, ''))
  }

  /** By scope or service, the same for all records of a group. */
  group(scope: string, service: string): Emitter | undefined {
    return this.#byScope.get(scope) ?? this.#byService.get(service)
  }

  /** For metrics, which have little else to be told by. */
  resource(attributes: KeyValues): Emitter | undefined {
    for (const [key, emitter] of this.#byResource) if (attributes.has(key)) return emitter
    return undefined
  }

  /** By the record itself; undefined = nothing to do with MCP or an agent. */
  record(known: Emitter | undefined, attributes: KeyValues, kind: Kind, name: string): Emitter | undefined {
    if (known?.table.keeps === 'all' || known?.table.recognise.names?.includes(name) === true) return known
    if (known?.table.passes?.some((start) => name.startsWith(start)) === true) return undefined
    for (const { mark, emitter } of this.#marks) if (carries(attributes, kind, mark)) return known ?? emitter
    if (isAgentOperation(attributes)) return known ?? this.#of(CONVENTIONAL)
    const request = this.#request(known, attributes, kind)
    if (request !== undefined) return known?.table.ownRequests === true ? known : request
    if (known !== undefined && impliedByName(known.table, name)) return known
    const conventional = this.#of(CONVENTIONAL)
    return nameOf(conventional.names, name) !== undefined || impliedByName(CONVENTIONAL, name) ? (known ?? conventional) : undefined
  }

  /** Whose request to an MCP endpoint it is; undefined = none. */
  #request(known: Emitter | undefined, attributes: KeyValues, kind: Kind): Emitter | undefined {
    const signal = kind === 'log' ? 'log' : 'span'
    const requests = this.#requests.find(({ emitter }) => {
      const { http, recognise } = emitter.table
      if (http !== signal) return false
      return emitter === known || recognise.marks === undefined || recognise.marks.some((mark) => carries(attributes, kind, mark))
    })
    return requests !== undefined && this.#isMcp(requests, attributes) ? requests.emitter : undefined
  }

  #isMcp({ methods, paths, headers }: Requests, attributes: KeyValues): boolean {
    return saysAny(headers, attributes) || (saysAny(methods, attributes) && paths.some((read) => this.#isMcpPath(read(attributes))))
  }

  #isMcpPath(path: string): boolean {
    return path !== '' && this.#paths.some((known) => path === known || path.startsWith(`${known}/`))
  }

  #index(names: (table: EmitterTable) => readonly string[] | undefined): ReadonlyMap<string, Emitter> {
    return new Map(EMITTERS.flatMap((table) => (names(table) ?? []).map((name) => [name, this.#of(table)] as const)))
  }

  #of(table: EmitterTable): Emitter {
    const emitter = this.#byTable.get(table)
    if (emitter === undefined) throw new RangeError(`mapping table ${table.id} is not in the list`)
    return emitter
  }
}

const impliedByName = (table: EmitterTable, name: string): boolean =>
  (table.implied ?? []).some(({ when }) => 'name' in when && when.name.includes(name))
