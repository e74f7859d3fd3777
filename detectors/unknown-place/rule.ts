import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** History of an actor or token before it is judged by itself. */
  minEvents: z.number().int().min(1).max(10_000).default(20),
  minDays: z.number().int().min(1).max(60).default(5),
  /**
   * Active days on which a place has to be seen before it is known, among so many, and after how many without it it is forgotten. In a row, as
   * the visits of an intruder lie between days of the owner.
   */
  knownDays: z.number().int().min(1).max(30).default(4),
  withinDays: z.number().int().min(1).max(60).default(4),
  staleDays: z.number().int().min(7).max(365).default(30),
  /** A visit that was told is told again after so long. */
  visitHours: z.number().min(1).max(168).default(24),
  /** Two known places closer together in time than this are one too many, but for who did that so often before. */
  travelHours: z.number().min(0).max(24).default(4),
  mostTravels: z.number().int().min(1).max(50).default(3),
  /** Places of others that have to be known before a newcomer is measured by them. */
  minPeers: z.number().int().min(2).default(10),
  maxPlaces: z.number().int().min(4).max(256).default(32),
  /** Days after which a place that was not seen again is off the list. */
  keepDays: z.number().int().min(30).max(3650).default(730),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'unknown-place',
  version: 2,
  title: 'Use from an unknown place',
  description:
    'From which countries, and from hosting providers in them or not, each actor and each token calls. A place that was not seen on four active days in a row, or not on the last thirty, is told ' +
    'once a visit; so are two known places within hours of each other, unless the actor always did that. Newcomers are measured by the places of their peers.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'client_country'],
  wants: ['client_hosting', 'client_asn', 'token_fingerprint'],
  blindSpots: [
    'Where no address of the caller or no address database is there: unknown stays unknown, and nothing is said.',
    'An intruder in the owner\'s own country and kind of network.',
    'The address of a gateway that stands before all callers, where it does not forward theirs.',
    'Databases err; countries are told, never distances.',
  ],
  benign: ['Travel, a new home, a new VPN exit.', 'Carriers and roaming that come out in another country.', 'An agent that was moved to another region of a cloud.'],
  runbook: [
    'Ask the owner over another channel where they are; look at travel and VPN records.',
    'Compare agent, user agent and actions with earlier sessions; see whether both places were active at once.',
    'If unknown: revoke the token and look at everything since the visit began.',
  ],
  maps: { owaspMcp2025: ['MCP07', 'MCP01'], atlas5: ['AML.T0091.000', 'AML.T0012'], attack19: ['T1078', 'T1550.001'] },
}
