import type { Interaction } from '../../schemas/interaction.ts'

/** Seconds since 1970 UTC at which the interaction ended by its own account, where it gives none or a later time than it reached us: when it did. */
export function secondsOf({ started_at, ended_at, received_at }: Pick<Interaction, 'started_at' | 'ended_at' | 'received_at'>): number {
  const ended = ended_at === 0n ? started_at : ended_at
  return Number(received_at === 0n || (ended !== 0n && ended < received_at) ? ended : received_at) / 1e9
}

/** The same as whole hours since 1970 UTC. */
export const hourOf = (seconds: number): number => Math.floor(seconds / 3600)

/** Whole seconds as nanoseconds. */
export const nanosOf = (seconds: number): bigint => BigInt(Math.round(seconds)) * 1_000_000_000n
