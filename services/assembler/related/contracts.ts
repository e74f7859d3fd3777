import type { Interaction } from '../../../schemas/interaction.ts'
import type { Relay } from '../../../schemas/relay.ts'

/** Bounds of stage 2; what is over them goes, the oldest first, and is counted. */
export interface RelatedLimits {
  /** Quiet time after which a conversation that heard news is judged again, nanoseconds. */
  readonly quietNs: bigint
  /** How long a call or a conversation is held after its last record, nanoseconds. */
  readonly lineageNs: bigint
  /** Calls held, once by tool call id and once by conversation. */
  readonly relatedCalls: number
  readonly callsPerConversation: number
  /** Characters of turns and results of a conversation. */
  readonly conversationCharacters: number
}

export interface RelatedCounts {
  /** Calls and words let go before their wait was over, because of a limit of all, */
  relatedOverflowed: number
  /** or because one conversation or tool call id had too many. */
  crowded: number
}

/** Where a stage puts what it says. */
export interface Sink {
  readonly interactions: Interaction[]
  readonly relays: Relay[]
}
