/**
 * An audit event as far as the assembler has to know it. Traces are kept as bytes and read again when something of them is published, so
 * what is not needed is passed over.
 */
import type { AuditEvent } from '../../schemas/audit-event.ts'
import { readerOf } from '../../schemas/canonical.ts'
import type { CanonicalReader } from '../../schemas/canonical-reader.ts'
import { SAID_KEY, type SaidIdentity, saidIn } from '../../schemas/said-identity.ts'

const OBSERVED = [
  'event_id', 'tenant', 'signal', 'name', 'started_at', 'ended_at', 'duration_ns', 'source', 'emitter', 'vantage', 'trace_id', 'span_id',
  'parent_span_id', 'links', 'method', 'tool', 'prompt', 'resource', 'server', 'target', 'jsonrpc_request_id', 'tool_call_id', 'conversation',
  'wire_session', 'server_internal', 'principal', 'principal_source', 'principal_trust', 'client', 'client_source', 'client_trust', 'agent',
  'agent_source', 'agent_trust', 'token_fingerprint', 'token_source', 'token_trust', 'scopes', 'scopes_source', 'scopes_trust', 'client_address', 'client_address_source', 'client_address_trust', 'user_agent',
  'host', 'arguments', 'arguments_bytes', 'arguments_hash', 'result', 'result_bytes', 'result_hash', 'outcome', 'error_code', 'error_type',
  'decision', 'decision_by', 'redacted', 'attributes', 'resource_attributes', 'received_at',
] as const satisfies readonly (keyof AuditEvent)[]

export type Observation = Pick<AuditEvent, (typeof OBSERVED)[number]> & Readonly<SaidIdentity>

const NO_LINKS: readonly string[] = []

function linksIn(reader: CanonicalReader): readonly string[] {
  if (reader.buffer[reader.position] !== 0) return reader.texts()
  reader.position++
  return NO_LINKS
}

/** Reads the fields in the order of `canonical-fields.ts`. Throws RangeError when the bytes are not a whole record. */
export function observationOf(bytes: Buffer): Observation {
  const reader = readerOf(bytes)
  const event_id = reader.id()
  const tenant = reader.text()
  const signal = reader.text() as AuditEvent['signal']
  reader.skipText() // span_kind
  const started_at = reader.int()
  const ended_at = reader.int()
  reader.skipInt() // observed_at
  const duration_ns = reader.int()
  const source = reader.text()
  const emitter = reader.text()
  reader.skipText(4) // mapping_version, scope_name, scope_version, service_version
  reader.skipInt() // sequence
  const vantage = reader.text() as AuditEvent['vantage']
  const trace_id = reader.id()
  const span_id = reader.id()
  const parent_span_id = reader.id()
  const links = linksIn(reader)
  const method = reader.text()
  const tool = reader.text()
  const prompt = reader.text()
  const server = reader.text()
  const jsonrpc_request_id = reader.id()
  const tool_call_id = reader.id()
  const server_internal = reader.flag()
  const principal_source = reader.text()
  const principal_trust = reader.text() as AuditEvent['principal_trust']
  const client_source = reader.text()
  const client_trust = reader.text() as AuditEvent['client_trust']
  const agent_source = reader.text()
  const agent_trust = reader.text() as AuditEvent['agent_trust']
  const token_source = reader.text()
  const token_trust = reader.text() as AuditEvent['token_trust']
  const scopes = reader.texts()
  const scopes_source = reader.text()
  const scopes_trust = reader.text() as AuditEvent['scopes_trust']
  reader.skipText() // actor_kind
  const client_address_source = reader.text()
  const client_address_trust = reader.text() as AuditEvent['client_address_trust']
  const arguments_bytes = reader.int()
  const result_bytes = reader.int()
  const outcome = reader.text() as AuditEvent['outcome']
  const error_code = reader.text()
  const error_type = reader.text()
  const decision = reader.text()
  const redacted = reader.texts()
  reader.skipText() // transport
  const received_at = reader.int()
  reader.skipText(3) // conflict_with, credential, salt
  const name = reader.text()
  reader.skipText() // service_instance
  const resource = reader.text()
  const target = reader.text()
  const conversation = reader.text()
  const wire_session = reader.text()
  const principal = reader.text()
  const client = reader.text()
  const agent = reader.text()
  const token_fingerprint = reader.text()
  reader.skipText() // actor
  const client_address = reader.text()
  const user_agent = reader.text()
  const host = reader.text()
  const sent = reader.text()
  const arguments_hash = reader.id()
  const result = reader.text()
  const result_hash = reader.id()
  reader.skipText() // status_message
  const decision_by = reader.text()
  const attributes = reader.lazyMap()
  const resource_attributes = reader.repeatedMap()
  reader.skipText() // exporter_peer
  if (reader.position !== reader.buffer.length) throw new RangeError('canonical record: bytes after its end')
  const { caller_tenant, caller_tenant_source, caller_tenant_trust, delegation, delegation_source, delegation_trust } = saidIn(attributes.get(SAID_KEY))
  return {
    event_id, tenant, signal, name, started_at, ended_at, duration_ns, source, emitter, vantage, trace_id, span_id, parent_span_id, links, method, tool,
    prompt, resource, server, target, jsonrpc_request_id, tool_call_id, conversation, wire_session, server_internal, principal, principal_source,
    principal_trust, client, client_source, client_trust, agent, agent_source, agent_trust, token_fingerprint, token_source, token_trust, scopes, scopes_source, scopes_trust, client_address,
    client_address_source, client_address_trust, user_agent, host, arguments: sent, arguments_bytes, arguments_hash, result, result_bytes, result_hash,
    outcome, error_code, error_type, decision, decision_by, redacted, attributes, resource_attributes, received_at,
    caller_tenant, caller_tenant_source, caller_tenant_trust, delegation, delegation_source, delegation_trust,
  }
}
