/** Why a policy says what it says of one call, rule by rule. Pure. */
import { type CompiledPolicy, type CompiledRule, concerns, isUse, violationsOf } from '../../detectors/policy/compiled.ts'
import { NO, type Test, UNKNOWN } from '../../detectors/policy/condition.ts'
import type { Interaction } from '../../schemas/interaction.ts'

const WORDS = ['no', 'not said', 'yes'] as const

export interface Explained {
  readonly policy: string
  readonly version: number
  readonly verdict: 'in order' | 'violation'
  readonly broken: readonly string[]
  readonly rules: readonly { readonly id: string; readonly effect: string; readonly concerns: string; readonly why: readonly string[] }[]
}

const told = (test: Test, interaction: Interaction): string => {
  const said = test.said(interaction)
  return `${test.field}: ${WORDS[test.holds(interaction)]} (${said === '' ? 'nothing is said' : `is ${said.slice(0, 200)}`}; wanted ${test.wanted.slice(0, 200)})`
}

function whyOf(rule: CompiledRule, interaction: Interaction): readonly string[] {
  const truth = concerns(rule, interaction)
  if (rule.usesOnly && !isUse(interaction)) return ['it is about uses of tools, resources and prompts, and this is none']
  const match = rule.match.map((test) => told(test, interaction))
  const except = rule.except.flatMap((tests, at) => tests.map((test) => `except ${at + 1}, ${told(test, interaction)}`))
  if (truth === NO || rule.effect !== 'require') return [...match, ...except]
  return [...match, ...except, ...rule.require.map((test) => `required ${told(test, interaction)}`)]
}

const concern = (rule: CompiledRule, interaction: Interaction): string => {
  const truth = concerns(rule, interaction)
  return truth === NO ? 'is not about it' : truth === UNKNOWN ? 'may be about it: telemetry does not say' : 'is about it'
}

export function explain(policy: CompiledPolicy, interaction: Interaction): Explained {
  const broken = violationsOf(policy, interaction).map(({ rule }) => rule.id)
  return {
    policy: policy.policy, version: policy.version, verdict: broken.length === 0 ? 'in order' : 'violation', broken,
    rules: policy.rules.map((rule) => ({ id: rule.id, effect: rule.effect, concerns: concern(rule, interaction), why: whyOf(rule, interaction) })),
  }
}
