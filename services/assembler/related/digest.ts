import type { Interaction } from '../../../schemas/interaction.ts'

/** Nearly always none, or one or two words. */
const sourcesIn = ({ argument_sources: sources }: Interaction): string => (sources.size === 0 ? '' : [...sources.values()].join('\u0001'))

/** A number that changes with the ids, whatever their order: they are hashes, of which a few digits tell them apart. */
export function checksum(ids: readonly string[]): number {
  let sum = ids.length
  for (const id of ids) sum += tailOf(id)
  return sum
}

const TAIL = 6

export function tailOf(id: string): number {
  let tail = 0
  for (let at = Math.max(0, id.length - TAIL); at < id.length; at++) tail = tail * 31 + id.charCodeAt(at)
  return tail
}

/** What a version says, short enough to keep: only a version that says something else is published. `rooted`: see `Part`. */
export function digestOf(fields: Interaction, rooted: boolean): string {
  return [
    checksum(fields.event_ids), tailOf(fields.trace_id), fields.actor, fields.requested_by, fields.request_fit, fields.request_text.length, sourcesIn(fields),
    fields.outcome, fields.arguments_hash, fields.result_hash, fields.server_internal,
    // Whether nobody asked can only then be said.
    rooted && fields.requested_by === 'unknown',
  ].join('\u0000')
}
