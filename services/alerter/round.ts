import type { Notifier } from '../../schemas/ports.ts'
import type { AlerterRules } from './contracts.ts'
import type { AlerterState } from './state.ts'

/** Those who get new messages, and how they want them. */
export type Renderer = Pick<Notifier, 'receiver' | 'render'>

/** What one pass over the state is given. It may change the state, and nothing else. */
export interface Round {
  readonly state: AlerterState
  readonly receivers: readonly Renderer[]
  readonly now: bigint
  readonly rules: AlerterRules
}
