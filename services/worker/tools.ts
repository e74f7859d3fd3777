import type { Tools } from '../../detectors/detector.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import type { KeyStates } from './key-states.ts'

/** What a detector is handed: hashes under the key of the tenant whose record it judges, and that tenant's other states, to read. */
export class RunTools implements Tools {
  tenant = ''
  readonly #hash: KeyedHash
  readonly #states: KeyStates | undefined

  constructor(hash: KeyedHash, states?: KeyStates) {
    this.#hash = hash
    this.#states = states
  }

  hash(text: string): string {
    return this.#hash.of(this.tenant, 'content', text)
  }

  stateOf(key: string): unknown {
    return this.#states?.peek(this.tenant, key)
  }
}
