/** Every policy that was ever published, and which were in force at a time. What was heard decides, not when it was heard or asked. */
import type { CompiledPolicy } from '../../detectors/policy/compiled.ts'
import { isSamePolicy, policyKey, type PolicyRecord } from '../../schemas/policy-record.ts'
import { compileRecord } from './read-policy.ts'

/** A policy's state from a time on; undefined = it is not in force. */
interface Turn {
  readonly from: bigint
  readonly record: PolicyRecord
  readonly compiled: CompiledPolicy | undefined
}

/** From `from` on (nanoseconds) these are in force. */
interface Stage {
  readonly from: bigint
  readonly policies: readonly CompiledPolicy[]
}

/** Of every tenant. */
export const ALL_TENANTS = '*'
const MOST_TENANTS = 10_000
const NONE: readonly CompiledPolicy[] = []

export class PolicyBook {
  readonly #turns = new Map<string, Turn[]>()
  /** By tenant that was asked for; made anew when something was heard. */
  readonly #stages = new Map<string, readonly Stage[]>()

  /** `unreadable`: it is of another version of the program, and what was in force before stays. */
  hear(record: PolicyRecord): 'heard' | 'known' | 'unreadable' {
    const key = policyKey(record)
    const turns = this.#turns.get(key) ?? []
    const last = turns.at(-1)
    if (last !== undefined && isSamePolicy(last.record, record)) return 'known'
    const compiled = record.action === 'publish' ? compileRecord(record) : undefined
    if (record.action === 'publish' && compiled === undefined) return 'unreadable'
    // Clocks of two publishers may differ: what comes later on the bus cannot be in force earlier.
    const from = last !== undefined && record.in_force_from < last.from ? last.from : record.in_force_from
    turns.push({ from, record, compiled })
    this.#turns.set(key, turns)
    this.#stages.clear()
    return 'heard'
  }

  /** What was said last of a policy. */
  latest(tenant: string, policy: string): PolicyRecord | undefined {
    return this.#turns.get(policyKey({ tenant, policy }))?.at(-1)?.record
  }

  /** Of each policy that is not withdrawn what was said last. */
  get published(): readonly PolicyRecord[] {
    return [...this.#turns.values()].flatMap((turns) => turns.slice(-1).map(({ record }) => record)).filter(({ action }) => action === 'publish')
  }

  /** `at`: nanoseconds, of arrival. */
  inForce(tenant: string, at: bigint): readonly CompiledPolicy[] {
    if (this.#turns.size === 0) return NONE
    const stages = this.#stages.get(tenant) ?? this.#staged(tenant)
    for (let i = stages.length - 1; i >= 0; i--) if ((stages[i] as Stage).from <= at) return (stages[i] as Stage).policies
    return NONE
  }

  #staged(tenant: string): readonly Stage[] {
    const mine = [...this.#turns].filter(([, [first]]) => first?.record.tenant === tenant || first?.record.tenant === ALL_TENANTS).sort(([one], [other]) => (one < other ? -1 : 1))
    const moments = [...new Set(mine.flatMap(([, turns]) => turns.map(({ from }) => from)))].sort((one, other) => (one < other ? -1 : 1))
    const stages = moments.map((from) => ({ from, policies: mine.flatMap(([, turns]) => turns.findLast((turn) => turn.from <= from)?.compiled ?? []) }))
    if (this.#stages.size >= MOST_TENANTS) this.#stages.clear()
    this.#stages.set(tenant, stages)
    return stages
  }
}
