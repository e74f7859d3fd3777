/** A call that was done, as much of it as is needed to tell whether a denial was got round. Plain JSON, bounded. */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'
import { deedOf, type Deed } from './deed.ts'

export interface Act extends Deed {
  /** Seconds since 1970. */
  readonly at: number
  readonly tool: string
  readonly server: number
  readonly agent: number
  readonly sent: number
  /** The turn asks for it. */
  readonly asked: boolean
  /** A decision is recorded, by a configuration. */
  readonly configured: boolean
  readonly events: readonly string[]
}

const LOOKED_AT = 1024
const MOST_NAMES = 16
/** Characters of a tool's name that are kept. */
export const LONGEST_TOOL = 80

export const sentBy = ({ arguments_hash: hash, arguments: sent }: Interaction): number => hash32(hash || sent.slice(0, LOOKED_AT))

export function actOf(interaction: Interaction, at: number): Act {
  const { tool, server, agent, requested_by: by, request_fit: fit, decision, event_ids: events } = interaction
  const { effects, names, telling, isCommand, trade } = deedOf(interaction)
  return {
    at, effects, isCommand, trade, names: names.slice(0, MOST_NAMES), telling: telling.slice(0, MOST_NAMES), tool: tool.slice(0, LONGEST_TOOL), server: server === '' ? 0 : hash32(server),
    agent: agent === '' ? 0 : hash32(agent), sent: sentBy(interaction), asked: by === 'user_turn' && fit === 'asked', configured: decision !== '', events: events.slice(0, 2),
  }
}
