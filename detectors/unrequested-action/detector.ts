/** Says when a call had no request behind it. Stateless: every version of an interaction is judged anew. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect, Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Feature } from '../detector.ts'
import { sharesOf, type Weighty } from '../shares.ts'
import { RISKY } from '../request-fit/lexicon.ts'
import { otherRecipient } from './other-recipient.ts'
import { type Params, rule } from './rule.ts'

const DOES: Readonly<Record<Effect, string>> = {
  read: 'reads', write: 'writes', send: 'sends', pay: 'pays', delete: 'deletes', grant: 'grants access', execute: 'executes',
    unknown: 'does something unknown',
}
/** Effects that are hard to undo, or that give more power. */
const GRAVE: ReadonlySet<Effect> = new Set<Effect>(['pay', 'delete', 'grant', 'execute'])

function withoutTurn(interaction: Interaction): Draft | undefined {
  if (interaction.requested_by !== 'none' || !RISKY.has(interaction.effect)) return undefined
  return {
    about: [interaction.interaction_id],
    severity: severityOf(interaction, GRAVE.has(interaction.effect) ? 'high' : 'medium'),
    title: `${interaction.tool || 'A tool'} was called with no turn of a user behind it`,
    observed: `the call ${DOES[interaction.effect]}; its trace is complete and holds no turn, no schedule and no calling agent`,
    expected: 'a turn of a user, a declared schedule or a calling agent',
    reasons: ['requested by nobody', ...provenance(interaction)],
    features: featuresOf(interaction, [{ name: 'request', observed: 'no turn, schedule or calling agent', expected: 'one of them', points: 2 }]),
  }
}

function besideTurn(interaction: Interaction): Draft | undefined {
  if (interaction.request_fit !== 'unrelated' || interaction.requested_by === 'unknown' || interaction.requested_by === 'none') return undefined
  const origins = [...interaction.argument_sources.values()]
  const untrusted = origins.some((source) => source.startsWith('tool_result'))
  if (!RISKY.has(interaction.effect) && !untrusted && !origins.includes('model')) return undefined
  return {
    about: [interaction.interaction_id],
    severity: severityOf(interaction, besideTurnSeverity(interaction.effect, untrusted)),
    title: `${interaction.tool || 'A tool'} was called for something that the user did not ask for`,
    observed: `the call ${DOES[interaction.effect]}${untrusted ? ', with a value from what a tool returned' : ownValue(origins)}`,
    expected: 'a call that the words of the turn ask for',
    reasons: [...interaction.request_fit_reasons, ...provenance(interaction)].filter((reason, at, all) => all.indexOf(reason) === at).slice(0, 8),
    features: featuresOf(interaction, [{ name: 'fit', observed: interaction.request_fit_reasons[0] ?? 'the words of the turn ask for something else', expected: 'a call that the turn asks for', points: 2 }]),
  }
}

/** The turn asks for just this, but to somebody else. Names of hosts are shown, the rest of an address is not. */
function toAnother(interaction: Interaction): Draft | undefined {
  if (!RISKY.has(interaction.effect) || interaction.requested_by === 'none') return undefined
  const other = otherRecipient(interaction)
  if (other === undefined) return undefined
  const untrusted = [...interaction.argument_sources.values()].some((source) => source.startsWith('tool_result'))
  return {
    about: [interaction.interaction_id],
    severity: severityOf(interaction, untrusted ? 'high' : 'medium'),
    title: `${interaction.tool || 'A tool'} was called with another recipient than the user named`,
    observed: `an address at ${other.used}, of the same name as one at ${other.asked} that the user gave`,
    expected: `the address at ${other.asked}`,
    reasons: ['who forges mail writes that an address has changed', ...provenance(interaction)],
    features: featuresOf(interaction, [{ name: 'recipient', observed: `an address at ${other.used}`, expected: `the one at ${other.asked} that the user gave`, points: 3 }]),
  }
}

const ownValue = (origins: readonly string[]): string => (origins.includes('model') ? ', with a value of the model\'s own' : '')

function besideTurnSeverity(effect: Effect, untrusted: boolean): Severity {
  if (GRAVE.has(effect)) return 'high'
  return RISKY.has(effect) ? (untrusted ? 'high' : 'medium') : 'medium'
}

/** What was refused did not happen, but somebody tried. */
const severityOf = (interaction: Interaction, severity: Severity): Severity =>
  interaction.outcome === 'denied' || interaction.outcome === 'unauthenticated' ? 'low' : severity

/** `$.command came from the model`: the first four values that the user did not give. */
function provenance(interaction: Interaction): string[] {
  return [...interaction.argument_sources]
    .filter(([, source]) => source === 'model' || source.startsWith('tool_result'))
    .slice(0, 4)
    .map(([path, source]) => `${path.slice(0, 80)} came from ${source === 'model' ? 'the model' : `a tool's result (${source.slice(12, 76)})`}`)
}

const POINTS: Readonly<Record<Effect, number>> = { read: 0, unknown: 0, write: 1, send: 1, pay: 2, delete: 2, grant: 2, execute: 2 }

/** What weighed besides: what the call does, and values that the user did not give. */
function featuresOf({ effect, argument_sources: sources }: Interaction, first: readonly Weighty[]): readonly Feature[] {
  const count = (from: string): number => [...sources.values()].filter((source) => source.startsWith(from)).length
  const [foreign, own] = [count('tool_result'), count('model')]
  return sharesOf([
    ...first,
    { name: 'effect', observed: effect, expected: 'reads', points: POINTS[effect] },
    { name: 'values from what tools returned', observed: String(foreign), expected: '0', points: foreign > 0 ? 2 : 0 },
    { name: 'values of the model\'s own', observed: String(own), expected: '0', points: own > 0 ? 0.5 : 0 },
  ]).filter(({ weight }) => weight > 0)
}

const concerns = (interaction: Interaction, params: Params): boolean =>
  interaction.method === 'tools/call' && !interaction.server_internal && interaction.merged_into === '' && interaction.requested_by !== 'unknown'
    && !params.unattendedTools.includes(interaction.tool)

export const unrequestedAction: Detector<Params, never> = {
  rule,
  review: (interaction, params) => {
    if (!concerns(interaction, params)) return []
    const draft = (params.withoutTurn ? withoutTurn(interaction) : undefined) ?? besideTurn(interaction) ?? toAnother(interaction)
    return draft === undefined ? [] : [draft]
  },
}
