/** Actors of whom something of weight was said lately, bounded: the oldest memory goes first. */
import { SEVERITY_ORDER, type Severity } from '../../schemas/vocabulary.ts'

/** What an actor does is under doubt for so long, nanoseconds of arrival. */
const DOUBT_NS = 12n * 3_600_000_000_000n
const MOST = 20_000
const LEAST = SEVERITY_ORDER.indexOf('medium')

/** Whether a finding of this severity puts its actor under doubt. */
export const isOfWeight = (severity: Severity): boolean => SEVERITY_ORDER.indexOf(severity) >= LEAST

export type KeptDispute = readonly [actor: string, at: bigint]
const nameOf = (tenant: string, actor: string): string => `${tenant}\u0000${actor}`

export class Disputes {
  readonly #at: Map<string, bigint>

  constructor(kept: Iterable<KeptDispute> = []) {
    this.#at = new Map(kept)
  }

  note(tenant: string, actor: string, at: bigint): void {
    const name = nameOf(tenant, actor)
    const before = this.#at.get(name) ?? 0n
    this.#at.delete(name)
    this.#at.set(name, before > at ? before : at)
    if (this.#at.size > MOST) this.#at.delete(this.#at.keys().next().value ?? '')
  }

  /** Whether something was said before `at`, and not too long before. */
  has(tenant: string, actor: string, at: bigint): boolean {
    if (this.#at.size === 0) return false
    const said = this.#at.get(nameOf(tenant, actor))
    return said !== undefined && said < at && at - said < DOUBT_NS
  }

  forget(tenant: string, actor: string): void {
    this.#at.delete(nameOf(tenant, actor))
  }

  /** Oldest first: what the constructor takes. */
  toJSON(): readonly KeptDispute[] {
    return [...this.#at]
  }
}
