/** Whose volume is counted, and by whom a newcomer is measured. */
import type { Interaction } from '../../schemas/interaction.ts'
import { actorKey, serverKey, tokenKey } from '../keys.ts'

const PEERS = 'peers:'
const OF = ' of '

/** Actors are peers of their kind, uses of a tool of that tool's. */
type Kind = 'actor' | 'token' | 'server' | 'tool'
function peersKey(kind: Kind, { actor_kind, tool }: Interaction): string {
  return kind === 'actor' ? `${PEERS}actor:${actor_kind}` : kind === 'tool' ? `${PEERS}tool:${tool}` : PEERS + kind
}

/** By letters in which the four differ. */
function kindOf(key: string): Kind {
  const letter = key[1]
  return letter === 'c' ? 'actor' : letter === 'e' ? 'server' : key[2] === 'k' ? 'token' : 'tool'
}

/** An actor has several of these. */
export const isOfTool = (key: string): boolean => kindOf(key) === 'tool'

/** Actor, token, server, and actor with tool, as far as they are known. */
export function keysOf(interaction: Interaction): readonly string[] {
  const keys: string[] = []
  const actor = actorKey(interaction)
  const token = tokenKey(interaction)
  const server = serverKey(interaction)
  if (actor !== '') keys.push(actor)
  if (token !== '') keys.push(token)
  if (server !== '') keys.push(server)
  if (actor !== '' && interaction.tool !== '') keys.push(`tool:${interaction.tool}${OF}${interaction.actor}`)
  return keys
}

/** Uses of a tool beside the actor whose they are. */
export const homeOf = (key: string): string => (isOfTool(key) ? `actor:${key.slice(key.indexOf(OF) + OF.length)}` : key)

/** The key of the peers that the counted `key` of this interaction has. */
export const peersOf = (key: string, interaction: Interaction): string => peersKey(kindOf(key), interaction)
