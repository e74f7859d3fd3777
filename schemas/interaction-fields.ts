/** The fields of an interaction in the order of its schema, written and read one by one as those of an event are: see canonical-fields.ts. */
import type { CanonicalWriter } from './canonical-bytes.ts'
import type { CanonicalReader } from './canonical-reader.ts'
import type { Interaction } from './interaction.ts'

export function writeInteraction(writer: CanonicalWriter, record: Interaction): void {
  writer.text(record.interaction_id)
  writer.int(BigInt(record.version))
  writer.text(record.tenant)
  writer.int(record.started_at)
  writer.int(record.ended_at)
  writer.int(record.duration_ns)
  writer.int(record.sort_at)
  writer.int(record.received_at)
  writer.text(record.method)
  writer.text(record.tool)
  writer.text(record.prompt)
  writer.text(record.resource)
  writer.text(record.server)
  writer.text(record.target)
  writer.text(record.effect)
  writer.text(record.actor)
  writer.text(record.actor_kind)
  writer.text(record.principal)
  writer.text(record.principal_source)
  writer.text(record.principal_trust)
  writer.text(record.client)
  writer.text(record.client_source)
  writer.text(record.client_trust)
  writer.text(record.agent)
  writer.text(record.token_fingerprint)
  writer.text(record.token_trust)
  writer.texts(record.scopes)
  writer.text(record.client_address)
  writer.text(record.client_address_source)
  writer.text(record.client_address_trust)
  writer.text(record.user_agent)
  writer.text(record.host)
  writer.text(record.trace_id)
  writer.text(record.conversation)
  writer.text(record.wire_session)
  writer.text(record.jsonrpc_request_id)
  writer.text(record.tool_call_id)
  writer.flag(record.server_internal)
  writer.text(record.requested_by)
  writer.text(record.request_text)
  writer.text(record.request_fit)
  writer.texts(record.request_fit_reasons)
  writeStrings(writer, record.argument_sources)
  writer.text(record.arguments)
  writer.int(record.arguments_bytes)
  writer.text(record.arguments_hash)
  writer.text(record.result)
  writer.int(record.result_bytes)
  writer.text(record.result_hash)
  writer.text(record.outcome)
  writer.text(record.error_code)
  writer.text(record.error_type)
  writer.text(record.decision)
  writer.text(record.decision_by)
  writer.texts(record.vantages)
  writer.texts(record.emitters)
  writer.texts(record.sources)
  writer.texts(record.event_ids)
  writer.texts(record.redacted)
  writer.text(record.merged_into)
  writer.text(record.agent_source)
  writer.text(record.agent_trust)
  writer.text(record.token_source)
  writer.text(record.scopes_source)
  writer.text(record.scopes_trust)
  writer.text(record.caller_tenant)
  writer.text(record.caller_tenant_source)
  writer.text(record.caller_tenant_trust)
  writer.texts(record.delegation)
  writer.text(record.delegation_source)
  writer.text(record.delegation_trust)
  writer.texts(record.identity_conflicts)
  writer.text(record.client_network)
  writer.text(record.client_range)
  writer.text(record.client_country)
  writeCount(writer, record.client_asn)
  writer.text(record.client_as_org)
  writer.text(record.client_hosting)
  writeCount(writer, record.rounds)
  writeCount(writer, record.attempts)
  writer.texts(record.input_requests)
}

/**
 * What a record holds: the second ends with whole identities, place and rounds, which a record of the first is read as not knowing.
 * Further fields go to the end, under a number of their own.
 */
export type Generation = 1 | 2

