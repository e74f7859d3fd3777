import { z } from 'zod'
import type { Rule } from '../detector.ts'
import { isZone } from './local-time.ts'

const Hour = z.number().int().min(0).max(24)

export const Params = z.strictObject({
  /** Home zone (IANA name) by actor, or by tenant for all its actors; without one, hours are learned in UTC. */
  zones: z.record(z.string(), z.string().refine(isZone, 'is no IANA time zone')).default({}),
  /** History before the profile is believed. */
  minEvents: z.number().int().min(5).max(10_000).default(20),
  minDays: z.number().int().min(2).max(365).default(5),
  /** An hour is active when it and its neighbours were seen on so many days, */
  activeDays: z.number().min(1).max(30).default(3),
  /** and on this share of all active days: in a long history somebody was up at any hour. */
  activeShare: z.number().min(0).max(1).default(0.08),
  /** and any hour is active that is not this much rarer (natural logarithm) than an average one. */
  quietness: z.number().min(0.1).max(5).default(0.1),
  /** Rarity that a quiet spell has to add up over its events (at most five count), natural logarithm. */
  evidence: z.number().min(0).max(20).default(6),
  /** The score above which the first events after a silence are told: hour, silence and number of events together. */
  arrivalEvidence: z.number().min(0).max(40).default(2.2),
  /** What is added to it where the burst comes from the country of those before: an intruder rather comes from elsewhere. */
  familiarPlace: z.number().min(0).max(40).default(2),
  /** Work that runs on from active hours is overtime for so long. */
  overtimeHours: z.number().min(0).max(12).default(2),
  /** Quiet time after which the next quiet event begins a new spell. */
  spellGapHours: z.number().min(0.5).max(24).default(2),
  /** Days on which a quiet hour has to return before it is learned although it was told. */
  acceptDays: z.number().int().min(2).max(8).default(3),
  /** Weight of history halves in so many days. */
  halfLifeDays: z.number().int().min(14).max(3650).default(120),
  /** Hours (local; from, to) and whether weekends are worked, used only until there is a profile; nothing is said before that where omitted. */
  fixedHours: z.strictObject({ from: Hour, to: Hour, weekends: z.boolean().default(false) }).optional(),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'off-hours-token',
  version: 4,
  title: 'Use outside the usual hours',
  description:
    'Each actor and each token has a profile of the 168 hours of a week, learned from the days on which it was active. Activity that begins ' +
    'in hours that are quiet in this profile, or that is unlikely by hour, by the silence before it and by its number of calls, is told once. Agents that run at ' +
    'night learn that nights are normal. An unusual time calls somebody where it is very rare, or where program or network were never seen either.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'started_at'],
  wants: ['client_country', 'token_fingerprint', 'client_asn', 'user_agent', 'client'],
  blindSpots: [
    'An intruder who keeps the hours of the owner.',
    'Actors with less than 20 events on 5 days, unless fixed hours are configured.',
    'Without a configured zone, hours are those of UTC: a change to daylight saving blurs the edges of a day by an hour.',
    'Whoever is around the clock, as shared service accounts are, has no quiet hours.',
  ],
  benign: ['Travel, on-call shifts, deadlines.', 'An early or late start after days off.',
  'A job that was moved to another hour: told for three days, then learned.', 'Public holidays are not known.'],
  runbook: [
    'Ask the person or the owner of the agent whether they worked at that time.',
    'Look at what was read or sent, and from where (client_address, user_agent) compared with their other calls.',
    'If unknown: revoke the token and look at everything since the spell began.',
  ],
  maps: { owaspMcp2025: ['MCP07', 'MCP01'], atlas5: ['AML.T0012'], attack19: ['T1078.004'] },
}
