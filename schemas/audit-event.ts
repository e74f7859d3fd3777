/**
 * Audit event: one observation, that is one MCP-related span or log record, normalised and redacted, never altered again.
 * Field names are the column names of table `audit_events`. Times are nanoseconds since 1970 UTC as bigint, 0n = not given.
 * Text fields are '' where the emitter said nothing.
 */
import { z } from 'zod'
import { ActorKind, Outcome, Trust, Vantage } from './vocabulary.ts'

/** The OTLP type an attribute had. `json` is an array or key-value list as JSON text; `bytes` is base64. */
export const ATTRIBUTE_TYPES = ['string', 'bool', 'int', 'double', 'json', 'bytes', 'null'] as const
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number]

/** One attribute value as text plus the type it had, so that nothing is lost in a text column. */
export interface Attribute {
  readonly type: AttributeType
  readonly text: string
}
/** Insertion order is kept: it is part of what was sent. */
export type Attributes = ReadonlyMap<string, Attribute>

const text = z.string()
const nanos = z.bigint()
const attributes = z.map(text, z.object({ type: z.enum(ATTRIBUTE_TYPES), text })).readonly()

/** What the emitter said: everything that counts when two records of one identity are compared. */
export const AuditEventContent = z.strictObject({
  /** 32 hex digits. Spans: hash of tenant, trace, span, phase. Logs: hash of tenant, record, occurrence in the request. */
  event_id: z.string().regex(/^[0-9a-f]{32}$/),
  tenant: text,
  signal: z.enum(['span', 'log']),
  /** Span name, or the event name of a log. */
  name: text,
  span_kind: z.enum(['', 'internal', 'server', 'client', 'producer', 'consumer']),

  started_at: nanos,
  ended_at: nanos,
  /** When the emitter noticed it (logs); 0n for spans. */
  observed_at: nanos,
  duration_ns: nanos,

  /** Stable name of the sending software: `service.name`, else the scope. What `sources` counts by. */
  source: text,
  /** Which mapping table read it: `fastmcp`, `mcp-python-sdk`, `pydantic-ai`, `semconv`, … */
  emitter: text,
  mapping_version: text,
  scope_name: text,
  scope_version: text,
  service_version: text,
  service_instance: text,
  /** The emitter's own sequence number where it sends one, else -1n. */
  sequence: z.bigint(),
  vantage: Vantage,

  trace_id: text,
  span_id: text,
  parent_span_id: text,
  /** `traceid:spanid` of each link. */
  links: z.array(text).readonly(),

  method: text,
  tool: text,
  prompt: text,
  resource: text,
  server: text,
  /** Network address or URL of the server as the caller knew it. */
  target: text,
  jsonrpc_request_id: text,
  tool_call_id: text,
  conversation: text,
  wire_session: text,
  /** A server's own bookkeeping (FastMCP lists its tools before each call): kept, left out of volumes. */
  server_internal: z.boolean(),

  /** A person or service account. `*_source` names the attribute it came from. */
  principal: text,
  principal_source: text,
  principal_trust: Trust,
  /** The OAuth client, never a person. */
  client: text,
  client_source: text,
  client_trust: Trust,
  agent: text,
  agent_source: text,
  agent_trust: Trust,
  /** Keyed hash of the token, never the token. */
  token_fingerprint: text,
  token_source: text,
  token_trust: Trust,
  scopes: z.array(text).readonly(),
  scopes_source: text,
  scopes_trust: Trust,
  actor: text,
  actor_kind: ActorKind,

  client_address: text,
  client_address_source: text,
  client_address_trust: Trust,
  user_agent: text,
  host: text,

  /** JSON text where structured, after redaction. */
  arguments: text,
  /** Bytes before redaction and truncation; -1n where not sent. */
  arguments_bytes: z.bigint(),
  /** Keyed hash (hex) of the text before redaction, so that equal contents can be joined; '' where not sent. */
  arguments_hash: text,
  result: text,
  result_bytes: z.bigint(),
  result_hash: text,

  outcome: Outcome,
  error_code: text,
  error_type: text,
  status_message: text,
  decision: text,
  decision_by: text,

  /** `field:kind` for each thing that was replaced, dropped or cut, sorted and unique. */
  redacted: z.array(text).readonly(),
  attributes,
  resource_attributes: attributes,
})

