/**
 * The fields of the canonical form in their order, written and read one by one: a loop over names costs three times as much, and this is
 * the hottest code there is. `canonical.test.ts` holds the order against canonical-order.ts.
 */
import type { AuditEvent } from './audit-event.ts'
import type { CanonicalWriter } from './canonical-bytes.ts'
import type { CanonicalReader } from './canonical-reader.ts'

/**
 * Runs of fields that events of one sender behind each other mostly have the same. They are compared with the event before and copied from it as bytes: its
 * texts are the same objects, so that costs less than writing them.
 */
const [ORIGIN, IDENTITIES, ARRIVAL, PLACE, RESOURCE] = [0, 1, 2, 3, 4]

const sameTexts = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((text, at) => text === other[at])

const sameOrigin = (one: AuditEvent, other: AuditEvent): boolean =>
  one.trace_id === other.trace_id && one.scope_name === other.scope_name && one.source === other.source && one.emitter === other.emitter &&
  one.vantage === other.vantage && one.sequence === other.sequence && one.mapping_version === other.mapping_version &&
  one.scope_version === other.scope_version && one.service_version === other.service_version

const sameIdentities = (one: AuditEvent, other: AuditEvent): boolean =>
  one.server_internal === other.server_internal && one.principal_source === other.principal_source && one.principal_trust === other.principal_trust &&
  one.client_source === other.client_source && one.client_trust === other.client_trust && one.agent_source === other.agent_source &&
  one.agent_trust === other.agent_trust && one.token_source === other.token_source && one.token_trust === other.token_trust &&
  sameTexts(one.scopes, other.scopes) && one.scopes_source === other.scopes_source && one.scopes_trust === other.scopes_trust &&
  one.actor_kind === other.actor_kind &&
  one.client_address_source === other.client_address_source && one.client_address_trust === other.client_address_trust

const sameArrival = (one: AuditEvent, other: AuditEvent): boolean =>
  one.received_at === other.received_at && one.outcome === other.outcome && one.error_code === other.error_code && one.error_type === other.error_type &&
  one.decision === other.decision && sameTexts(one.redacted, other.redacted) &&
  one.transport === other.transport && one.conflict_with === other.conflict_with && one.credential === other.credential

const samePlace = (one: AuditEvent, other: AuditEvent): boolean =>
  one.service_instance === other.service_instance && one.resource === other.resource && one.target === other.target &&
  one.conversation === other.conversation && one.wire_session === other.wire_session

/** What stays when the record is erased. `before`: the event that was written right before it since the writer began anew. */
export function writePublic(writer: CanonicalWriter, event: AuditEvent, before?: AuditEvent): void {
  writer.text(event.event_id)
  writer.text(event.tenant)
  writer.text(event.signal)
  writer.text(event.span_kind)
  writer.int(event.started_at)
  writer.int(event.ended_at)
  writer.int(event.observed_at)
  writer.int(event.duration_ns)
  if (!writer.repeats(ORIGIN, before !== undefined && sameOrigin(event, before))) {
    writer.text(event.source)
    writer.text(event.emitter)
    writer.text(event.mapping_version)
    writer.text(event.scope_name)
    writer.text(event.scope_version)
    writer.text(event.service_version)
    writer.int(event.sequence)
    writer.text(event.vantage)
    writer.text(event.trace_id)
    writer.ran(ORIGIN)
  }
  writer.text(event.span_id)
  writer.text(event.parent_span_id)
  writer.texts(event.links)
  writer.text(event.method)
  writer.text(event.tool)
  writer.text(event.prompt)
  writer.text(event.server)
  writer.text(event.jsonrpc_request_id)
  writer.text(event.tool_call_id)
  if (!writer.repeats(IDENTITIES, before !== undefined && sameIdentities(event, before))) {
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
    writer.ran(IDENTITIES)
  }
  writer.int(event.arguments_bytes)
  writer.int(event.result_bytes)
  if (!writer.repeats(ARRIVAL, before !== undefined && sameArrival(event, before))) {
    writer.text(event.outcome)
    writer.text(event.error_code)
    writer.text(event.error_type)
    writer.text(event.decision)
    writer.texts(event.redacted)
    writer.text(event.transport)
    writer.int(event.received_at)
    writer.text(event.conflict_with)
    writer.text(event.credential)
    writer.ran(ARRIVAL)
  }
}

/** What an erasure blanks, behind the salt that hides it. */
export function writeCommitted(writer: CanonicalWriter, event: AuditEvent, before?: AuditEvent): void {
  writer.text(event.name)
  if (!writer.repeats(PLACE, before !== undefined && samePlace(event, before))) {
    writer.text(event.service_instance)
    writer.text(event.resource)
    writer.text(event.target)
    writer.text(event.conversation)
    writer.text(event.wire_session)
    writer.ran(PLACE)
  }
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
  if (!writer.repeats(RESOURCE, event.resource_attributes === before?.resource_attributes)) {
    writer.map(event.resource_attributes)
    writer.ran(RESOURCE)
  }
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
