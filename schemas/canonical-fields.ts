/**
 * The fields of the canonical form in their order, written and read one by one: a loop over names costs three times as much, and this is
 * the hottest code there is. `canonical.test.ts` holds the order against the schema's.
 */
import type { AuditEvent } from './audit-event.ts'
import type { CanonicalWriter } from './canonical-bytes.ts'
import type { CanonicalReader } from './canonical-reader.ts'

/** What the emitter said. */
export function writeContent(writer: CanonicalWriter, event: AuditEvent): void {
  writer.text(event.event_id)
  writer.text(event.tenant)
  writer.text(event.signal)
  writer.text(event.name)
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
  writer.text(event.service_instance)
  writer.int(event.sequence)
  writer.text(event.vantage)
  writer.text(event.trace_id)
  writer.text(event.span_id)
  writer.text(event.parent_span_id)
  writer.texts(event.links)
  writer.text(event.method)
  writer.text(event.tool)
  writer.text(event.prompt)
  writer.text(event.resource)
  writer.text(event.server)
  writer.text(event.target)
  writer.text(event.jsonrpc_request_id)
  writer.text(event.tool_call_id)
  writer.text(event.conversation)
  writer.text(event.wire_session)
  writer.flag(event.server_internal)
  writer.text(event.principal)
  writer.text(event.principal_source)
  writer.text(event.principal_trust)
  writer.text(event.client)
  writer.text(event.client_source)
  writer.text(event.client_trust)
  writer.text(event.agent)
  writer.text(event.agent_source)
  writer.text(event.agent_trust)
  writer.text(event.token_fingerprint)
  writer.text(event.token_source)
  writer.text(event.token_trust)
  writer.texts(event.scopes)
  writer.text(event.scopes_source)
  writer.text(event.scopes_trust)
  writer.text(event.actor)
  writer.text(event.actor_kind)
  writer.text(event.client_address)
  writer.text(event.client_address_source)
  writer.text(event.client_address_trust)
  writer.text(event.user_agent)
  writer.text(event.host)
  writer.text(event.arguments)
  writer.int(event.arguments_bytes)
  writer.text(event.arguments_hash)
  writer.text(event.result)
  writer.int(event.result_bytes)
  writer.text(event.result_hash)
  writer.text(event.outcome)
  writer.text(event.error_code)
  writer.text(event.error_type)
  writer.text(event.status_message)
  writer.text(event.decision)
  writer.text(event.decision_by)
  writer.texts(event.redacted)
  writer.map(event.attributes)
  writer.sharedMap(event.resource_attributes)
}

/** How it reached us. */
export function writeArrival(writer: CanonicalWriter, event: AuditEvent): void {
  writer.text(event.transport)
  writer.text(event.exporter_peer)
  writer.int(event.received_at)
  writer.text(event.conflict_with)
}

/** Content and arrival. Object literals keep the order in which they are written, so this reads in that order. */
export function readEvent(reader: CanonicalReader): AuditEvent {
  return {
    event_id: reader.id(),
    tenant: reader.text(),
    signal: reader.text() as AuditEvent['signal'],
    name: reader.text(),
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
    service_instance: reader.text(),
    sequence: reader.int(),
    vantage: reader.text() as AuditEvent['vantage'],
    trace_id: reader.id(),
    span_id: reader.id(),
    parent_span_id: reader.id(),
    links: reader.texts(),
    method: reader.text(),
    tool: reader.text(),
    prompt: reader.text(),
    resource: reader.text(),
    server: reader.text(),
    target: reader.text(),
    jsonrpc_request_id: reader.id(),
    tool_call_id: reader.id(),
    conversation: reader.text(),
    wire_session: reader.text(),
    server_internal: reader.flag(),
    principal: reader.text(),
    principal_source: reader.text(),
    principal_trust: reader.text() as AuditEvent['principal_trust'],
    client: reader.text(),
    client_source: reader.text(),
    client_trust: reader.text() as AuditEvent['client_trust'],
    agent: reader.text(),
    agent_source: reader.text(),
    agent_trust: reader.text() as AuditEvent['agent_trust'],
    token_fingerprint: reader.text(),
    token_source: reader.text(),
    token_trust: reader.text() as AuditEvent['token_trust'],
    scopes: reader.texts(),
    scopes_source: reader.text(),
    scopes_trust: reader.text() as AuditEvent['scopes_trust'],
    actor: reader.text(),
    actor_kind: reader.text() as AuditEvent['actor_kind'],
    client_address: reader.text(),
    client_address_source: reader.text(),
    client_address_trust: reader.text() as AuditEvent['client_address_trust'],
    user_agent: reader.text(),
    host: reader.text(),
    arguments: reader.text(),
    arguments_bytes: reader.int(),
    arguments_hash: reader.id(),
    result: reader.text(),
    result_bytes: reader.int(),
    result_hash: reader.id(),
    outcome: reader.text() as AuditEvent['outcome'],
    error_code: reader.text(),
    error_type: reader.text(),
    status_message: reader.text(),
    decision: reader.text(),
    decision_by: reader.text(),
    redacted: reader.texts(),
    attributes: reader.map(),
    resource_attributes: reader.repeatedMap(),
    transport: reader.text(),
    exporter_peer: reader.text(),
    received_at: reader.int(),
    conflict_with: reader.text(),
  }
}
