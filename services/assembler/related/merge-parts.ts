/** One call of the parts that several traces show of it, by the same ranks by which a trace's own observations are merged. */
import type { Interaction, InteractionFields } from '../../../schemas/interaction.ts'
import type { Part } from '../../../schemas/relay.ts'
import { conflictsAmong } from '../conflicts.ts'
import { bestOf, nameActor, widen } from '../merge.ts'
import { CALLER, ENFORCEMENT, GROUPS, type Order } from '../merge-groups.ts'

/** A part stands as near to a point as the nearest of its observations. */
const nearness = ({ vantages }: Interaction, order: Order): number => vantages.reduce((least, vantage) => Math.min(least, order[vantage]), Infinity)

/** Whose word counts of two that stand equally near. */
type Tie = (left: Interaction, right: Interaction) => number
const smallerId: Tie = (left, right) => (left.interaction_id < right.interaction_id ? -1 : 1)
/** That of the one that is given first. */
export const asGiven: Tie = () => 0

const ranked = (interactions: readonly Interaction[], order: Order, tie: Tie): readonly Interaction[] =>
  interactions.toSorted((left, right) => nearness(left, order) - nearness(right, order) || tie(left, right))

const union = <T extends string>(lists: readonly (readonly T[])[]): readonly T[] => [...new Set(lists.flat())].sort()

/** The part whose word counts for the lineage: one that knows something of it, the one nearest the person. */
export function speaker(parts: readonly Part[], tie = smallerId): Part {
  const unknown = ({ interaction }: Part): number => (interaction.requested_by === 'unknown' ? 1 : 0)
  return parts.toSorted((left, right) => unknown(left) - unknown(right) || nearness(left.interaction, CALLER) - nearness(right.interaction, CALLER)
    || tie(left.interaction, right.interaction))[0] as Part
}

/** The best of each of several views. */
export function contents(interactions: readonly Interaction[], tie = smallerId): InteractionFields {
  const nearestPoint = ranked(interactions, ENFORCEMENT, tie)
  const nearestPerson = ranked(interactions, CALLER, tie)
  const fields: InteractionFields = { ...(nearestPoint[0] as Interaction) }
  const target: Record<string, unknown> = fields
  for (const group of GROUPS) {
    const best = bestOf(group.order === CALLER ? nearestPerson : nearestPoint, group)
    if (best !== undefined) group.take(fields, best)
  }
  fields.identity_conflicts = conflictsAmong(interactions, fields)
  for (const one of nearestPoint) widen(fields, one)
  fields.effect = nearestPoint.find(({ effect }) => effect !== 'unknown')?.effect ?? 'unknown'
  fields.server_internal = interactions.every(({ server_internal: internal }) => internal)
  for (const name of ['vantages', 'emitters', 'sources', 'event_ids', 'redacted', 'input_requests'] as const) target[name] = union(interactions.map((one) => one[name]))
  fields.rounds = Math.max(...interactions.map(({ rounds }) => rounds))
  fields.attempts = Math.max(...interactions.map(({ attempts }) => attempts))
  nameActor(fields)
  return fields
}

/** The first that came holds, so that the call stays where others have met it. */
const firstSaid = (states: readonly string[]): string => states.find((state) => state !== '') ?? ''

/** The one call, under the id of `host`, one of `parts`. The same in whatever order they come. */
export function mergeParts(host: Part, parts: readonly Part[]): Part {
  if (parts.length === 1) return host
  const fields = contents(parts.map(({ interaction }) => interaction))
  const { interaction: told, ...lineage } = speaker(parts)
  const { interaction_id, version, sort_at } = host.interaction
  const conversations = parts.map(({ conversation }) => conversation).filter((conversation) => conversation !== '').sort()
  const { requested_by, request_text, request_fit, request_fit_reasons, argument_sources } = told
  // Logs mostly stand in no trace: then that of another view.
  const trace_id = told.trace_id || (parts.map(({ interaction }) => interaction.trace_id).filter((trace) => trace !== '').sort()[0] ?? '')
  return {
    ...lineage, asked: firstSaid(parts.map(({ asked }) => asked)), answered: firstSaid(parts.map(({ answered }) => answered)), bridged: true, conversation: lineage.conversation || (conversations[0] ?? ''),
    interaction: {
      ...fields, interaction_id, version, sort_at, trace_id, requested_by, request_text, request_fit, request_fit_reasons, argument_sources,
    },
  }
}
