/**
 * What a mapping table is: how one emitter's telemetry is recognised and which of its attributes fill which field. Tables are
 * data; `compile.ts` turns them into look-ups once, `mapping-table.ts` prints them as documentation.
 */
import type { Trust, Vantage } from '../../../../schemas/vocabulary.ts'

/** By the OTLP number of the kind; 0 (unspecified) has no word in a record. */
export const SPAN_KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'] as const
export type SpanKind = (typeof SPAN_KINDS)[number]

/** Fields of the record that take one text. */
export type TextField =
  | 'method'
  | 'tool'
  | 'prompt'
  | 'resource'
  | 'server'
  | 'target'
  | 'jsonrpc_request_id'
  | 'tool_call_id'
  | 'conversation'
  | 'wire_session'
  | 'arguments'
  | 'result'
  | 'error_code'
  | 'error_type'
  | 'decision'
  | 'decision_by'
  | 'user_agent'

/** Fields of the record that say who or from where: value, source and trust go together. */
export type IdentityField = 'principal' | 'client' | 'agent' | 'token_fingerprint' | 'scopes' | 'client_address' | 'caller_tenant' | 'delegation'

/** What is read for judgement and also stays among the attributes. */
export type HintField =
  | 'operation'
  | 'object'
  | 'success'
  | 'rpc_status'
  | 'http_status'
  | 'http_method'
  | 'path'
  | 'duration_ms'
  | 'sequence'
  | 'arguments_bytes'
  | 'result_bytes'
  | 'status'
  | 'peer'
  | 'forwarded_for'
  | 'forwarded'

export type Field = TextField | IdentityField | HintField

/** How a value becomes a field. What a reading changes or cannot use stays among the attributes as well. */
export const READINGS = {
  text: 'text; numbers and booleans as text, bytes as the UTF-8 text that they are',
  braced: 'text without the braces around it',
  json: 'text as it is, structures as JSON text',
  words: 'list of words, separated by spaces or commas, or an array, also as JSON text',
  address: 'address without its port',
  header: 'first value of a header',
  actors: 'names of nested `act` claims (RFC 8693) or of a list, at most 16, as JSON text',
  list: 'all values of a header, with commas between',
  'mcp-method': 'text, only where it is a method of MCP',
  'mcp-name': 'first value of a header, `=?base64?…?=` decoded',
  path: 'path of a URL, without query',
  verb: 'first word of a request line',
  'request-path': 'path in a request line, without query',
  flag: 'a boolean, or its text in any case',
  negated: 'the opposite of a flag',
  milliseconds: 'number, the unit `ms` may follow',
  seconds: 'number of seconds, as milliseconds',
} as const
export type Reading = keyof typeof READINGS

export interface Source {
  readonly key: string
  readonly reading?: Reading
  /** The member of this name, or at the end of these names, in a JSON object (text or structure); a member that is a structure itself only with reading `json`. */
  readonly member?: string | readonly string[]
  /** Values that mean something else here and are passed over. */
  readonly except?: readonly string[]
  /** Only where another attribute of the same record says this. */
  readonly where?: { readonly key: string; readonly is: string }
  /** Only what these vantages say; all where omitted. */
  readonly from?: readonly Vantage[]
  /** Only on log records, where spans say it better. */
  readonly only?: 'log'
  /** Identity only. `reporter`: server_reported from a server or gateway, else client_reported; the default. */
  readonly trust?: Trust | 'reporter'
  /** Every attribute whose key starts with `key` becomes a member of one JSON object; with reading `json`, each is JSON text itself. */
  readonly prefix?: true
}

/** Order is precedence: the first source with a usable value wins, the others stay attributes. */
export type Sources = Readonly<Partial<Record<Field, readonly Source[]>>>

/** Attributes that give an emitter away where scope and service name do not: all of `keys`, or one key with `prefix`. */
export interface Mark {
  readonly keys?: readonly string[]
  readonly prefix?: string
  readonly kind?: SpanKind
}

/** One condition on the record's name or on a text attribute. */
export type When =
  | { readonly name: readonly string[] }
  | { readonly key: string; readonly is: readonly string[] }
  | { readonly key: string; readonly startsWith: string }
  | { readonly key: string; readonly endsWith: string }
  | { readonly nameStartsWith: string }
  /** It has a value at all. */
  | { readonly given: string }

