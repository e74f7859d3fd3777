/** What of an audit event's bytes says who offered what to whom. Most events carry no list, which their keys tell without anything being made. */
import type { AuditEvent } from '../../../schemas/audit-event.ts'
import { readerOf } from '../../../schemas/canonical.ts'
import type { CanonicalReader } from '../../../schemas/canonical-reader.ts'
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
  const reader = readerOf(bytes)
  reader.skipText(4) // event_id, tenant, signal, span_kind
  const started_at = reader.int()
  reader.skipInt() // ended_at
  const observed_at = reader.int()
  reader.skipInt() // duration_ns
  reader.skipText(6) // source, emitter, mapping_version, scope_name, scope_version, service_version
  reader.skipInt() // sequence
  reader.skipText(4) // vantage, trace_id, span_id, parent_span_id
  reader.skipTexts() // links
  reader.skipText(3) // method, tool, prompt
  const server = reader.text()
  reader.skipText(2) // jsonrpc_request_id, tool_call_id
  reader.flag() // server_internal
  reader.skipText(8) // source and trust of principal, client, agent and token
  reader.skipTexts() // scopes
  reader.skipText(5) // scopes_source, scopes_trust, actor_kind, client_address_source, client_address_trust
  reader.skipInt(2) // arguments_bytes, result_bytes
  reader.skipText(4) // outcome, error_code, error_type, decision
  reader.skipTexts() // redacted
  reader.skipText() // transport
  reader.skipInt() // received_at
  reader.skipText(6) // conflict_with, credential, salt, name, service_instance, resource
  const target = reader.text()
  reader.skipText(3) // conversation, wire_session, principal
  const client = reader.text()
  const agent = reader.text()
  reader.skipText(7) // token_fingerprint, actor, client_address, user_agent, host, arguments, arguments_hash
  const result = reader.id()
  reader.skipText(3) // result_hash, status_message, decision_by
  const carrier = carrierIn(reader)
  return { started_at, observed_at, server, target, client, agent, result, carrier, attributes: carrier === '' ? NONE : reader.lazyMap() }
}

const NONE: AuditEvent['attributes'] = new Map()
