import type { Interaction } from '../../../schemas/interaction.ts'

/** Nearly always none, or one or two words. */
const sourcesIn = ({ argument_sources: sources }: Interaction): string => (sources.size === 0 ? '' : [...sources.values()].join('\u0001'))

/** What a version says, short enough to keep: only a version that says something else is published. `rooted`: see `Part`. */
export function digestOf(fields: Interaction, rooted: boolean): string {
  return [
    fields.event_ids.length, fields.actor, fields.requested_by, fields.request_fit, fields.request_text.length, sourcesIn(fields),
    fields.outcome, fields.arguments_hash, fields.result_hash, fields.server_internal,
    // Whether nobody asked can only then be said.
    rooted && fields.requested_by === 'unknown',
  ].join('\u0000')
}
