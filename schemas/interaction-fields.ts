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
}

/** Object literals keep the order in which they are written, so this reads in that order. */
export function readInteraction(reader: CanonicalReader): Interaction {
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
    event_ids: reader.texts(),
    redacted: reader.texts(),
    merged_into: reader.text(),
  }
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
