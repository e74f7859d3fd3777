/** What a call sends away, and where: the unit that is added up. */
import type { Interaction } from '../../schemas/interaction.ts'
import { carries } from '../destinations/payload.ts'
import { destinationsOf } from '../destinations/destination.ts'

export interface Outgoing {
  /** Destination as people read it: domain, bucket, or tool and server where none is named. */
  readonly to: string
  /** Whether it names a place outside. */
  readonly isNamed: boolean
  /** Whether the user named it. */
  readonly isUsers: boolean
  /** Whether it is a free mail service, or a place that anybody can set up. */
  readonly isDubious: boolean
}

/** Most destinations of one call that are counted. */
const MOST = 2
const NONE: readonly Outgoing[] = []

/** Empty where the call sends nothing to outside, or does not say how much. */
export function outgoingOf(interaction: Interaction): readonly Outgoing[] {
  const { effect, arguments_bytes: bytes, tool, server } = interaction
  if (effect === 'read' || effect === 'unknown' || effect === 'delete' || bytes <= 0n) return NONE
  const outside = destinationsOf(interaction).filter(({ internal }) => !internal)
  if (outside.length > 0) return carries(interaction) ? outside.slice(0, MOST).map(({ kind, name, domain, source, trait }) =>
    ({ to: kind === 'e-mail' && trait === '' ? domain : name, isNamed: true, isUsers: source === 'user', isDubious: trait !== '' })) : NONE
  return effect === 'send' && destinationsOf(interaction).length === 0 ? [{ to: `${tool} of ${server}`, isNamed: false, isUsers: false, isDubious: false }] : NONE
}
