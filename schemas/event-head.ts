/**
 * What most readers of an audit event want to know of it. It is kept beside the record's bytes while these wait to be read: the event itself,
 * some eighty fields and two maps, would outlive the young generation and be copied and marked by the collector of garbage.
 */
import type { AuditEvent } from './audit-event.ts'
import { CANONICAL_VERSION } from './canonical.ts'
import { CanonicalReader } from './canonical-reader.ts'

export type EventFacts = Pick<AuditEvent,
  'event_id' | 'tenant' | 'signal' | 'source' | 'emitter' | 'vantage' | 'trace_id' | 'parent_span_id' | 'links' | 'method' | 'tool' | 'conversation'
  | 'arguments' | 'server_internal' | 'received_at' | 'conflict_with'>

export interface EventHead extends EventFacts {
  /** Bytes of version and content in the canonical form; how the record arrived begins there. */
  readonly contentLength: number
}

export function headOf(event: AuditEvent, contentLength: number): EventHead {
  const { event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation } = event
  const { server_internal, arguments: sent, received_at, conflict_with } = event
  return {
    event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation, server_internal,
    arguments: sent, received_at, conflict_with, contentLength,
  }
}

/** Reads the fields in the order of `canonical-fields.ts`. Throws RangeError when the bytes are not a whole record of version 1. */
export function readHead(bytes: Buffer): EventHead {
  if (bytes[0] !== CANONICAL_VERSION) throw new RangeError(`canonical record: version ${bytes[0]} is not ${CANONICAL_VERSION}`)
  const reader = new CanonicalReader(bytes, 1)
  const event_id = reader.id()
  const tenant = reader.text()
  const signal = reader.text() as AuditEvent['signal']
  reader.skipText(2) // name, span_kind
  reader.skipInt(4) // started_at, ended_at, observed_at, duration_ns
  const source = reader.text()
  const emitter = reader.text()
  reader.skipText(5) // mapping_version, scope_name, scope_version, service_version, service_instance
  reader.skipInt() // sequence
  const vantage = reader.text() as AuditEvent['vantage']
  const trace_id = reader.id()
  reader.skipText() // span_id
  const parent_span_id = reader.id()
  const links = reader.texts()
  const method = reader.text()
  const tool = reader.text()
  reader.skipText(6) // prompt, resource, server, target, jsonrpc_request_id, tool_call_id
  const conversation = reader.text()
  reader.skipText() // wire_session
  const server_internal = reader.flag()
  reader.skipText(12) // principal, client and agent with source and trust, token_fingerprint, token_source, token_trust
  reader.skipTexts() // scopes
  reader.skipText(9) // scopes_source, scopes_trust, actor, actor_kind, client_address with source and trust, user_agent, host
  const sent = reader.id()
  reader.skipInt() // arguments_bytes
  reader.skipText(2) // arguments_hash, result
  reader.skipInt() // result_bytes
  reader.skipText(7) // result_hash, outcome, error_code, error_type, status_message, decision, decision_by
  reader.skipTexts() // redacted
  reader.skipMap() // attributes
  reader.skipMap() // resource_attributes
  const contentLength = reader.position
  reader.skipText(2) // transport, exporter_peer
  const received_at = reader.int()
  const conflict_with = reader.id()
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return {
    event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation, server_internal,
    arguments: sent, received_at, conflict_with, contentLength,
  }
}