export interface OutcomeRule {
  /** Name of the record; any where omitted. */
  readonly name?: string
  /** Whatever the record says where omitted. */
  readonly field?: 'decision' | 'status' | 'error_type' | 'success'
  readonly is?: string
  readonly outcome: 'ok' | 'denied' | 'tool_error' | 'protocol_error' | 'unknown'
}

export interface EmitterTable {
  /** `emitter` column. */
  readonly id: string
  /** `mapping_version` column: raised with every change of meaning. */
  readonly version: string
  readonly title: string
  /** Where the bodies come from that its mapping is held against: the program itself, or its documentation and source. */
  readonly golden: 'recorded' | 'built'
  readonly recognise: {
    readonly scopes?: readonly string[]
    readonly services?: readonly string[]
    /** Resource attributes that only this emitter sets: how its metrics are told, which have no other mark. */
    readonly resource?: readonly string[]
    readonly marks?: readonly Mark[]
    /** Names of records that are kept although nothing else marks them, where scope or service says whose they are. */
    readonly names?: readonly string[]
  }
  /** `all`: whatever carries its scope or service name; `recognised`: only what has MCP or agent attributes. */
  readonly keeps: 'all' | 'recognised'
  readonly vantage: Readonly<Record<SpanKind, Vantage>>
  /** Spans whose kind does not tell the side: the first condition that holds. */
  readonly vantageWhere?: readonly { readonly when: When; readonly vantage: Vantage }[]
  /** Vantage of its log records; `log` where omitted. */
  readonly logs?: 'gateway'
  /** Reads nothing but HTTP requests to MCP endpoints, known by path or headers; marks and scopes then only say whose they are. */
  readonly http?: 'span' | 'log'
  /** Its HTTP requests to MCP endpoints are read by this table, not by the one for HTTP. */
  readonly ownRequests?: true
  /** Beginnings of the names of spans that are no part of an interaction. */
  readonly passes?: readonly string[]
  /** A GenAI operation makes a span the agent's view: always, or unless it is a client's or server's span with an MCP method. */
  readonly agentOperations?: true
  readonly fields: Sources
  /** An attribute of an event within the span fills a field that its own attributes leave empty, where all such events agree. */
  readonly events?: readonly { readonly name: string; readonly key: string; readonly field: 'server' | 'result' }[]
  /** Span names that fill what attributes leave empty: `{method}`, `{target}`, `{tool}` and fixed text. */
  readonly names?: readonly string[]
  /** Method where the emitter names none: the first condition that holds. */
  readonly implied?: readonly { readonly when: When; readonly method: string }[]
  /** `server__tool` in one attribute: the text before is dropped, the rest split once. */
  readonly splitTool?: { readonly prefix: string; readonly separator: string }
  /** What the client writes before the tool's own name, with `{server}` for the server that the record names: `mcp_{server}_`. */
  readonly toolPrefixes?: readonly string[]
  /** The server's own bookkeeping, left out of volumes; `given`: only spans with this attribute. */
  readonly internal?: readonly { readonly kind: SpanKind; readonly method: string; readonly parentless: boolean; readonly name?: string; readonly given?: string }[]
  /** Log records are named by the attribute, else by OTLP's event name, else by a body that starts with `prefix`. It is added where it lacks. */
  readonly eventName?: { readonly key: string; readonly prefix: string }
  /** Records whose outcome an attribute says. Values not listed say nothing. */
  readonly outcomes?: readonly OutcomeRule[]
  /** The service name names the agent. */
  readonly agentFromService?: true
  /** A span without failure says nothing about the call inside: only a success that is said counts. */
  readonly successIsUnknown?: true
  /** Vantages that see that a call of a tool was answered, and not whether the answer was an error result: their success is unknown, their failure the protocol's. */
  readonly resultUnseenBy?: readonly Vantage[]
  /** Vantages that say `tool_error` wherever a tool failed: a class name there is a failure of the protocol. */
  readonly namesToolErrorsAt?: readonly Vantage[]
  /** Resource attributes that name the person where the record names nobody, best first: what whoever starts the program says of himself. */
  readonly resourcePrincipal?: readonly string[]
  /** Its `service.version` is that of the runtime: no version of the service. */
  readonly versionOfRuntime?: true
  readonly metrics?: {
    /** What durations are really in, whatever their unit says. */
    readonly durationUnit?: 's' | 'ms'
  }
  /** Sentences for the documentation. */
  readonly notes?: readonly string[]
}
