import { z } from 'zod'
import type { Rule } from '../detector.ts'

const floor = (value: number) => z.number().min(1).default(value)

export const Params = z.strictObject({
  /** Robust standard deviations above the median, on the log scale. */
  threshold: z.number().min(2).max(20).default(4),
  /** Least standard deviation on the log scale: 0.4 means that hours of one kind differ by half as a matter of course. */
  minScale: z.number().min(0.1).max(2).default(0.4),
  /** The largest hour on record has to be passed by this factor, too. */
  peakFactor: z.number().min(1).max(10).default(1.25),
  /** Below these an hour is never unusual. */
  minCalls: floor(200),
  minBytes: floor(20_000_000),
  minDistinct: floor(100),
  /** Floors are this much higher while other hours or the peers have to stand in, */
  peerFactor: z.number().min(1).max(100).default(3),
  /** and this much while there is no history at all. */
  coldFactor: z.number().min(1).max(1000).default(10),
  /** Hours with activity on record before they are believed: a key's own, and its peers'. */
  minWindows: z.number().int().min(4).max(48).default(8),
  minPeerWindows: z.number().int().min(8).max(256).default(24),
  /** Days that the hours of one time of day have to be from: a job that is due once a day has to have come round. */
  minDays: z.number().int().min(1).max(14).default(3),
  /** Hours with activity that are kept per key (8 bytes each; nine a day of the two weeks that count), of an actor with one tool, and for the peers of a kind. */
  maxWindows: z.number().int().min(24).max(1000).default(128),
  maxToolWindows: z.number().int().min(24).max(1000).default(72),
  maxPeerWindows: z.number().int().min(24).max(4000).default(256),
  /** Age at which an hour no longer says what is usual. */
  keepDays: z.number().int().min(2).max(365).default(14),
  /** Course of keys that have passed a floor: its length, how many stretches most like it are asked, from how many hours (8 bytes each), */
  courseHours: z.number().int().min(4).max(168).default(24),
  courseNeighbours: z.number().int().min(1).max(50).default(5),
  maxCourse: z.number().int().min(168).max(4000).default(1000),
  /** and the standard deviations of their distance at which it is told. */
  courseThreshold: z.number().min(2).max(50).default(3.3),
  /** Hours after a finding of a metric in which its course is not told. */
  restHours: z.number().int().min(0).max(1000).default(100),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'unusual-volume',
  version: 3,
  title: 'Unusual volume',
  description:
    'Calls, bytes of arguments and results, and distinct resources per hour, of each actor, token, server, and actor with tool, ' +
    'against their own active hours of the last two weeks (median and median absolute deviation on the log scale), of the same time of day where there are ' +
    'enough. Newcomers are measured by their peers. Of busy keys also the course of the last day, beside all days of the last weeks.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'started_at'],
  wants: ['result_bytes', 'arguments_bytes', 'resource', 'arguments_hash'],
  blindSpots: [
    'Where neither sizes nor bodies are sent, bytes are not judged (they are not counted as zero); calls and distinct resources still are.',
    'Slow leaks that stay under the threshold every hour.',
    'Distinct resources are estimated above 63 an hour (standard error 13 %).',
    'A volume that grows by little each day is learned as usual.',
    'The course of a key is told when its hour is over, so a key that falls silent for good is not told.',
  ],
  benign: ['Month-end, migration, backup and index jobs.', 'The first run of a new agent.',
  'A backlog of telemetry that arrives in one go from several sources.'],
  runbook: [
    'Look at which tool and server carry the volume, and at the arguments: pages in a row, ids in a row, whole tables.',
    'Ask who owns the job; compare with the same hour last week and with peers.',
    'If nobody does: revoke the token, and find where the results went (writes and sends of the same lineage afterwards).',
  ],
  maps: { owaspMcp2025: ['MCP10'], atlas5: ['AML.T0086', 'AML.T0085.001'], attack19: ['T1567', 'T1030', 'T1020', 'T1119', 'T1213'] },
}