/** How it reached us. Differs between two deliveries of the same record. */
export const AuditEventArrival = z.strictObject({
  /** `otlp/http+protobuf`, `otlp/http+json`, `otlp/grpc`, `demo`. */
  transport: text,
  /** Address of the exporter that sent the request to us; it is not the actor's. */
  exporter_peer: text,
  received_at: nanos,
  /** '' or the event_id of the stored first record whose identity this one claims with other content. */
  conflict_with: text,
  /** What the exporter showed: `token:NAME`, `certificate:NAME` (of actions on the product itself see `credentialOf`); '' where none is asked for, and in records from before canonical version 2. */
  credential: text,
  /**
   * 32 random hex digits, drawn when the record is encoded, that hide what its hash commits to; '' in records from before canonical version 2, and
   * once the record was erased.
   */
  salt: text,
})

export const AuditEvent = AuditEventContent.extend(AuditEventArrival.shape)
export type AuditEvent = Readonly<z.infer<typeof AuditEventContent>> & Readonly<z.infer<typeof AuditEventArrival>>
export type AuditEventFields = { -readonly [K in keyof AuditEvent]: AuditEvent[K] }

/** Where a stored event stands on the bus and what proves it: columns, but not part of the record itself. */
export interface StoredPosition {
  readonly partition: number
  readonly offset: number
  /** Place within the envelope at that offset. */
  readonly offset_index: number
  readonly content_hash: string
  readonly record_hash: string
}

/** A stored event as far as another delivery of it must be compared with. */
export interface KnownEvent extends StoredPosition, Pick<AuditEvent, 'transport' | 'exporter_peer' | 'received_at' | 'conflict_with' | 'credential' | 'salt'> {
  /** The erasure that blanked it; '' while it was not erased. */
  readonly erasure: string
}

/** A record in which nothing is known yet. Mappings fill it; tests start from it. */
export function blankAuditEvent(): AuditEventFields {
  return {
    event_id: '', tenant: '', signal: 'span', name: '', span_kind: '',
    started_at: 0n, ended_at: 0n, observed_at: 0n, duration_ns: 0n,
    source: '', emitter: '', mapping_version: '', scope_name: '', scope_version: '', service_version: '', service_instance: '',
    sequence: -1n, vantage: 'log',
    trace_id: '', span_id: '', parent_span_id: '', links: [],
    method: '', tool: '', prompt: '', resource: '', server: '', target: '', jsonrpc_request_id: '', tool_call_id: '',
    conversation: '', wire_session: '', server_internal: false,
    principal: '', principal_source: '', principal_trust: 'none',
    client: '', client_source: '', client_trust: 'none',
    agent: '', agent_source: '', agent_trust: 'none',
    token_fingerprint: '', token_source: '', token_trust: 'none',
    scopes: [], scopes_source: '', scopes_trust: 'none',
    actor: '', actor_kind: 'unknown',
    client_address: '', client_address_source: '', client_address_trust: 'none', user_agent: '', host: '',
    arguments: '', arguments_bytes: -1n, arguments_hash: '', result: '', result_bytes: -1n, result_hash: '',
    outcome: 'unknown', error_code: '', error_type: '', status_message: '', decision: '', decision_by: '',
    redacted: [], attributes: new Map(), resource_attributes: new Map(),
    transport: '', exporter_peer: '', received_at: 0n, conflict_with: '', credential: '', salt: '',
  }
}

export const exampleAuditEvent: AuditEvent = {
  ...blankAuditEvent(),
  event_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', tenant: 'default', signal: 'span', name: 'tools/call read_file', span_kind: 'server',
  started_at: 1_795_225_724_644_000_000n, ended_at: 1_795_225_724_659_818_158n, duration_ns: 15_818_158n,
  source: 'files-mcp', emitter: 'fastmcp', mapping_version: '1', scope_name: 'fastmcp', service_version: '1.4.0', vantage: 'server',
  trace_id: 'd61a9a00000000000000000000000001', span_id: '42b8860000000001', parent_span_id: '5027210000000001',
  method: 'tools/call', tool: 'read_file', server: 'files',
  client: 'claude-desktop', client_source: 'enduser.id', client_trust: 'server_reported',
  scopes: ['files:read'], scopes_source: 'enduser.scope', scopes_trust: 'server_reported',
  actor: 'claude-desktop', actor_kind: 'client', host: 'mcp-01', outcome: 'ok',
  attributes: new Map([['fastmcp.component.type', { type: 'string', text: 'tool' }]]),
  transport: 'otlp/http+protobuf', exporter_peer: '127.0.0.1', received_at: 1_795_225_725_000_000_000n,
  salt: '5f0c8d4be6a1479389d2c3b4a5968778',
}
