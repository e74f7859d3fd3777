/** Says which right is new, for whom, and what was done with it. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Baselines, Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Watched } from './rights.ts'
import type { Tier } from './tier.ts'

export interface NewScope {
  readonly id: number
  readonly name: string
  readonly tier: Tier
  readonly severity: Severity | undefined
  /** Of how many peers so many have it; undefined where too few are known. */
  readonly holders: number | undefined
  readonly isRollOut: boolean
}

export interface Case {
  readonly interaction: Interaction
  readonly day: number
  readonly scopes: readonly NewScope[]
  readonly severity: Severity
  readonly members: number
  /** Calls and days behind the principal, 0 calls = it is new. */
  readonly events: number
  readonly days: number
  readonly before: Tier
}

const TIERS: Readonly<Record<Tier, string>> = { 1: 'reading', 2: 'changing', 3: 'administration' }
const PLAIN = /^[\w.:/*@#-]{1,80}$/
export const nameOf = (scope: string): string => (PLAIN.test(scope) ? scope : 'one with an odd name')
const NAMED = 3
const DAY = 86_400

const listOf = (scopes: readonly NewScope[]): string =>
  `${scopes.slice(0, NAMED).map(({ name }) => name).join(', ')}${scopes.length > NAMED ? ` and ${scopes.length - NAMED} more` : ''}`

function baselinesOf({ scopes: [first], members, events, days, before }: Case): Baselines {
  return {
    self: events === 0 ? 'no history yet' : `scopes for ${TIERS[before]} at most, ${events} calls on ${days} days`,
    ...(first?.holders === undefined ? {} : { peers: `${first.holders} of ${members} peers have ${first.name}` }),
  }
}

export function scopeDraft(one: Case): Draft {
  const { interaction: { actor }, day, scopes, severity, events, before } = one
  const tier = scopes.reduce<Tier>((most, scope) => (scope.tier > most ? scope.tier : most), 1)
  const worst = scopes.toSorted((a, b) => b.tier - a.tier)
  return {
    about: [actor, 'scope', String(day), ...worst.slice(0, NAMED).map(({ id }) => String(id))],
    severity,
    title: `${actor} has new rights: ${listOf(worst)}`,
    observed: `a token with ${worst.length} new ${worst.length === 1 ? 'scope' : 'scopes'} for ${TIERS[tier]}: ${listOf(worst)}`,
    expected: events === 0 ? 'scopes that peers have' : `the scopes of before, for ${TIERS[before]} at most`,
    reasons: [
      ...(events === 0 ? ['cold start: nothing is known of it, so the scopes of its peers apply'] : []),
      ...(scopes.some(({ isRollOut }) => isRollOut) ? ['others got the same these days: a roll-out'] : []),
      ...(worst[0]?.holders === undefined ? ['too few peers are known to compare with'] : []),
      'benign with a new task or role behind it',
    ],
    features: [
      { name: 'what the scope allows', observed: TIERS[tier], expected: TIERS[before], weight: 0.5 },
      ...(worst[0]?.holders === undefined ? [] : [{ name: 'peers that have it', observed: `${worst[0].holders} of ${one.members}`, weight: 0.5 }]),
    ],
    baselines: baselinesOf({ ...one, scopes: worst }),
  }
}

export function usedDraft({ actor, effect, event_ids: events }: Interaction, { name, tier, since }: Watched, { severity, seconds }: { readonly severity: Severity; readonly seconds: number }): Draft {
  return {
    about: [actor, 'used', effect, String(since)],
    severity,
    title: `${actor} uses a new right: the first ${effect} since it has ${name}`,
    observed: `a call that does ${effect}, within days of a new scope for ${TIERS[tier]}`,
    expected: 'the effects of before: this one was never among them',
    reasons: ['peers do not have the scope, and nobody asked for this in so many words', 'benign with a new task or role behind it'],
    features: [
      { name: 'new scope', observed: name, weight: 0.5 },
      { name: 'first effect of its kind', observed: effect, weight: 0.5 },
    ],
    windowStart: nanosOf(since * DAY),
    windowEnd: nanosOf(seconds),
    evidence: events,
  }
}
