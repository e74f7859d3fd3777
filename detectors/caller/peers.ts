import type { Interaction } from '../../schemas/interaction.ts'
import { termOf } from '../stats/terms.ts'

/** Actors of one agent and team are peers: their group as a term. */
export const peerGroupOf = ({ agent, client, actor_kind: kind, caller_tenant: team }: Interaction): number => termOf(`${agent || client || kind} ${team}`)
