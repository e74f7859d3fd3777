import { z } from 'zod'
import type { Rule } from '../detector.ts'

const points = z.number().min(0).max(1_000)
const share = z.number().min(0).max(1)

export const Params = z.strictObject({
  /** Points of a finding by severity, before its detector's confidence. What is worth none here stands alone: it is told by itself. */
  points: z.strictObject({ low: points.default(20), medium: points.default(40), high: points.default(0), critical: points.default(0) }).prefault({}),
  /** By detector: how often it is right. Where absent here and in the table that comes with it: `unknownConfidence`. */
  confidence: z.record(z.string(), share).default({}),
  unknownConfidence: share.default(0.5),
  /** Time in which points halve, and how many are told: of an actor, and of a lineage (one run or conversation of an agent), within an hour also of an actor. */
  actorHalfLifeHours: z.number().min(0.1).max(720).default(24),
  lineageHalfLifeHours: z.number().min(0.1).max(720).default(1),
  actorThreshold: z.number().min(1).max(10_000).default(30),
  lineageThreshold: z.number().min(1).max(10_000).default(25),
  /** An actor that is no person or service (an agent, a client, a host) stands for many: its threshold is so much higher. */
  sharedFactor: z.number().min(1).max(100).default(2),
  /** Points beyond so many times the threshold are high instead of medium. */
  highFactor: z.number().min(1).max(100).default(2),
  /** Families of detectors that have to agree: those of one family see the same thing in several ways. */
  leastFamilies: z.number().int().min(1).max(10).default(2),
  /** What the second, third… finding of a detector counts, and the second, third… detector of a family, each beside the one before. */
  repeat: share.default(0.5),
  /** Findings that are kept of a key. */
  maxParts: z.number().int().min(2).max(64).default(16),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'composite-risk',
  version: 2,
  title: 'Several weak signs make one incident',
  description:
    'Findings of severity low and medium earn points, by severity and by how often their detector is right. They are added up for each actor (halved every 24 hours) and each lineage (halved every hour), or what an actor does within the hour; ' +
    'repeats of a detector and relatives of it count less and less. Above a threshold, and with at least two families of detectors, the sum is one finding with all its parts. High and critical findings stand alone.',
  severity: 'medium',
  params: Params,
  needs: [],
  blindSpots: [
    'An intruder who sets off one kind of weak sign only.',
    'Signs further apart than a few half-lives, or spread over several actors and lineages.',
    'Actors of whom telemetry names no more than a client or host: their threshold is twice as high, because they stand for many.',
  ],
  benign: [
    'A new colleague, a new job or a move: everything is new at once, for a few days.', 'An incident that is being worked on: unusual hours, tools and volume are then the work.',
    'A part that proved harmless: look at the parts first.',
  ],
  runbook: [
    'Read the parts, the heaviest first: part_ids are finding_id in table findings, and the query shows them in order.',
    'Ask whether one cause explains all of them (a trip, a new task, a release). If so, note it and close all.',
    'If not, follow the lineage of the latest part, and look at everything that the actor did since the first.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: [] },
}
