/**
 * The best of each observation. Every group of fields has a rank (lower is better) and an observation only replaces what a worse one said;
 * ties go to the smaller event id. So the order of arrival does not matter, and no observation has to be kept.
 */
import type { AuditEvent } from '../../schemas/audit-event.ts'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { type Trust, TRUST_ORDER, type Vantage } from '../../schemas/vocabulary.ts'

/** Nearest the enforcement point first: what the server received is what happened. */
const ENFORCEMENT: Record<Vantage, number> = { server: 0, gateway: 1, client: 2, agent: 3, log: 4 }
/** Nearest the person first: the conversation and the caller's own host. */
const CALLER: Record<Vantage, number> = { agent: 0, client: 1, log: 2, gateway: 3, server: 4 }
const TRUST_RANK = new Map<Trust, number>(TRUST_ORDER.map((trust, index) => [trust, index]))

type Field = keyof InteractionFields & keyof AuditEvent
interface Group {
  /** The first field decides whether the observation says anything. */
  readonly fields: readonly Field[]
  rank(event: AuditEvent): number
}

const enforcement = (event: AuditEvent): number => ENFORCEMENT[event.vantage]
const caller = (event: AuditEvent): number => CALLER[event.vantage]
const trusted = (trust: (event: AuditEvent) => Trust) => (event: AuditEvent) => (TRUST_RANK.get(trust(event)) ?? 9) * 8 + ENFORCEMENT[event.vantage]

const GROUPS: readonly Group[] = [
  { fields: ['method'], rank: enforcement },
  { fields: ['tool'], rank: enforcement },
  { fields: ['prompt'], rank: enforcement },
  { fields: ['resource'], rank: enforcement },
  { fields: ['server'], rank: enforcement },
  { fields: ['target'], rank: caller },
  { fields: ['principal', 'principal_source', 'principal_trust'], rank: trusted((event) => event.principal_trust) },
  { fields: ['client', 'client_source', 'client_trust'], rank: trusted((event) => event.client_trust) },
  { fields: ['agent'], rank: caller },
  { fields: ['token_fingerprint', 'token_trust'], rank: trusted((event) => event.token_trust) },
  { fields: ['scopes'], rank: trusted((event) => event.scopes_trust) },
  { fields: ['client_address', 'client_address_source', 'client_address_trust'], rank: trusted((event) => event.client_address_trust) },
  { fields: ['user_agent'], rank: enforcement },
  { fields: ['host'], rank: caller },
  { fields: ['conversation'], rank: caller },
  { fields: ['wire_session'], rank: enforcement },
  { fields: ['jsonrpc_request_id'], rank: caller },
  { fields: ['tool_call_id'], rank: caller },
  { fields: ['arguments', 'arguments_bytes', 'arguments_hash'], rank: enforcement },
  { fields: ['result', 'result_bytes', 'result_hash'], rank: enforcement },
  { fields: ['outcome'], rank: enforcement },
  { fields: ['error_code'], rank: enforcement },
  { fields: ['error_type'], rank: enforcement },
  { fields: ['decision', 'decision_by'], rank: enforcement },
]
/** A size without the content is worth having, but never beats content. */
const SIZES = ['arguments_bytes', 'result_bytes'] as const

export interface Merged {
  readonly fields: InteractionFields
  /** Per group: rank and event id of who filled it. */
  readonly ranks: (number | undefined)[]
  readonly by: string[]
}

const says = (event: AuditEvent, field: Field): boolean => {
  const value = event[field]
  return value !== '' && value !== 'unknown' && !(Array.isArray(value) && value.length === 0)
}

const better = (merged: Merged, group: number, rank: number, by: string): boolean => {
  const held = merged.ranks[group]
  return held === undefined || rank < held || (rank === held && by < (merged.by[group] ?? ''))
}

function copy(from: AuditEvent | InteractionFields, to: InteractionFields, fields: readonly Field[]): void {
  const target: Record<string, unknown> = to
  for (const field of fields) target[field] = from[field]
}

const union = <T extends string>(left: readonly T[], right: readonly T[]): readonly T[] => {
  const missing = right.filter((value) => !left.includes(value))
  return missing.length === 0 ? left : [...left, ...missing].sort()
}

const earliest = (left: bigint, right: bigint): bigint => (left === 0n || (right !== 0n && right < left) ? right : left)
const latest = (left: bigint, right: bigint): bigint => (right > left ? right : left)

function widen(into: InteractionFields, from: AuditEvent | InteractionFields): void {
  into.started_at = earliest(into.started_at, from.started_at)
  into.ended_at = latest(into.ended_at, from.ended_at)
  into.received_at = latest(into.received_at, from.received_at)
  // The longest observation saw the whole call; start and end of different clocks must not be subtracted.
  into.duration_ns = latest(into.duration_ns, from.duration_ns)
  into.redacted = union(into.redacted, from.redacted)
  for (const size of SIZES) if (into[size] === -1n) into[size] = from[size]
}

/** A new merge that holds one observation. */
export function mergeFrom(event: AuditEvent): Merged {
  const merged: Merged = { fields: blankInteraction(), ranks: [], by: [] }
  merged.fields.tenant = event.tenant
  merged.fields.trace_id = event.trace_id
  GROUPS.forEach((group, index) => {
    if (!says(event, group.fields[0] as Field)) return
    merged.ranks[index] = group.rank(event)
    merged.by[index] = event.event_id
    copy(event, merged.fields, group.fields)
  })
  widen(merged.fields, event)
  merged.fields.server_internal = event.server_internal
  merged.fields.vantages = [event.vantage]
  merged.fields.emitters = event.emitter === '' ? [] : [event.emitter]
  merged.fields.sources = event.source === '' ? [] : [event.source]
  merged.fields.event_ids = [event.event_id]
  return merged
}

/** Adds everything of `from` to `into`. The same whichever is given first, but for the id, which stays that of `into`. */
export function mergeInto(into: Merged, from: Merged): void {
  GROUPS.forEach((group, index) => {
    const rank = from.ranks[index]
    const by = from.by[index] ?? ''
    if (rank === undefined || !better(into, index, rank, by)) return
    into.ranks[index] = rank
    into.by[index] = by
    copy(from.fields, into.fields, group.fields)
  })
  widen(into.fields, from.fields)
  // One observation that belongs to a caller shows that the call was not the server's own.
  into.fields.server_internal &&= from.fields.server_internal
  into.fields.vantages = union(into.fields.vantages, from.fields.vantages)
  into.fields.emitters = union(into.fields.emitters, from.fields.emitters)
  into.fields.sources = union(into.fields.sources, from.fields.sources)
  into.fields.event_ids = union(into.fields.event_ids, from.fields.event_ids)
}

/** Actor: principal, else OAuth client, else agent, else host. */
export function nameActor(fields: InteractionFields): void {
  const known = (['principal', 'client', 'agent', 'host'] as const).find((kind) => fields[kind] !== '')
  fields.actor = known === undefined ? '' : fields[known]
  fields.actor_kind = known ?? 'unknown'
}
