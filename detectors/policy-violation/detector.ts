/** Judges every interaction by the policies in force; stateless. They come from the runner, by tenant and time of arrival. */
import type { Detector, Draft } from '../detector.ts'
import { violationsOf } from '../policy/compiled.ts'
import { violationDraft } from './draft.ts'
import { type Params, rule } from './rule.ts'

const NONE: readonly Draft[] = []

export const policyViolation: Detector<Params, undefined> = {
  rule,
  review(interaction, { maxRules }, tools) {
    const policies = tools.policies?.(interaction.tenant, interaction.received_at)
    if (policies === undefined || policies.length === 0) return NONE
    let drafts: Draft[] | undefined
    for (const policy of policies) {
      const violations = violationsOf(policy, interaction)
      for (let at = 0; at < violations.length && at < maxRules; at++) (drafts ??= []).push(violationDraft(policy, violations[at] as (typeof violations)[number], interaction))
    }
    return drafts ?? NONE
  },
}
