/** What the responder needs from outside. */
import type { Answer, Clock, Log, Publisher, Snapshots, Subscriber } from '../../schemas/ports.ts'

export interface Hook {
  readonly name: string
  /** Another token than the one of the request must approve. */
  readonly approval: boolean
  /** Messages within an hour; more are refused. */
  readonly mostPerHour: number
  /** Signs and sends; never throws for what the other end does. */
  send(message: { readonly id: string; readonly at: bigint; readonly body: string }, signal: AbortSignal): Promise<Answer>
}

export interface ResponderPorts {
  readonly bus: Publisher & Subscriber
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly hooks: readonly Hook[]
  /** How long what was asked for may wait for its approval, and what was approved for its hook; nanoseconds. */
  readonly lasts: bigint
  readonly log: Log
  /** What others answered, before it is stored or told. */
  redact(tenant: string, text: string): string
}
