/** The way of a call: through the homes that it has, in their order, and then out. */
import type { Interaction } from '../../../schemas/interaction.ts'
import { type Home, HOMES, type Part } from '../../../schemas/relay.ts'
import type { Sink } from './contracts.ts'

/** Records with the same key meet in one place. */
export const roundKey = (tenant: string, state: string): string => `${tenant}\u0000round\u0000${state}`
const callKey = ({ tenant, tool_call_id: id }: Interaction): string => `${tenant}\u0000call\u0000${id}`
export const conversationKey = (tenant: string, conversation: string): string => `${tenant}\u0000conversation\u0000${conversation}`
export const actorKey = ({ tenant, actor_kind: kind, actor }: Interaction): string => `${tenant}\u0000actor\u0000${kind}\u0000${actor}`

const HAS_HOME: Readonly<Record<Home, (part: Part) => boolean>> = {
  call: ({ interaction }) => interaction.tool_call_id !== '',
  answer: ({ answered }) => answered !== '',
  ask: ({ asked }) => asked !== '',
  conversation: ({ conversation }) => conversation !== '',
  actor: ({ interaction, rooted }) => rooted && interaction.merged_into === '' && isLearned(interaction) && interaction.requested_by === 'unknown',
}

/** Whether the habit of an actor has to do with the call. */
const isLearned = ({ method, actor }: Interaction): boolean => method === 'tools/call' && actor !== ''

const keyAt = (home: Home, { interaction, conversation, asked, answered }: Part): string => {
  if (home === 'call') return callKey(interaction)
  if (home === 'answer' || home === 'ask') return roundKey(interaction.tenant, home === 'ask' ? asked : answered)
  return home === 'conversation' ? conversationKey(interaction.tenant, conversation) : actorKey(interaction)
}

/** The first home behind `from` that the call has; undefined where it is to be published. */
export function homeAfter(from: Home | undefined, part: Part): Home | undefined {
  for (let at = from === undefined ? 0 : HOMES.indexOf(from) + 1; at < HOMES.length; at++) {
    const home = HOMES[at] as Home
    if (HAS_HOME[home](part)) return home
  }
  return undefined
}

/** Sends the call on from one of its homes (undefined: from stage 1) at a record time in nanoseconds. */
export function forward(part: Part, { from, at, sink }: { readonly from: Home | undefined; readonly at: bigint; readonly sink: Sink }): void {
  const home = homeAfter(from, part)
  if (home !== undefined) sink.relays.push({ kind: 'part', key: keyAt(home, part), at, home, part })
  else say(part.interaction, at, sink)
}

/** Tells a conversation that the call has gone to another one. */
export function leave(
  { tenant, interaction_id: interactionId }: Interaction, conversation: string, { at, sink }: { readonly at: bigint; readonly sink: Sink },
): void {
  sink.relays.push({ kind: 'leave', key: conversationKey(tenant, conversation), at, interactionId })
}

/** Publishes the call, and tells its actor's home whether it was asked for. */
export function say(interaction: Interaction, at: bigint, { interactions, relays }: Sink): void {
  interactions.push(interaction)
  if (interaction.version !== 1 || interaction.merged_into !== '' || !isLearned(interaction) || interaction.requested_by === 'none') return
  relays.push({ kind: 'habit', key: actorKey(interaction), at, calls: 1, asked: interaction.requested_by === 'user_turn' ? 1 : 0 })
}
