/** Which columns of an audit event hold text that came from outside, and so are scanned. */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'

type NamesOf<T> = {
  [K in keyof AuditEventFields]-?: AuditEventFields[K] extends T ? (string extends AuditEventFields[K] ? K : never) : never
}[keyof AuditEventFields]
export type TextColumn = NamesOf<string>

/** Made by the collector from nothing that an emitter wrote, or from hex digits alone. */
export const OWN_TEXT_COLUMNS = [
  'event_id', 'tenant', 'emitter', 'mapping_version', 'trace_id', 'span_id', 'parent_span_id', 'arguments_hash', 'result_hash', 'transport',
  'exporter_peer', 'conflict_with', 'credential', 'principal_source', 'client_source', 'agent_source', 'token_source', 'scopes_source', 'client_address_source',
] as const satisfies readonly TextColumn[]

/** Everything else that is text. */
export const SCANNED_TEXT_COLUMNS = [
  'name', 'source', 'scope_name', 'scope_version', 'service_version', 'service_instance', 'method', 'tool', 'prompt', 'resource', 'server', 'target',
  'jsonrpc_request_id', 'tool_call_id', 'conversation', 'wire_session', 'principal', 'client', 'agent', 'token_fingerprint', 'actor',
  'client_address', 'user_agent', 'host', 'arguments', 'result', 'error_code', 'error_type', 'status_message', 'decision', 'decision_by',
] as const satisfies readonly TextColumn[]

export type ScannedTextColumn = (typeof SCANNED_TEXT_COLUMNS)[number]

/** Lists of texts. `links` are pairs of hex ids, `redacted` is our own. */
export const SCANNED_LIST_COLUMNS = ['scopes'] as const satisfies readonly (keyof AuditEventFields)[]
export const SCANNED_MAP_COLUMNS = ['attributes', 'resource_attributes'] as const satisfies readonly (keyof AuditEventFields)[]
