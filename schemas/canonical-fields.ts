/**
 * The fields of the canonical form in their order, written and read one by one: a loop over names costs three times as much, and this is
 * the hottest code there is. `canonical.test.ts` holds the order against canonical-order.ts.
 */
import type { AuditEvent } from './audit-event.ts'
import type { CanonicalWriter } from './canonical-bytes.ts'
import type { CanonicalReader } from './canonical-reader.ts'

/** What stays when the record is erased. */
export function writePublic(writer: CanonicalWriter, event: AuditEvent): void {
  writer.text(event.event_id)
  writer.text(event.tenant)
  writer.text(event.signal)
  writer.text(event.span_kind)
  writer.int(event.started_at)
  writer.int(event.ended_at)
  writer.int(event.observed_at)
  writer.int(event.duration_ns)
  writer.text(event.source)
  writer.text(event.emitter)
  writer.text(event.mapping_version)
  writer.text(event.scope_name)
  writer.text(event.scope_version)
  writer.text(event.service_version)
  writer.int(event.sequence)
  writer.text(event.vantage)
  writer.text(event.trace_id)
  writer.text(event.span_id)
  writer.text(event.parent_span_id)
  writer.texts(event.links)
  writer.text(event.method)
  writer.text(event.tool)
  writer.text(event.prompt)
  writer.text(event.server)
  writer.text(event.jsonrpc_request_id)
  writer.text(event.tool_call_id)
  writer.flag(event.server_internal)
  writer.text(event.principal_source)
  writer.text(event.principal_trust)
  writer.text(event.client_source)
  writer.text(event.client_trust)
  writer.text(event.agent_source)
  writer.text(event.agent_trust)
  writer.text(event.token_source)
  writer.text(event.token_trust)
  writer.texts(event.scopes)
  writer.text(event.scopes_source)
  writer.text(event.scopes_trust)
  writer.text(event.actor_kind)
  writer.text(event.client_address_source)
  writer.text(event.client_address_trust)
  writer.int(event.arguments_bytes)
  writer.int(event.result_bytes)
  writer.text(event.outcome)
  writer.text(event.error_code)
  writer.text(event.error_type)
  writer.text(event.decision)
  writer.texts(event.redacted)
  writer.text(event.transport)
  writer.int(event.received_at)
  writer.text(event.conflict_with)
  writer.text(event.credential)
}

/** What an erasure blanks, behind the salt that hides it. */
export function writeCommitted(writer: CanonicalWriter, event: AuditEvent, salt: string): void {
  writer.text(salt)
  writer.text(event.name)
  writer.text(event.service_instance)
  writer.text(event.resource)
  writer.text(event.target)
  writer.text(event.conversation)
  writer.text(event.wire_session)
  writer.text(event.principal)
  writer.text(event.client)
  writer.text(event.agent)
  writer.text(event.token_fingerprint)
  writer.text(event.actor)
  writer.text(event.client_address)
  writer.text(event.user_agent)
  writer.text(event.host)
  writer.text(event.arguments)
  writer.text(event.arguments_hash)
  writer.text(event.result)
  writer.text(event.result_hash)
  writer.text(event.status_message)
  writer.text(event.decision_by)
  writer.map(event.attributes)
  writer.sharedMap(event.resource_attributes)
  writer.text(event.exporter_peer)
}

/** Object literals keep the order in which they are written, so this reads in that order. */
export function readEvent(reader: CanonicalReader): AuditEvent {
  return {
    event_id: reader.id(),
    tenant: reader.text(),
    signal: reader.text() as AuditEvent['signal'],
    span_kind: reader.text() as AuditEvent['span_kind'],
    started_at: reader.int(),
    ended_at: reader.int(),
    observed_at: reader.int(),
    duration_ns: reader.int(),
    source: reader.text(),
    emitter: reader.text(),
    mapping_version: reader.text(),
    scope_name: reader.text(),
    scope_version: reader.text(),
    service_version: reader.text(),
    sequence: reader.int(),
    vantage: reader.text() as AuditEvent['vantage'],
    trace_id: reader.id(),
    span_id: reader.id(),
    parent_span_id: reader.id(),
    links: reader.texts(),
    method: reader.text(),
    tool: reader.text(),
    prompt: reader.text(),
    server: reader.text(),
    jsonrpc_request_id: reader.id(),
    tool_call_id: reader.id(),
    server_internal: reader.flag(),
    principal_source: reader.text(),
    principal_trust: reader.text() as AuditEvent['principal_trust'],
    client_source: reader.text(),
    client_trust: reader.text() as AuditEvent['client_trust'],
    agent_source: reader.text(),
    agent_trust: reader.text() as AuditEvent['agent_trust'],
    token_source: reader.text(),
    token_trust: reader.text() as AuditEvent['token_trust'],
    scopes: reader.texts(),
    scopes_source: reader.text(),
    scopes_trust: reader.text() as AuditEvent['scopes_trust'],
    actor_kind: reader.text() as AuditEvent['actor_kind'],
    client_address_source: reader.text(),
    client_address_trust: reader.text() as AuditEvent['client_address_trust'],
    arguments_bytes: reader.int(),
    result_bytes: reader.int(),
    outcome: reader.text() as AuditEvent['outcome'],
    error_code: reader.text(),
    error_type: reader.text(),
    decision: reader.text(),
    redacted: reader.texts(),
    transport: reader.text(),
    received_at: reader.int(),
    conflict_with: reader.text(),
    credential: reader.text(),
    salt: reader.id(),
    name: reader.text(),
    service_instance: reader.text(),
    resource: reader.text(),
    target: reader.text(),
    conversation: reader.text(),
    wire_session: reader.text(),
    principal: reader.text(),
    client: reader.text(),
    agent: reader.text(),
    token_fingerprint: reader.text(),
    actor: reader.text(),
    client_address: reader.text(),
    user_agent: reader.text(),
    host: reader.text(),
    arguments: reader.text(),
    arguments_hash: reader.id(),
    result: reader.text(),
    result_hash: reader.id(),
    status_message: reader.text(),
    decision_by: reader.text(),
    attributes: reader.map(),
    resource_attributes: reader.repeatedMap(),
    exporter_peer: reader.text(),
  }
}
