/** What a sighting of a credential means, after where it was seen before. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { plainName } from '../arguments/plain-name.ts'
import { type Destination, destinationsOf } from '../destinations/destination.ts'
import { carries } from '../destinations/payload.ts'
import { isGivenAsCredential, type Mark } from './marks.ts'

/** State of one secret: where it was first, and where since. */
export interface Secret {
  /** '' before it was seen. */
  kind: string
  way: Mark['way']
  server: string
  tool: string
  actor: string
  /** Days since 1970. */
  firstDay: number
  lastDay: number
  /** Servers, and outside destinations, as terms. */
  places: number[]
}

export interface Verdict {
  readonly severity: Severity
  /** What the finding is about, beside the secret. */
  readonly about: string
  /** The way that it took, for what is usual in a tenant. */
  readonly passage: string
  readonly observed: string
  readonly expected: string
  readonly reasons: readonly string[]
}

const STORE = /vault|secret|credential|keychain|password|kms|key_?-?store/i
const isWanted = ({ request_fit: fit }: Interaction): boolean => fit === 'asked'
const was = ({ way, tool, server }: Secret): string => `${way === 'given' ? 'returned by' : 'used with'} ${plainName(tool)} of ${plainName(server)}`

/** The first destination outside to which the call carries something. */
export const leavesFor = (interaction: Interaction): Destination | undefined => (carries(interaction) ? destinationsOf(interaction).find(({ internal }) => !internal) : undefined)

function onLeaving(interaction: Interaction, mark: Mark, { secret, destination }: { readonly secret: Secret; readonly destination: Destination }): Verdict {
  const asCredential = isGivenAsCredential(interaction, mark)
  const dubious = destination.trait !== '' && destination.trait !== 'free-mail'
  const fromElsewhere = secret.kind !== '' && secret.way === 'given'
  const severity: Severity = asCredential && !dubious ? (fromElsewhere && !isWanted(interaction) ? 'medium' : 'low') : isWanted(interaction) && !dubious ? 'medium' : 'high'
  const name = destination.kind === 'e-mail' ? `an address at ${plainName(destination.domain)}` : plainName(destination.name)
  return {
    severity, about: `to ${destination.name}`, passage: `${mark.kind} to ${destination.name}`,
    observed: `a credential (${mark.kind}) in the arguments of ${plainName(interaction.tool)}, to ${name}`,
    expected: asCredential ? 'credentials that a server keeps itself' : 'no credential in what leaves',
    reasons: [asCredential ? 'it is given as a credential' : 'it is part of what is sent', ...(dubious ? ['the destination is one that anybody can set up'] : []),
      ...(secret.kind === '' ? ['seen for the first time'] : [`before, it was ${was(secret)}`]), ...(isWanted(interaction) ? ['the turn asks for the call'] : [])],
  }
}

function onTravel(interaction: Interaction, mark: Mark, secret: Secret): Verdict {
  const unwanted = interaction.request_fit === 'unrelated' || [...interaction.argument_sources.values()].some((source) => source.startsWith('tool_result'))
  const isText = mark.way === 'used' && interaction.effect !== 'execute' && !isGivenAsCredential(interaction, mark)
  const handed = secret.way === 'given' && mark.way === 'used' && !STORE.test(`${secret.server} ${secret.tool}`)
  const risky = interaction.effect === 'send' || interaction.effect === 'write' || interaction.effect === 'grant' || interaction.effect === 'pay'
  return {
    severity: risky && !isWanted(interaction) && (isText || (handed && unwanted)) ? 'medium' : 'low', about: `at ${interaction.server}`,
    passage: `${mark.kind} from ${secret.server} at ${interaction.server}`,
    observed: `a credential (${mark.kind}) ${mark.way === 'used' ? 'used with' : 'returned by'} ${plainName(interaction.tool)} of ${plainName(interaction.server)}`,
    expected: `only where it was first: ${was(secret)}`,
    reasons: [`first seen ${was(secret)}`, ...(isText ? ['it is part of a text, not of a login'] : []), ...(secret.actor !== interaction.actor ? ['by another actor then'] : []), ...(unwanted ? ['not by the user\'s word'] : [])],
  }
}

function onFirst({ tool, server }: Interaction, { kind, way }: Mark): Verdict {
  return {
    severity: 'low', about: 'seen', passage: `${kind} ${way} by ${tool} of ${server}`,
    observed: `a credential (${kind}) ${way === 'used' ? 'in the arguments of' : 'in what was returned by'} ${plainName(tool)} of ${plainName(server)}`,
    expected: 'no credential in calls and results',
    reasons: ['seen for the first time, told once'],
  }
}

/** Undefined where the secret is where it was before. `isPlace`: whether it was there, by name of a server or destination. */
export function judge(interaction: Interaction, mark: Mark, secret: Secret, isPlace: (name: string) => boolean): Verdict | undefined {
  const destination = mark.way === 'used' ? leavesFor(interaction) : undefined
  if (destination !== undefined && !isPlace(destination.name)) return onLeaving(interaction, mark, { secret, destination })
  if (secret.kind === '') return onFirst(interaction, mark)
  return interaction.server === '' || isPlace(interaction.server) ? undefined : onTravel(interaction, mark, secret)
}
