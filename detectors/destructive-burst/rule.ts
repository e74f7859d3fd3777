import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** A burst is over after so long without anything destroyed, and no longer than so long. */
  pauseMinutes: z.number().min(1).max(240).default(15),
  longestMinutes: z.number().min(5).max(1440).default(120),
  /** Things deleted in a burst, at least; and how many times the own largest. */
  things: z.number().int().min(2).max(10_000).default(12),
  ownFactor: z.number().min(1).max(50).default(2),
  /** Days on which the actor made or destroyed something before its own silence counts. */
  minDays: z.number().int().min(1).max(60).default(5),
  /** So many wake somebody although little is known of what is usual. */
  coldThings: z.number().int().min(2).max(100_000).default(40),
  /** Databases, buckets, histories and the like: so many in one burst. */
  grave: z.number().int().min(1).max(100).default(2),
  /** Peers that had a burst as large before it is usual among them, and tellings before the silence of peers means something. */
  minPeers: z.number().int().min(1).max(1000).default(3),
  minTold: z.number().int().min(1).max(10_000).default(20),
  /** Days on which a burst that was told has to come back before it is usual. */
  acceptDays: z.number().int().min(2).max(30).default(3),
  /** Days without anything made or destroyed after which an actor is forgotten. */
  keepDays: z.number().int().min(7).max(3650).default(120),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'destructive-burst',
  version: 1,
  title: 'Much destroyed in short time',
  description:
    'What an actor deletes, drops, truncates, purges or overwrites by force, by tools, commands and statements, is counted as a burst and measured by the own largest burst and those of peers. Databases, buckets, ' +
    'volumes, histories and the like count apart, as no undo brings them back. What the same actor made shortly before, what a build makes again, and what a person approved call by call does not count.',
  severity: 'medium',
  params: Params,
  needs: ['tool', 'effect', 'actor', 'outcome'],
  wants: ['arguments', 'result', 'decision', 'request_fit'],
  blindSpots: [
    'Tools whose names do not say that they delete, and scripts that are only called by name.',
    'Overwriting with other content.',
    'A slow hand: one deletion every quarter of an hour is no burst.',
    'Calls whose outcome is not known are counted as done; failed ones are not.',
  ],
  benign: [
    'A clean-up that somebody asked for: told low where the turn asked for it.',
    'Retention jobs: usual once they came on three days.',
    'Migrations and the end of a test environment.',
  ],
  runbook: [
    'Stop it first: revoke the token or stop the agent run, then see what is still there.',
    'Look at the turn it ran under. Did anybody ask for this, in these words?',
    'Restore from backup or recycle bin before they are rotated; keep the trace.',
  ],
  maps: { owaspMcp2025: ['MCP05', 'MCP06'], atlas5: ['AML.T0101'], attack19: ['T1485'] },
}
