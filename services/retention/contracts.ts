/** What retention, erasure and holds need of the process they run in. */
import type { AdminAudit } from '../../schemas/admin-action.ts'
import type { Clock, KeyedHash, Log, Store } from '../../schemas/ports.ts'
import type { KeptOrders, Remover } from '../../schemas/removal.ts'
import type { RemovalTurns } from './turns.ts'

export interface RemovalPorts {
  readonly store: Pick<Store, 'query' | 'insertRows'>
  readonly remover: Remover
  readonly orders: KeptOrders
  /** One process at a time removes. */
  readonly turns: Pick<RemovalTurns, 'during'>
  readonly keyedHash: () => Promise<KeyedHash>
  readonly audit: AdminAudit
  readonly clock: Clock
  readonly log: Log
  /**
   * Lets detectors forget who is erased, and makes what the bus still holds unreadable, as far as that can be done now; the answer says in sentences what was done and
   * what is left.
   */
  forget(tenant: string, names: readonly string[]): Promise<string>
}

/** Who asks for something, as the audit log knows that one. */
export interface Asking {
  readonly by: string
  readonly source: 'api.token' | 'watchkeeper'
}
