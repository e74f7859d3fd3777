import type { Tools } from '../../detectors/detector.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import type { Disputes } from './disputes.ts'
import type { KeyStates } from './key-states.ts'

/** What a detector is handed: hashes under the key of the tenant whose record it judges, that tenant's other states, to read, and whether its actor is under doubt. */
export class RunTools implements Tools {
  tenant = ''
  readonly #hash: KeyedHash
  readonly #states: KeyStates | undefined
  readonly #disputes: Disputes | undefined
  #actor = ''
  #at = 0n

  constructor(hash: KeyedHash, states?: KeyStates, disputes?: Disputes) {
    this.#hash = hash
    this.#states = states
    this.#disputes = disputes
  }

  /** Whose record is judged from now on. */
  judge({ tenant, actor, received_at: at }: Interaction): void {
    this.tenant = tenant
    this.#actor = actor
    this.#at = at
  }

  disputed(): boolean {
    return this.#disputes?.has(this.tenant, this.#actor, this.#at) ?? false
  }

  hash(text: string): string {
    return this.#hash.of(this.tenant, 'content', text)
  }

  stateOf(key: string): unknown {
    return this.#states?.peek(this.tenant, key)
  }
}
