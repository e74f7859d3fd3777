import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Intervals that have to be regular. */
  minIntervals: z.number().int().min(6).max(64).default(9),
  /** Seconds: calls closer together are one beat; longer periods are no concern. */
  shortestSeconds: z.number().min(1).max(3600).default(20),
  longestSeconds: z.number().min(60).max(172_800).default(28_800),
  /** How long it has to go on at least. */
  minMinutes: z.number().min(1).max(10_000).default(20),
  /** Median absolute deviation of the intervals, as a part of their median: evenly spread jitter of a fifth has 0.1; calls by chance have 0.7. */
  jitter: z.number().min(0.01).max(0.5).default(0.15),
  /** Part of the beats that may be missed, or calls that come between, to each beat. */
  strays: z.number().min(0).max(1).default(0.2),
  /** Part of the beats that have the usual size, where sizes are known. */
  sized: z.number().min(0).max(1).default(0.7),
  /** Days of an actor before regular streams are new to it: those of its first days are its way. */
  minDays: z.number().int().min(1).max(60).default(4),
  /** Actors with the same regular stream that make it a habit of a program. */
  commonUsers: z.number().int().min(1).max(1000).default(3),
  acceptDays: z.number().int().min(2).max(60).default(7),
  keepDays: z.number().int().min(7).max(3650).default(90),
  maxStreams: z.number().int().min(2).max(64).default(8),
  maxKnown: z.number().int().min(4).max(1024).default(64),
  maxCompany: z.number().int().min(64).max(65_536).default(2048),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'beaconing',
  version: 1,
  title: 'Calls at regular intervals',
  description:
    'Calls of an actor to one destination, or one tool of a server, that begin to come at regular intervals and in one size, where the actor never had such a stream and hardly anybody else has. ' +
    'Programs that poll and jobs on a schedule are learned, or declared.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'tool', 'server', 'started_at'],
  wants: ['arguments', 'result_bytes', 'arguments_bytes', 'requested_by'],
  blindSpots: [
    'Streams with jitter of more than about a quarter of their period, periods above eight hours, and those that an actor had from its first days on.',
    'Services and scheduled calls: they are regular by nature, and a new destination of theirs is told by `new-destination`.',
    'Calls whose destination is not told are told apart by server and tool: other calls in between hide a beat.',
    'A stream that ends: what falls silent is told by `unusual-volume` (course) and by the coverage of sources.',
  ],
  benign: ['A page or job that somebody has an agent look at until it is done.', 'A client that polls since its latest version.', 'A new integration that nobody declared as scheduled.'],
  runbook: [
    'See what is fetched or sent each time, and what the answers hold: orders come back in answers.',
    'Ask the owner of the actor who set this up; look at the machine for what else began at that time.',
    'If nobody did: block the destination, revoke the token, and read all calls since the first beat.',
  ],
  maps: { owaspMcp2025: ['MCP07', 'MCP09'], atlas5: ['AML.T0086'], attack19: ['T1071', 'T1029'] },
}
