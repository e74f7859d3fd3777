import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Calls and days of an actor before it is judged by itself, and of its peers before newcomers are judged by them. */
  minCalls: z.number().int().min(20).max(10_000).default(200),
  minDays: z.number().int().min(1).max(60).default(5),
  minPeerUses: z.number().int().min(20).max(1_000_000).default(500),
  /** Standard deviations by which a run has to be less likely than usual, over at least so many steps. */
  deviations: z.number().min(2).max(50).default(7),
  minSteps: z.number().int().min(2).max(50).default(5),
  /** Nats at which one step is rare: 6 is one in four hundred. */
  rareNats: z.number().min(2).max(12).default(6),
  /** Own calls from the tool before, and calls of others to the tool after, that it takes to say so: a new tool is no strange step. */
  minFrom: z.number().int().min(1).max(1000).default(20),
  minToolUses: z.number().int().min(1).max(10_000).default(24),
  /** A run ends with such a pause. */
  pauseMinutes: z.number().min(1).max(1440).default(30),
  /** After another agent or version of it was first seen nothing is said for so long; once in so many days, as anybody can say a version. */
  coolHours: z.number().min(0).max(720).default(48),
  coolEveryDays: z.number().min(1).max(365).default(14),
  /** Days with told runs after which their steps are learned. */
  acceptDays: z.number().int().min(2).max(60).default(4),
  maxRuns: z.number().int().min(1).max(16).default(3),
  maxSteps: z.number().int().min(16).max(4096).default(96),
  maxOthers: z.number().int().min(256).max(65_536).default(8192),
  keepDays: z.number().int().min(7).max(3650).default(120),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'unusual-sequence',
  version: 1,
  title: 'Unusual order of tools',
  description:
    'How likely each step from one tool to the next is for an actor, its peers and its tenant. Told are runs whose steps are far less likely than usual, and rare steps into tools that send, pay, ' +
    'delete, grant or execute. New tools and new versions of an agent are no strange steps.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'tool', 'started_at'],
  wants: ['conversation', 'effect', 'agent', 'user_agent', 'request_fit'],
  blindSpots: [
    'Actors with fewer than 200 calls on 5 days, and tenants whose actors have told each other little.',
    'Attacks that keep to the usual order of tools, and the first use of a tool that nobody uses.',
    'Calls of one actor that run side by side without a conversation are read as one run: the order says less, so less is told.',
    'The 48 hours after an agent or its version changed.',
  ],
  benign: ['A task that comes up for the first time.', 'Somebody who tries out what the agent can do.', 'A new prompt that uses old tools in another order.'],
  runbook: [
    'Read the run in order (`interactions` of the actor by time): what was the last usual call, and what had come in by then.',
    'Ask the user what they wanted; compare with runs of the same agent that day.',
    'If nobody asked: treat what the run read before as the likely source of the order.',
  ],
  maps: { owaspMcp2025: ['MCP06'], atlas5: ['AML.T0053'], attack19: ['T1204', 'T1078'] },
}
