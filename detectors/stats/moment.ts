import type { Interaction } from '../../schemas/interaction.ts'

/** The last answer: the runner asks for all detectors of one interaction in a row. Only saves work, never changes an answer. */
let lastOf: object | undefined
let lastSeconds = 0

/** Seconds since 1970 UTC at which the interaction ended by its own account, where it gives none or a later time than it reached us: when it did. */
export function secondsOf(interaction: Pick<Interaction, 'started_at' | 'ended_at' | 'received_at'>): number {
  if (lastOf === interaction) return lastSeconds
  const { started_at, ended_at, received_at } = interaction
  const ended = ended_at === 0n ? started_at : ended_at
  lastOf = interaction
  lastSeconds = Number(received_at === 0n || (ended !== 0n && ended < received_at) ? ended : received_at) / 1e9
  return lastSeconds
}

/** The same as whole hours since 1970 UTC. */
export const hourOf = (seconds: number): number => Math.floor(seconds / 3600)

/** Whole seconds as nanoseconds. */
export const nanosOf = (seconds: number): bigint => BigInt(Math.round(seconds)) * 1_000_000_000n
