import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Rules of one policy that one call is told to break. */
  maxRules: z.number().int().min(1).max(100).default(5),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'policy-violation',
  version: 1,
  title: 'A policy is broken',
  description:
    'Each use of a tool, resource or prompt is judged by the policies of its tenant that were in force when it arrived: what they deny, what they require, and what they do not allow. A finding names policy, version and ' +
    'rule, and is said once a day for each actor, server and tool. What was refused is low; what a policy or rule only reports is info, and calls nobody.',
  severity: 'medium',
  params: Params,
  // What a rule needs is the policy's matter: without any policy nothing is missing.
  needs: ['started_at'],
  wants: ['actor', 'server', 'method', 'tool', 'effect', 'principal', 'scopes', 'arguments', 'client_address', 'client_country', 'decision', 'requested_by', 'request_fit'],
  blindSpots: [
    'What telemetry does not say: a rule on countries says nothing of calls without an address, unless the policy has `unknown: violation`.',
    'Hours are those that the emitter tells, at the latest those of arrival: who can write telemetry can move a call back into working hours.',
    'Destinations are read from arguments, at most 16 a call: what a server does by itself is not seen.',
    'A version counts for what arrives five seconds after it was published, and later; earlier calls are not judged again.',
  ],
  benign: ['A policy that is stricter than the work: dry-run it first (`watchkeeper policy test`).', 'A new task that nobody has written into the policy yet.'],
  runbook: [
    'Read the rule: `watchkeeper policy explain --interaction ID` shows what of it fits and what does not.',
    'Ask the owner of the actor whether the work is meant; if it is, change the policy in review and raise its version.',
    'If it is not: take away the right behind it, so that it is refused and not only seen.',
  ],
  maps: { owaspMcp2025: ['MCP02', 'MCP07'], atlas5: ['AML.T0053'], attack19: ['T1078'] },
}
