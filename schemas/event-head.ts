/**
 * What most readers of an audit event want to know of it. It is kept beside the record's bytes while these wait to be read: the event itself,
 * some eighty fields and two maps, would outlive the young generation and be copied and marked by the collector of garbage.
 */
import type { AuditEvent } from './audit-event.ts'
import { decodeVersion1, readerOf } from './canonical.ts'

export type EventFacts = Pick<AuditEvent,
  'event_id' | 'tenant' | 'signal' | 'source' | 'emitter' | 'vantage' | 'trace_id' | 'parent_span_id' | 'links' | 'method' | 'tool' | 'conversation'
  | 'arguments' | 'server_internal' | 'received_at' | 'conflict_with'>

export interface EventHead extends EventFacts {
  /** Where the canonical form is divided, see `Canonical`. */
  readonly split: number
}

export function headOf(event: AuditEvent, split: number): EventHead {
  const { event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation } = event
  const { server_internal, arguments: sent, received_at, conflict_with } = event
  return {
    event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation, server_internal,
    arguments: sent, received_at, conflict_with, split,
  }
}

/** Reads the fields in the order of `canonical-fields.ts`. Throws RangeError when the bytes are not a whole record of a known version. */
export function readHead(bytes: Buffer): EventHead {
  if (bytes[0] === 1) return headOfVersion1(bytes)
  const reader = readerOf(bytes)
  const event_id = reader.id()
  const tenant = reader.text()
  const signal = reader.text() as AuditEvent['signal']
  reader.skipText() // span_kind
  reader.skipInt(4) // started_at, ended_at, observed_at, duration_ns
  const source = reader.text()
  const emitter = reader.text()
  reader.skipText(4) // mapping_version, scope_name, scope_version, service_version
  reader.skipInt() // sequence
  const vantage = reader.text() as AuditEvent['vantage']
  const trace_id = reader.id()
  reader.skipText() // span_id
  const parent_span_id = reader.id()
  const links = reader.texts()
  const method = reader.text()
  const tool = reader.text()
  reader.skipText(4) // prompt, server, jsonrpc_request_id, tool_call_id
  const server_internal = reader.flag()
  reader.skipText(8) // source and trust of principal, client, agent and token
  reader.skipTexts() // scopes
  reader.skipText(5) // scopes_source, scopes_trust, actor_kind, client_address_source, client_address_trust
  reader.skipInt(2) // arguments_bytes, result_bytes
  reader.skipText(4) // outcome, error_code, error_type, decision
  reader.skipTexts() // redacted
  reader.skipText() // transport
  const received_at = reader.int()
  const conflict_with = reader.id()
  reader.skipText() // credential
  const split = reader.position
  reader.skipText(5) // salt, name, service_instance, resource, target
  const conversation = reader.text()
  reader.skipText(9) // wire_session, principal, client, agent, token_fingerprint, actor, client_address, user_agent, host
  const sent = reader.id()
  reader.skipText(5) // arguments_hash, result, result_hash, status_message, decision_by
  reader.skipMap() // attributes
  reader.skipMap() // resource_attributes
  reader.skipText() // exporter_peer
  if (reader.position !== bytes.length) throw new RangeError('canonical record: bytes after its end')
  return {
    event_id, tenant, signal, source, emitter, vantage, trace_id, parent_span_id, links, method, tool, conversation, server_internal,
    arguments: sent, received_at, conflict_with, split,
  }
}

function headOfVersion1(bytes: Buffer): EventHead {
  const { event, split } = decodeVersion1(bytes)
  return headOf(event, split)
}
