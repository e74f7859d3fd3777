/**
 * The best of each observation. Every group of fields has a rank (lower is better); ties go to the smaller event id. So the order of
 * arrival does not matter.
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
interface Choice {
  says(event: AuditEvent): boolean
  rank(event: AuditEvent): number
}

interface Group extends Choice {
  readonly fields: readonly Field[]
}

const enforcement = (event: AuditEvent): number => ENFORCEMENT[event.vantage]
const caller = (event: AuditEvent): number => CALLER[event.vantage]
const trusted = (trust: (event: AuditEvent) => Trust) => (event: AuditEvent) => (TRUST_RANK.get(trust(event)) ?? 9) * 8 + ENFORCEMENT[event.vantage]

/** The first field of a group decides whether an observation says anything. */
const FIELDS: readonly Omit<Group, 'says'>[] = [
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

const isSaid = (value: AuditEvent[Field]): boolean => value !== '' && value !== 'unknown' && !(Array.isArray(value) && value.length === 0)
const GROUPS: readonly Group[] = FIELDS.map(({ fields, rank }) => ({ fields, rank, says: (event) => isSaid(event[fields[0] as Field]) }))

/** The observation whose word counts; undefined where none says anything. */
function bestOf(observations: readonly AuditEvent[], { says, rank }: Choice): AuditEvent | undefined {
  let best: AuditEvent | undefined
  let lowest = 0
  for (const event of observations) {
    if (!says(event)) continue
    const own = rank(event)
    if (best === undefined || own < lowest || (own === lowest && event.event_id < best.event_id)) {
      best = event
      lowest = own
    }
  }
  return best
}

/** The text of the observation nearest the enforcement point that has one, '' where none has. */
export function enforced(observations: readonly AuditEvent[], of: (event: AuditEvent) => string): string {
  const best = bestOf(observations, { says: (event) => of(event) !== '', rank: enforcement })
  return best === undefined ? '' : of(best)
}

const earliest = (left: bigint, right: bigint): bigint => (left === 0n || (right !== 0n && right < left) ? right : left)
const latest = (left: bigint, right: bigint): bigint => (right > left ? right : left)

/** A size without the content is worth having, but never beats content. */
function widen(into: InteractionFields, from: AuditEvent): void {
  into.started_at = earliest(into.started_at, from.started_at)
  into.ended_at = latest(into.ended_at, from.ended_at)
  into.received_at = latest(into.received_at, from.received_at)
  // The longest observation saw the whole call; start and end of different clocks must not be subtracted.
  into.duration_ns = latest(into.duration_ns, from.duration_ns)
  if (into.arguments_bytes === -1n) into.arguments_bytes = from.arguments_bytes
  if (into.result_bytes === -1n) into.result_bytes = from.result_bytes
}

/** Distinct values, sorted; '' says nothing. They are few, so each is put where it belongs. */
function distinct<T extends string>(observations: readonly AuditEvent[], of: (event: AuditEvent) => T): readonly T[] {
  const values: T[] = []
  for (const event of observations) {
    const value = of(event)
    if (value === '' || values.includes(value)) continue
    let at = values.push(value) - 1
    for (; at > 0 && (values[at - 1] as T) > value; at--) values[at] = values[at - 1] as T
    values[at] = value
  }
  return values
}

function allRedacted(observations: readonly AuditEvent[]): readonly string[] {
  if (observations.every(({ redacted }) => redacted.length === 0)) return []
  return [...new Set(observations.flatMap(({ redacted }) => redacted))].sort()
}

/** The one interaction that at least one observation of a call show together. The same whichever comes first. */
export function merged(observations: readonly AuditEvent[]): InteractionFields {
  const fields = blankInteraction()
  const target: Record<string, unknown> = fields
  const [first] = observations as readonly [AuditEvent]
  fields.tenant = first.tenant
  fields.trace_id = first.trace_id
  for (const group of GROUPS) {
    const best = bestOf(observations, group)
    if (best !== undefined) for (const field of group.fields) target[field] = best[field]
  }
  for (const event of observations) widen(fields, event)
  // One observation that belongs to a caller shows that the call was not the server's own.
  fields.server_internal = observations.every(({ server_internal: internal }) => internal)
  fields.redacted = allRedacted(observations)
  fields.vantages = distinct(observations, ({ vantage }) => vantage)
  fields.emitters = distinct(observations, ({ emitter }) => emitter)
  fields.sources = distinct(observations, ({ source }) => source)
  fields.event_ids = distinct(observations, ({ event_id: id }) => id)
  nameActor(fields)
  return fields
}

/** Actor: principal, else OAuth client, else agent, else host. */
function nameActor(fields: InteractionFields): void {
  const known = (['principal', 'client', 'agent', 'host'] as const).find((kind) => fields[kind] !== '')
  fields.actor = known === undefined ? '' : fields[known]
  fields.actor_kind = known ?? 'unknown'
}
