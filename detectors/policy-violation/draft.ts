/** What is said of a rule that a call breaks. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { type CompiledPolicy, isRefused, type Violation } from '../policy/compiled.ts'
import { methodOf } from '../policy/condition.ts'
import { secondsOf } from '../stats/moment.ts'

const DAY = 86_400
const MOST_FEATURES = 4
const LONGEST = 200

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

function severityOf({ rule: { severity, reportOnly } }: Violation, interaction: Interaction): Severity {
  if (reportOnly) return 'info'
  return isRefused(interaction) && severity !== 'info' ? 'low' : severity
}

const objectOf = (interaction: Interaction): string => interaction.tool || interaction.resource || interaction.prompt || methodOf(interaction)
const callText = (interaction: Interaction): string => cut(`${objectOf(interaction)}${interaction.server === '' ? '' : ` at ${interaction.server}`}`)

function featuresOf({ tests, rule: { effect } }: Violation, interaction: Interaction): readonly Feature[] {
  const told = tests.slice(0, MOST_FEATURES)
  return told.map((test) => {
    const said = cut(test.said(interaction)) || 'not said'
    return { name: test.field.replaceAll('_', ' '), observed: said, expected: effect === 'deny' ? `not ${cut(test.wanted)}` : cut(test.wanted), weight: 0.5 / told.length }
  })
}

function expectedOf({ rule: { id, effect, match }, tests }: Violation): string {
  if (effect === 'require') return cut(`rule ${id} requires ${tests.map(({ field, wanted }) => `${field.replaceAll('_', ' ')}: ${wanted}`).join('; ')}`)
  if (match.length === 0) return effect === 'deny' ? 'what one of its rules allows' : ''
  return cut(`rule ${id} denies ${match.map(({ field, wanted }) => `${field.replaceAll('_', ' ')}: ${wanted}`).join('; ')}`)
}

export function violationDraft(policy: CompiledPolicy, violation: Violation, interaction: Interaction): Draft {
  const { rule, tests, unsaid } = violation
  const { actor, server } = interaction
  const day = Math.floor(secondsOf(interaction) / DAY)
  const severity = severityOf(violation, interaction)
  return {
    about: [policy.policy, String(policy.version), rule.id, actor, server, objectOf(interaction), String(day)],
    severity,
    title: cut(`${actor || 'Somebody'} broke policy ${policy.policy}: ${rule.title}`),
    observed: `${callText(interaction)}${isRefused(interaction) ? ', which was refused' : ''}`,
    expected: expectedOf(violation),
    reasons: [
      `policy ${policy.policy} version ${policy.version} (${policy.hash.slice(0, 12)}), rule ${rule.id}`,
      ...(unsaid ? ['telemetry does not say whether it holds, and the policy wants it said'] : []),
      ...(rule.reportOnly ? [`report-only: otherwise ${rule.severity}`] : []),
      ...(isRefused(interaction) && !rule.reportOnly ? ['it was refused: an attempt'] : []),
    ],
    features: [{ name: 'policy', observed: `${policy.policy} ${policy.version}`, expected: `rule ${rule.id}`, weight: tests.length === 0 ? 1 : 0.5 }, ...featuresOf(violation, interaction)],
  }
}
