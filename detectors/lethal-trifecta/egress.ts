/** Where a call takes something out to, and how far that is out of the ordinary. */
import type { Interaction } from '../../schemas/interaction.ts'
import { type Destination, destinationsOf } from '../destinations/destination.ts'

const NONE: readonly Destination[] = []
/** An address that is fetched carries something out if there is room for it, or if it came from a text and has a query: most that come from a text are plain pages. */
const ROOMY = 512n

/** Destinations outside, in order; of a call that reads only where the address can carry something out. */
export function outwards(interaction: Interaction): readonly Destination[] {
  const { effect, arguments_bytes: bytes, arguments: text } = interaction
  if (effect === 'delete') return NONE
  const carries = effect !== 'read' || bytes > ROOMY
  if (!carries && !text.includes('?')) return NONE
  const destinations = destinationsOf(interaction)
  return destinations.length === 0 ? NONE : destinations.filter(({ internal, source }) => !internal && (carries || source.startsWith('tool_result')))
}

export interface Novelty {
  /** The actor has sent enough to know its destinations, and does not find new ones all the time. */
  readonly settled: boolean
  /** Never sent there, or told and not accepted since. */
  readonly self: boolean
  /** Enough is known of the tenant. */
  readonly grown: boolean
  /** Nobody in the tenant sends there. */
  readonly tenant: boolean
}

export interface Weighed {
  /** What makes it look like somebody else's doing. */
  readonly unwarranted: readonly string[]
  readonly novelty: readonly string[]
  /** The destination is new as far as histories go. */
  readonly isNew: boolean
  /** No history to go by. */
  readonly isCold: boolean
  /** The user gave the destination, or asked for just such a call. */
  readonly warranted: boolean
}

/** Services to which anybody sends without being anybody. A free mailbox is rarely more than a person's. */
const ODD_TRAITS: ReadonlySet<string> = new Set(['paste', 'webhook', 'tunnel', 'file-drop', 'dynamic-name', 'bare-address'])

function moved({ argument_sources: sources }: Interaction, { argument }: Destination): boolean {
  for (const [path, source] of sources) if (path !== argument && source.startsWith('tool_result')) return true
  return false
}

/** `returns`: the strangers' words were fetched from that site. */
export function weigh(interaction: Interaction, destination: Destination, { novelty, returns }: { readonly novelty: Novelty; readonly returns: boolean }): Weighed {
  const { request_fit: fit, requested_by: by } = interaction
  const { source, kind, trait } = destination
  const given = source === 'user'
  const isAsked = given || fit === 'asked'
  const unwarranted = [
    ...(fit === 'unrelated' ? ['the turn asks for something else'] : []),
    ...(by === 'none' ? ['no turn of a user stands behind it'] : []),
    ...(!isAsked && source.startsWith('tool_result') && kind !== 'e-mail' ? ['the destination came from what a tool returned'] : []),
    ...(!isAsked && returns && interaction.effect !== 'read' ? ['it goes to where the strangers\' words were fetched from'] : []),
    ...(!given && ODD_TRAITS.has(trait) ? [`the destination is of a kind that names nobody (${trait})`] : []),
    ...(!isAsked && moved(interaction, destination) && source.startsWith('tool_result') ? ['destination and content both came from what tools returned'] : []),
  ]
  return {
    unwarranted,
    novelty: [...(novelty.settled && novelty.self ? ['never sent there before'] : []), ...(novelty.grown && novelty.tenant ? ['nobody in the tenant sends there'] : [])],
    isNew: novelty.settled ? novelty.self && (!novelty.grown || novelty.tenant || ODD_TRAITS.has(trait)) : novelty.grown && novelty.tenant,
    isCold: !novelty.settled && !novelty.grown,
    warranted: isAsked && fit !== 'unrelated',
  }
}
