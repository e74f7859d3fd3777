/** Whose volume is counted, and by whom a newcomer is measured. */
import type { Interaction } from '../../schemas/interaction.ts'

const PEERS = 'peers:'
export const isPeers = (key: string): boolean => key.startsWith(PEERS)

/** Actors are peers of their kind, uses of a tool of that tool's. */
type Kind = 'actor' | 'token' | 'server' | 'tool'
const KINDS: readonly Kind[] = ['actor', 'token', 'server', 'tool']

/** The counted key of that kind, '' where the interaction has none. */
function ownKey(kind: Kind, { actor, token_fingerprint, server, tool }: Interaction): string {
  if (kind === 'actor') return actor === '' ? '' : `actor:${actor}`
  if (kind === 'token') return token_fingerprint === '' ? '' : `token:${token_fingerprint}`
  if (kind === 'server') return server === '' ? '' : `server:${server}`
  return actor === '' || tool === '' ? '' : `tool:${tool} of ${actor}`
}

function peersKey(kind: Kind, { actor_kind, tool }: Interaction): string {
  return kind === 'actor' ? `${PEERS}actor:${actor_kind}` : kind === 'tool' ? `${PEERS}tool:${tool}` : PEERS + kind
}

/** By letters in which the four differ. */
function kindIn(key: string, at: number): Kind {
  const letter = key[at + 1]
  return letter === 'c' ? 'actor' : letter === 'e' ? 'server' : key[at + 2] === 'k' ? 'token' : 'tool'
}

/** Actor, token, server, and actor with tool, as far as they are known; each before its peers, so that these find the hour it has just finished. */
export function keysOf(interaction: Interaction): readonly string[] {
  const keys: string[] = []
  for (const kind of KINDS) {
    const own = ownKey(kind, interaction)
    if (own !== '') keys.push(own, peersKey(kind, interaction))
  }
  return keys
}

/** The key of the peers that the counted `key` of this interaction has. */
export const peersOf = (key: string, interaction: Interaction): string => peersKey(kindIn(key, 0), interaction)

/** The counted key of this interaction that the peers' `key` belongs to. */
export const memberOf = (key: string, interaction: Interaction): string => ownKey(kindIn(key, PEERS.length), interaction)
