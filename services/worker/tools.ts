import type { Tools } from '../../detectors/detector.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import type { Disputes } from './disputes.ts'
import type { KeyStates } from './key-states.ts'

/** Whose record is judged: one for all detectors, as they judge it one after the other. */
export interface Subject {
  tenant: string
  actor: string
  /** Arrival, nanoseconds. */
  at: bigint
}

export const nobody = (): Subject => ({ tenant: '', actor: '', at: 0n })

interface Known {
  readonly subject?: Subject
  readonly states?: KeyStates
  readonly disputes?: Disputes
}

/** What a detector is handed: hashes under the key of the tenant whose record it judges, that tenant's other states, to read, and whether its actor is under doubt. */
export class RunTools implements Tools {
  readonly subject: Subject
  readonly #hash: KeyedHash
  readonly #states: KeyStates | undefined
  readonly #disputes: Disputes | undefined

  constructor(hash: KeyedHash, { subject = nobody(), states, disputes }: Known = {}) {
    this.subject = subject
    this.#hash = hash
    this.#states = states
    this.#disputes = disputes
  }

  disputed(): boolean {
    const { tenant, actor, at } = this.subject
    return this.#disputes?.has(tenant, actor, at) ?? false
  }

  hash(text: string): string {
    return this.#hash.of(this.subject.tenant, 'content', text)
  }

  stateOf(key: string): unknown {
    return this.#states?.peek(this.subject.tenant, key)
  }
}
