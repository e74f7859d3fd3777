/** What a policy would have said of archived calls. Pure. */
import { hash } from 'node:crypto'
import { type CompiledPolicy, violationsOf } from '../../detectors/policy/compiled.ts'
import { violationDraft } from '../../detectors/policy-violation/draft.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { type Severity, SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { ALL_TENANTS } from '../policies/book.ts'

export interface RuleTrial {
  readonly policy: string
  readonly version: number
  readonly rule: string
  readonly title: string
  /** Of its findings, as if nothing were report-only. */
  severity: Severity
  /** Calls that break it. */
  calls: number
  /** Findings: one a day for each actor, server and tool. */
  readonly findings: Set<string>
  /** Findings that people are told of. */
  readonly told: Set<string>
  /** Actor to the calls that break it; of too many the first. */
  readonly actors: Map<string, number>
  lastCall: string
}

const MOST_ACTORS = 10_000
/** There may be many. */
const ID_LENGTH = 16
const DAY_NS = 86_400_000_000_000n
const isOf = ({ tenants }: CompiledPolicy, tenant: string): boolean => tenants.includes(ALL_TENANTS) || tenants.includes(tenant)

export class PolicyTrial {
  readonly #policies: readonly CompiledPolicy[]
  readonly #from: number
  readonly #rules = new Map<string, RuleTrial>()
  judged = 0
  broken = 0
  #first = 0n
  #last = 0n

  /** `notifyFrom`: least severity that people are told of. */
  constructor(policies: readonly CompiledPolicy[], notifyFrom: Severity) {
    this.#policies = policies
    this.#from = SEVERITY_ORDER.indexOf(notifyFrom)
  }

  judge(interaction: Interaction): void {
    this.judged++
    const { started_at: at } = interaction
    if (this.#first === 0n || at < this.#first) this.#first = at
    if (at > this.#last) this.#last = at
    let breaks = false
    for (const policy of this.#policies) {
      if (!isOf(policy, interaction.tenant)) continue
      for (const violation of violationsOf(policy, interaction)) {
        breaks = true
        // As if it were enforced: that is what a trial is for.
        this.#count(policy, { ...violation, rule: { ...violation.rule, reportOnly: false } }, interaction)
      }
    }
    if (breaks) this.broken++
  }

  #count(policy: CompiledPolicy, violation: ReturnType<typeof violationsOf>[number], interaction: Interaction): void {
    const { id, title } = violation.rule
    const key = `${policy.policy} ${id}`
    const { severity, about } = violationDraft(policy, violation, interaction)
    const trial: RuleTrial = this.#rules.get(key) ?? { policy: policy.policy, version: policy.version, rule: id, title, severity, calls: 0, findings: new Set(), told: new Set(), actors: new Map(), lastCall: '' }
    this.#rules.set(key, trial)
    const finding = hash('sha256', JSON.stringify([interaction.tenant, ...about]), 'base64').slice(0, ID_LENGTH)
    trial.calls++
    trial.findings.add(finding)
    if (SEVERITY_ORDER.indexOf(severity) >= this.#from) trial.told.add(finding)
    if (SEVERITY_ORDER.indexOf(severity) > SEVERITY_ORDER.indexOf(trial.severity)) trial.severity = severity
    const { actor } = interaction
    if (trial.actors.has(actor) || trial.actors.size < MOST_ACTORS) trial.actors.set(actor, (trial.actors.get(actor) ?? 0) + 1)
    trial.lastCall = interaction.interaction_id
  }

  /** Days from the first to the last that was judged, at least one. */
  get days(): number {
    return Math.max(1, Number((this.#last - this.#first) / DAY_NS))
  }

  /** Rules that were broken, those that people would have been told of most first. */
  get rules(): readonly RuleTrial[] {
    return [...this.#rules.values()].sort((one, other) => other.told.size - one.told.size || other.calls - one.calls || (one.rule < other.rule ? -1 : 1))
  }
}
