/** Connections to our doors, counted over all of them, and how fast bodies come. The adapter is `infra/sockets`. */
import type { Socket } from 'node:net'

/** A body, or whatever else somebody is expected to send now. */
export interface Awaited {
  /** How many bytes have come up to now; only grows. */
  bytes(): number
  /** Called at most once: it comes too slowly, or takes too long. */
  tooSlow(): void
}

export interface Connections {
  /**
   * Counts it until it closes. False: it is one too many, and destroyed. `mustProve`: it is destroyed when it is not proven in time, for
   * protocols whose own implementation does not see to that.
   */
  enter(socket: Socket, mustProve: boolean): boolean
  /** A request that may be sent has come on it: it is among the last to go when there are too many. Also for the TLS socket around it. */
  proven(socket: Socket): void
  /** From now until the answer is called. */
  await(what: Awaited): () => void
}
