import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Ids, and pages, in a row from which a walk is told as a weak signal, and from which as more. */
  walkIds: z.number().int().min(16).max(10_000).default(50),
  walkPages: z.number().int().min(5).max(10_000).default(20),
  longIds: z.number().int().min(10).max(100_000).default(100),
  longPages: z.number().int().min(10).max(100_000).default(60),
  /** Times the actor's own longest walk. */
  walkFactor: z.number().min(1).max(100).default(2),
  /** A pause of so long ends a walk. */
  pauseMinutes: z.number().min(1).max(1440).default(60),
  /** Different things, and different tables, of a day that are never too many. */
  minThings: z.number().int().min(16).default(120),
  minTables: z.number().int().min(5).default(25),
  /** Robust standard deviations above the median of the days, on the log scale; least deviation; times the largest day. */
  threshold: z.number().min(2).max(20).default(4),
  minScale: z.number().min(0.1).max(2).default(0.4),
  peakFactor: z.number().min(1).max(10).default(1.5),
  /** Days on record before they are believed, an actor's own and its peers'; floors are higher where peers or nobody have to stand in. */
  minDays: z.number().int().min(2).max(28).default(5),
  minPeerDays: z.number().int().min(4).max(256).default(24),
  peerFactor: z.number().min(1).max(100).default(3),
  coldFactor: z.number().min(1).max(1000).default(10),
  /** Active days that are kept of an actor, and of its peers (8 bytes each); days after which a quiet actor is forgotten. */
  maxDays: z.number().int().min(5).max(60).default(14),
  maxPeerDays: z.number().int().min(24).max(1000).default(256),
  keepDays: z.number().int().min(7).max(3650).default(60),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'harvesting',
  version: 1,
  title: 'Harvesting',
  description:
    'Calls that walk along ids or through the pages of a list, longer than their actor ever did, and days on which an actor touches many more different things, or tables, than on its other days. ' +
    'Bursts within an hour are for unusual-volume.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'started_at'],
  wants: ['resource', 'arguments', 'arguments_hash', 'request_fit', 'requested_by'],
  blindSpots: [
    'Walks in a random order: only breadth shows them.',
    'One call that returns a whole table.',
    'Ids that are no numbers (UUIDs), other than by breadth; ids in steps that leave out every multiple of eight.',
    'A walk with pauses of more than an hour, or spread over many actors.',
  ],
  benign: ['Agents that index, synchronise, migrate or back up: the first time, until it is their habit.', 'A report over all customers that somebody asked for.', 'Working through a list of tickets.'],
  runbook: [
    'See which tool, from which number to which, and how fast.',
    'Ask who wanted the whole list; look at the turn it ran under.',
    'If nobody did: revoke the token, and find where the results went.',
  ],
  maps: { owaspMcp2025: ['MCP10'], atlas5: ['AML.T0085.001'], attack19: ['T1119', 'T1213'] },
}
