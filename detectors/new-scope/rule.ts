import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** History of a principal before it is judged. */
  minEvents: z.number().int().min(1).max(10_000).default(20),
  minDays: z.number().int().min(1).max(60).default(3),
  /** Peers that have to be known, and the share or number of them with which a scope is common. */
  minPeers: z.number().int().min(2).max(100_000).default(20),
  commonShare: z.number().min(0).max(1).default(0.05),
  commonHolders: z.number().int().min(1).max(10_000).default(5),
  /** Principals that got the same scope within so many days: a roll-out. */
  rollOut: z.number().int().min(1).max(1000).default(3),
  rollOutDays: z.number().int().min(1).max(90).default(7),
  /** Days in which the first use of a new scope for something that the principal never did is told. */
  watchDays: z.number().int().min(1).max(90).default(7),
  /** Days on which a scope that was told has to come back before it is known. */
  acceptDays: z.number().int().min(2).max(30).default(3),
  /** Told scopes that are not known yet: with more, its scopes are names of objects, and nothing more is said of them. */
  maxDisputed: z.number().int().min(1).max(256).default(12),
  disputedDays: z.number().int().min(1).max(365).default(30),
  maxScopes: z.number().int().min(8).max(1024).default(128),
  maxPeerScopes: z.number().int().min(64).max(100_000).default(4000),
  /** Scopes that were not seen for once to twice this are forgotten; so are principals. */
  keepDays: z.number().int().min(7).max(3650).default(180),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'new-scope',
  version: 1,
  title: 'New rights',
  description:
    'Which scopes the tokens of each principal carry. A scope for administration that it never had and that its peers do not have, and the first write, deletion, payment or grant of a principal soon after it got a ' +
    'scope that allows it, are told. What peers have too, and what many get within a week, is a roll-out.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'scopes'],
  wants: ['effect', 'request_fit', 'requested_by'],
  blindSpots: [
    'Rights that are not in scopes: roles at the server, groups, policies.',
    'Scopes whose names do not say what they allow count as reading.',
    'A principal with wide scopes from the beginning: see what it does, not what it may do.',
    'A widely held scope is no surprise, even for somebody who should not have it.',
  ],
  benign: ['A new task, a new role, a roll-out.', 'A step-up: a client asks for a further scope when a server wants it.'],
  runbook: [
    'Look for the change request or ticket behind it, and who granted it.',
    'See what was done with the scope since; compare with the work of the principal.',
    'If nobody knows: revoke the token, take the scope away, look for other grants by the same hand.',
  ],
  maps: { owaspMcp2025: ['MCP02'], atlas5: ['AML.T0053'], attack19: ['T1098', 'T1548'] },
}