/** Object literals keep the order in which they are written, so this reads in that order. */
export function readInteraction(reader: CanonicalReader, generation: Generation): Interaction {
  const whole = generation > 1
  return {
    interaction_id: reader.id(),
    version: Number(reader.int()),
    tenant: reader.text(),
    started_at: reader.int(),
    ended_at: reader.int(),
    duration_ns: reader.int(),
    sort_at: reader.int(),
    received_at: reader.int(),
    method: reader.text(),
    tool: reader.text(),
    prompt: reader.text(),
    resource: reader.text(),
    server: reader.text(),
    target: reader.text(),
    effect: reader.text() as Interaction['effect'],
    actor: reader.text(),
    actor_kind: reader.text() as Interaction['actor_kind'],
    principal: reader.text(),
    principal_source: reader.text(),
    principal_trust: reader.text() as Interaction['principal_trust'],
    client: reader.text(),
    client_source: reader.text(),
    client_trust: reader.text() as Interaction['client_trust'],
    agent: reader.text(),
    token_fingerprint: reader.text(),
    token_trust: reader.text() as Interaction['token_trust'],
    scopes: reader.texts(),
    client_address: reader.text(),
    client_address_source: reader.text(),
    client_address_trust: reader.text() as Interaction['client_address_trust'],
    user_agent: reader.text(),
    host: reader.text(),
    trace_id: reader.id(),
    conversation: reader.text(),
    wire_session: reader.text(),
    jsonrpc_request_id: reader.id(),
    tool_call_id: reader.id(),
    server_internal: reader.flag(),
    requested_by: reader.text() as Interaction['requested_by'],
    request_text: reader.text(),
    request_fit: reader.text() as Interaction['request_fit'],
    request_fit_reasons: reader.texts(),
    argument_sources: readStrings(reader),
    arguments: reader.text(),
    arguments_bytes: reader.int(),
    arguments_hash: reader.id(),
    result: reader.text(),
    result_bytes: reader.int(),
    result_hash: reader.id(),
    outcome: reader.text() as Interaction['outcome'],
    error_code: reader.text(),
    error_type: reader.text(),
    decision: reader.text(),
    decision_by: reader.text(),
    vantages: reader.texts() as Interaction['vantages'],
    emitters: reader.texts(),
    sources: reader.texts(),
    event_ids: reader.ids(),
    redacted: reader.texts(),
    merged_into: reader.text(),
    agent_source: whole ? reader.text() : '',
    agent_trust: whole ? reader.text() as Interaction['agent_trust'] : 'none',
    token_source: whole ? reader.text() : '',
    scopes_source: whole ? reader.text() : '',
    scopes_trust: whole ? reader.text() as Interaction['scopes_trust'] : 'none',
    caller_tenant: whole ? reader.text() : '',
    caller_tenant_source: whole ? reader.text() : '',
    caller_tenant_trust: whole ? reader.text() as Interaction['caller_tenant_trust'] : 'none',
    delegation: whole ? reader.texts() : [],
    delegation_source: whole ? reader.text() : '',
    delegation_trust: whole ? reader.text() as Interaction['delegation_trust'] : 'none',
    identity_conflicts: whole ? reader.texts() : [],
    client_network: whole ? reader.text() : '',
    client_range: whole ? reader.text() as Interaction['client_range'] : '',
    client_country: whole ? reader.text() : '',
    client_asn: whole ? reader.varint() : 0,
    client_as_org: whole ? reader.text() : '',
    client_hosting: whole ? reader.text() as Interaction['client_hosting'] : '',
    rounds: whole ? reader.varint() : 1,
    attempts: whole ? reader.varint() : 1,
    input_requests: whole ? reader.texts() : [],
  }
}

function writeCount(writer: CanonicalWriter, count: number): void {
  writer.reserve(5)
  writer.varint(count)
}

function writeStrings(writer: CanonicalWriter, strings: ReadonlyMap<string, string>): void {
  writer.reserve(5)
  writer.varint(strings.size)
  for (const [key, value] of strings) {
    writer.text(key)
    writer.text(value)
  }
}

function readStrings(reader: CanonicalReader): Map<string, string> {
  const strings = new Map<string, string>()
  for (let left = reader.count(); left > 0; left--) {
    const key = reader.text()
    strings.set(key, reader.text())
  }
  return strings
}
