/** People and services whom the configuration knows: one actor, whatever the emitters call it. */
import type { Interaction } from '../../schemas/interaction.ts'
import { conflictOf } from './conflicts.ts'

export interface Identity {
  readonly tenant: string
  /** What the actor is called everywhere. */
  readonly name: string
  readonly kind: 'person' | 'service'
  /** What emitters call it, besides its name. */
  readonly aliases: readonly string[]
}

/** The interaction with the actor that is meant; the same object where nobody knows better. */
export type Identify = (interaction: Interaction) => Interaction

/** Emitters and directories do not agree on the case of an address or an account. */
export const identityKey = (tenant: string, said: string): string => `${tenant}\u0000${said.toLowerCase()}`

/**
 * An OAuth client is never taken for a person, since many may use it; for a service it may be. Agents and hosts are not looked up: anybody can call
 * himself so. Trust stays that of the value that was said: an alias does not make it any truer.
 */
export function identifier(identities: readonly Identity[]): Identify {
  if (identities.length === 0) return (interaction) => interaction
  const known = new Map(identities.flatMap((identity) => [identity.name, ...identity.aliases].map((said) => [identityKey(identity.tenant, said), identity])))
  /** Two names of one person are no conflict. */
  const others = ({ tenant, identity_conflicts: conflicts }: Interaction, named: Identity): readonly string[] => {
    if (conflicts.length === 0) return conflicts
    const rest = conflicts.map(conflictOf).filter(({ field, value }) => field === 'principal' && known.get(identityKey(tenant, value)) !== named)
    return rest.length > 0 ? conflicts : conflicts.filter((text) => conflictOf(text).field !== 'principal')
  }
  return (interaction) => {
    const { tenant, principal, client } = interaction
    const named = known.get(identityKey(tenant, principal))
    if (principal !== '') return named === undefined ? interaction : { ...interaction, principal: named.name, ...actorOf(named), identity_conflicts: others(interaction, named) }
    const service = known.get(identityKey(tenant, client))
    return client === '' || service?.kind !== 'service' ? interaction : { ...interaction, ...actorOf(service) }
  }
}

const actorOf = ({ name, kind }: Identity): Pick<Interaction, 'actor' | 'actor_kind'> =>
  ({ actor: name, actor_kind: kind === 'service' ? 'service' : 'principal' })
