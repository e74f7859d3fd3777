/** What of an audit event's bytes says who offered what to whom. Most events carry no list, which their keys tell without anything being made. */
import type { AuditEvent } from '../../../schemas/audit-event.ts'
import { CANONICAL_VERSION } from '../../../schemas/canonical.ts'
import { CanonicalReader } from '../../../schemas/canonical-reader.ts'
import { CARRIERS } from './listings.ts'

export type Carried = Pick<AuditEvent, 'started_at' | 'observed_at' | 'server' | 'target' | 'client' | 'agent' | 'result' | 'attributes'> & {
  /** Of `CARRIERS`, '' where there is none. */
  readonly carrier: string
}

const WHOLE: ReadonlyMap<string, number> = new Map(CARRIERS.map((name, rank) => [name, rank]))
const BEGINNINGS = CARRIERS.map((name, rank) => ({ name: Buffer.from(name), rank })).filter((_, rank) => CARRIERS[rank]?.endsWith('.') === true)
/** By length: whether a key of it can be one. */
const LENGTHS = new Set(CARRIERS.filter((name) => !name.endsWith('.')).map(({ length }) => length))

const rankOf = (bytes: Buffer, start: number, end: number): number => {
  if (LENGTHS.has(end - start)) {
    const rank = WHOLE.get(bytes.toString('latin1', start, end))
    if (rank !== undefined) return rank
  }
  // All beginnings start with `l`.
  if (bytes[start] !== 0x6c) return CARRIERS.length
  return BEGINNINGS.find(({ name }) => end - start > name.length && bytes.compare(name, 0, name.length, start, start + name.length) === 0)?.rank ?? CARRIERS.length
}

/** The best carrier among the keys of the map that comes next; stays where it is. */
function carrierIn(reader: CanonicalReader): string {
  const start = reader.position
  let best: number = CARRIERS.length
  for (let left = reader.count(); left > 0; left--) {
    const length = reader.varint()
    best = Math.min(best, rankOf(reader.buffer, reader.position, reader.position + length))
    reader.position += length + 1
    reader.skipText()
  }
  reader.position = start
  return CARRIERS[best] ?? ''
}

/** Reads the fields in the order of `canonical-fields.ts`, the map only where something carries a list. Throws RangeError for what is no record. */
export function carriedBy(bytes: Buffer): Carried {
  if (bytes[0] !== CANONICAL_VERSION) throw new RangeError(`canonical record: version ${bytes[0]} is not ${CANONICAL_VERSION}`)
  const reader = new CanonicalReader(bytes, 1)
  reader.skipText(5) // event_id, tenant, signal, name, span_kind
  const started_at = reader.int()
  reader.skipInt() // ended_at
  const observed_at = reader.int()
  reader.skipInt() // duration_ns
  reader.skipText(7) // source, emitter, mapping_version, scope_name, scope_version, service_version, service_instance
  reader.skipInt() // sequence
  reader.skipText(4) // vantage, trace_id, span_id, parent_span_id
  reader.skipTexts() // links
  reader.skipText(4) // method, tool, prompt, resource
  const server = reader.text()
  const target = reader.text()
  reader.skipText(4) // jsonrpc_request_id, tool_call_id, conversation, wire_session
  reader.flag() // server_internal
  reader.skipText(3) // principal, principal_source, principal_trust
  const client = reader.text()
  reader.skipText(2) // client_source, client_trust
  const agent = reader.text()
  reader.skipText(5) // agent_source, agent_trust, token_fingerprint, token_source, token_trust
  reader.skipTexts() // scopes
  reader.skipText(10) // scopes_source, scopes_trust, actor, actor_kind, client_address with source and trust, user_agent, host, arguments
  reader.skipInt() // arguments_bytes
  reader.skipText() // arguments_hash
  const result = reader.id()
  reader.skipInt() // result_bytes
  reader.skipText(7) // result_hash, outcome, error_code, error_type, status_message, decision, decision_by
  reader.skipTexts() // redacted
  const carrier = carrierIn(reader)
  return { started_at, observed_at, server, target, client, agent, result, carrier, attributes: carrier === '' ? NONE : reader.lazyMap() }
}

const NONE: AuditEvent['attributes'] = new Map()
