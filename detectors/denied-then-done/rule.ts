import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** How long after a denial the same thing done otherwise is told. */
  withinMinutes: z.number().min(1).max(1440).default(60),
  /** Denials kept of each principal, conversation or actor; the oldest goes. */
  maxDenials: z.number().int().min(1).max(32).default(4),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'denied-then-done',
  version: 2,
  title: 'Denied, then done another way',
  description:
    'A call was denied by a policy or a person, and within the hour the same principal, or the same conversation where no principal is known, did the same thing to the same object: with another tool, by a ' +
    'command, on another server or by another agent, and nobody approved it. What a call does is taken from its tool or its command, the object from names in its arguments.',
  severity: 'medium',
  params: Params,
  needs: ['outcome', 'tool', 'arguments'],
  wants: ['decision', 'decision_by', 'effect', 'agent', 'conversation', 'principal'],
  blindSpots: [
    'Denials that the telemetry shows as an error of the tool: only what says that it was denied counts.',
    'A denial that arrives after the call that got round it, unless that was a command of the last ten minutes.',
    'Calls without arguments, and objects that have another name on the other way, such as an id for a path.',
    'Longer than an hour after, or by somebody who shares neither principal nor conversation.',
    'Scripts that were written first and only run by name.',
  ],
  benign: [
    'A retry of the same call after somebody approved it or gave the missing scope.',
    'A person who refuses a command because there is a better tool for it: reading that is refused by a person is told low.',
    'A policy that is wrong and has a known way round.',
  ],
  runbook: [
    'Read both calls and the turn between them: did somebody allow it, or did the agent look for another way?',
    'Close the way round in the policy: the tool, server or command that did what was denied.',
    'If nobody asked for it: stop the agent, undo what was done, look at what else it tried.',
  ],
  maps: { owaspMcp2025: ['MCP02', 'MCP06'], atlas5: ['AML.T0053'], attack19: ['T1548'] },
}
