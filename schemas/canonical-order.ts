/** Which fields an audit event has in its canonical form, of what kind, and in what order each version of the form writes them. */
import { type AuditEvent, AuditEventArrival, AuditEventContent, blankAuditEvent } from './audit-event.ts'

/** 2: personal and content fields stand together behind a salt, so that they can be blanked and the record still proves itself. */
export const CANONICAL_VERSION = 2
export type CanonicalVersion = 1 | 2
export type CanonicalKind = 'text' | 'int' | 'flag' | 'texts' | 'map'

export interface CanonicalField {
  readonly name: keyof AuditEvent
  readonly kind: CanonicalKind
}

const kindOf = (value: unknown): CanonicalKind =>
  typeof value === 'bigint' ? 'int' : typeof value === 'boolean' ? 'flag' : Array.isArray(value) ? 'texts' : value instanceof Map ? 'map' : 'text'

const blank = blankAuditEvent()
const fieldsOf = (shape: object): CanonicalField[] =>
  (Object.keys(shape) as (keyof AuditEvent)[]).map((name) => ({ name, kind: kindOf(blank[name]) }))

export const CONTENT_FIELDS: readonly CanonicalField[] = fieldsOf(AuditEventContent.shape)
/** All fields in the order of the schema, which is that of the columns. */
export const CANONICAL_FIELDS: readonly CanonicalField[] = [...CONTENT_FIELDS, ...fieldsOf(AuditEventArrival.shape)]

/**
 * What may tell who somebody is or what was said: an erasure blanks these and nothing else. Names of software, methods, tools, outcomes, times and
 * sizes stay, and so does how far each identity was to be trusted. The span name is here because some emitters put a resource or a prompt into it.
 */
const COMMITTED = [
  'salt', 'name', 'service_instance', 'resource', 'target', 'conversation', 'wire_session', 'principal', 'client', 'agent', 'token_fingerprint', 'actor',
  'client_address', 'user_agent', 'host', 'arguments', 'arguments_hash', 'result', 'result_hash', 'status_message', 'decision_by',
  'attributes', 'resource_attributes', 'exporter_peer',
] as const satisfies readonly (keyof AuditEvent)[]

const byName = new Map(CANONICAL_FIELDS.map((field) => [field.name, field]))
/** Committed to by one salted hash: the salt first. */
export const COMMITTED_FIELDS: readonly CanonicalField[] = COMMITTED.map((name) => byName.get(name) as CanonicalField)
export const PUBLIC_FIELDS: readonly CanonicalField[] = CANONICAL_FIELDS.filter((field) => !COMMITTED_FIELDS.includes(field))

/** The fields of each version in the order of its bytes. */
export const CANONICAL_ORDERS: Readonly<Record<CanonicalVersion, readonly CanonicalField[]>> = {
  1: CANONICAL_FIELDS.filter(({ name }) => name !== 'salt' && name !== 'credential'),
  2: [...PUBLIC_FIELDS, ...COMMITTED_FIELDS],
}
