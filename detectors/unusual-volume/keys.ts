/** Whose volume is counted, and by whom a newcomer is measured. */
import type { Interaction } from '../../schemas/interaction.ts'

const PEERS = 'peers:'

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
function kindOf(key: string): Kind {
  const letter = key[1]
  return letter === 'c' ? 'actor' : letter === 'e' ? 'server' : key[2] === 'k' ? 'token' : 'tool'
}

/** Actor, token, server, and actor with tool, as far as they are known. */
export function keysOf(interaction: Interaction): readonly string[] {
  const keys: string[] = []
  for (const kind of KINDS) {
    const own = ownKey(kind, interaction)
    if (own !== '') keys.push(own)
  }
  return keys
}

/** The key of the peers that the counted `key` of this interaction has. */
export const peersOf = (key: string, interaction: Interaction): string => peersKey(kindOf(key), interaction)
