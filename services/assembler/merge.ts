/**
 * The best of each observation. Every group of fields has a rank (lower is better); ties go to the smaller event id. So the order of
 * arrival does not matter.
 */
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { type Trust, TRUST_ORDER } from '../../schemas/vocabulary.ts'
import { conflictsIn } from './conflicts.ts'
import { CALLER, ENFORCEMENT, type Group, GROUPS, type Order, type Said } from './merge-groups.ts'
import type { Observation } from './observation.ts'

const TRUST_RANK = new Map<Trust, number>(TRUST_ORDER.map((trust, index) => [trust, index]))

/** Best first; ties go to the smaller event id. */
function ranked(observations: readonly Observation[], order: Order): readonly Observation[] {
  const before = (left: Observation, right: Observation): number =>
    order[left.vantage] - order[right.vantage] || (left.event_id < right.event_id ? -1 : 1)
  return observations.length <= FEW ? insertionSorted(observations.slice(), before) : observations.toSorted(before)
}

/** Up to here sorting by insertion costs less memory and time than the built-in sort, which nearly every call would pay several times. */
const FEW = 8

/** Sorts in place. */
function insertionSorted<T>(values: T[], before: (left: T, right: T) => number): T[] {
  for (let next = 1; next < values.length; next++) {
    const value = values[next] as T
    let at = next
    for (; at > 0 && before(value, values[at - 1] as T) < 0; at--) values[at] = values[at - 1] as T
    values[at] = value
  }
  return values
}

function firstOf<T extends Said>(best: readonly T[], { says, named }: Group): T | undefined {
  let first: T | undefined
  for (const event of best) {
    if (!says(event)) continue
    if (named === undefined || event.method !== '') return event
    first ??= event
  }
  return first
}

/** The one of those ranked, best first, whose word counts for the group; undefined where none says anything. */
export function bestOf<T extends Said>(best: readonly T[], group: Group): T | undefined {
  const { says, trust } = group
  if (trust === undefined) return firstOf(best, group)
  let found: T | undefined
  let lowest = Infinity
  for (const event of best) {
    if (!says(event)) continue
    const rank = TRUST_RANK.get(trust(event)) ?? Infinity
    if (found !== undefined && rank >= lowest) continue
    found = event
    lowest = rank
  }
  return found
}

/** Nearest the enforcement point first. */
export const fromThePoint = (observations: readonly Observation[]): readonly Observation[] => ranked(observations, ENFORCEMENT)

const earliest = (left: bigint, right: bigint): bigint => (left === 0n || (right !== 0n && right < left) ? right : left)
const latest = (left: bigint, right: bigint): bigint => (right > left ? right : left)

type Times = 'started_at' | 'ended_at' | 'received_at' | 'duration_ns' | 'arguments_bytes' | 'result_bytes'

/** A size without the content is worth having, but never beats content. */
export function widen(into: InteractionFields, from: Pick<Observation, Times>): void {
  into.started_at = earliest(into.started_at, from.started_at)
  into.ended_at = latest(into.ended_at, from.ended_at)
  into.received_at = latest(into.received_at, from.received_at)
  // The longest observation saw the whole call; start and end of different clocks must not be subtracted.
  into.duration_ns = latest(into.duration_ns, from.duration_ns)
  if (into.arguments_bytes === -1n) into.arguments_bytes = from.arguments_bytes
  if (into.result_bytes === -1n) into.result_bytes = from.result_bytes
}

/** Distinct values, sorted; '' says nothing. */
function distinct<T extends string>(observations: readonly Observation[], of: (event: Observation) => T): readonly T[] {
  if (observations.length > FEW) return [...new Set(observations.map(of))].filter((value) => value !== '').sort()
  // In the memory of one array: one that grows from nothing has room for seventeen.
  const values = observations.map(of)
  let count = 0
  for (const value of values) if (value !== '' && values.indexOf(value) >= count) values[count++] = value
  values.length = count
  return insertionSorted(values, (left, right) => (left < right ? -1 : 1))
}

function allRedacted(observations: readonly Observation[]): readonly string[] {
  if (observations.every(({ redacted }) => redacted.length === 0)) return []
  return [...new Set(observations.flatMap(({ redacted }) => redacted))].sort()
}

/**
 * The one interaction that at least one observation of a call show together. The same whichever comes first. `superseded`: event ids of requests that were
 * repeated.
 */
export function merged(observations: readonly Observation[], superseded?: ReadonlySet<string>): InteractionFields {
  const fields = blankInteraction()
  const [first] = observations as readonly [Observation]
  fields.tenant = first.tenant
  const nearestPoint = ranked(observations, ENFORCEMENT)
  const nearestPerson = ranked(observations, CALLER)
  fields.trace_id = (nearestPerson[0] as Observation).trace_id
  const atLast = superseded === undefined ? nearestPoint : nearestPoint.filter(({ event_id: id }) => !superseded.has(id))
  for (const group of GROUPS) {
    const best = bestOf(group.order === CALLER ? nearestPerson : group.ends === true ? atLast : nearestPoint, group)
    if (best !== undefined) group.take(fields, best)
  }
  fields.identity_conflicts = conflictsIn(observations, fields)
  for (const event of nearestPoint) widen(fields, event)
  if (superseded !== undefined) fields.result_bytes = atLast.find(({ result_bytes: bytes }) => bytes !== -1n)?.result_bytes ?? -1n
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
export function nameActor(fields: InteractionFields): void {
  const known = (['principal', 'client', 'agent', 'host'] as const).find((kind) => fields[kind] !== '')
  fields.actor = known === undefined ? '' : fields[known]
  fields.actor_kind = known ?? 'unknown'
}
