import type { Tools } from '../../detectors/detector.ts'
import type { CompiledPolicy } from '../../detectors/policy/compiled.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import type { PoliciesInForce } from './contracts.ts'
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
  readonly policies?: PoliciesInForce | undefined
}

const NO_POLICIES: readonly CompiledPolicy[] = []

/** What a detector is handed: hashes under the key of the tenant whose record it judges, that tenant's other states, to read, whether its actor is under doubt, and policies. */
export class RunTools implements Tools {
  readonly subject: Subject
  readonly #hash: KeyedHash
  readonly #states: KeyStates | undefined
  readonly #disputes: Disputes | undefined
  readonly #policies: PoliciesInForce | undefined

  constructor(hash: KeyedHash, { subject = nobody(), states, disputes, policies }: Known = {}) {
    this.subject = subject
    this.#hash = hash
    this.#states = states
    this.#disputes = disputes
    this.#policies = policies
  }

  disputed(): boolean {
    const { tenant, actor, at } = this.subject
    return this.#disputes?.has(tenant, actor, at) ?? false
  }

  policies(tenant: string, receivedAt: bigint): readonly CompiledPolicy[] {
    return this.#policies?.inForce(tenant, receivedAt) ?? NO_POLICIES
  }

  hash(text: string): string {
    return this.#hash.of(this.subject.tenant, 'content', text)
  }

  stateOf(key: string): unknown {
    return this.#states?.peek(this.subject.tenant, key)
  }
}
