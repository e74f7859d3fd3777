/** What the assembler needs from outside: its config slice and its ports. */
import type { AddressBook } from '../../schemas/address-book.ts'
import type { Bus, KeyedHash, Log, Snapshots, Store } from '../../schemas/ports.ts'
import type { AssemblerLimits } from './fold.ts'
import type { Identity } from './identities.ts'

/** How long observations and relays may wait for others: calls are told when they are complete, or were quiet for seconds. */
export const GATHER_MS = 100

export interface AssemblerConfig {
  /** Partitions of the bus. With more than one, calls that may meet calls of other traces are sent on to where they meet. */
  readonly partitions: number
  readonly limits: AssemblerLimits
  /** Of all assemblers alike, since an interaction goes to where its actor is kept. */
  readonly identities: readonly Identity[]
  /** Record time between two saves of the state, nanoseconds. */
  readonly snapshotEveryNs: bigint
}

export interface AssemblerPorts {
  readonly bus: Bus
  readonly snapshots: Snapshots
  readonly store: Pick<Store, 'places'>
  /** Places of callers; nothing is known of any where absent. */
  readonly addressBook?: AddressBook
  /** That of redaction: a value that was redacted on one side only is known by it. Absent: where such a value came from stays open. */
  readonly keyedHash?: KeyedHash | undefined
  readonly log: Log
}
