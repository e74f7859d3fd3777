import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Names as findings write them, domains or `*.` and a domain, that are nobody's concern; and domains that are our own. */
  allow: z.array(z.string()).default([]),
  internalDomains: z.array(z.string()).default([]),
  /** Points from which it is told, and with which severity. See `judge.ts` for what gives points. */
  low: z.number().min(1).max(20).default(4),
  medium: z.number().min(1).max(20).default(7),
  high: z.number().min(1).max(20).default(9),
  /** History of an actor before what it does not know is new: sends to outside, on so many days. */
  minUses: z.number().int().min(1).max(10_000).default(5),
  minDays: z.number().int().min(1).max(60).default(3),
  /** Destinations that a tenant has to know, for so many days, before what nobody knows is rare. */
  minCompany: z.number().int().min(1).max(100_000).default(10),
  companyDays: z.number().int().min(0).max(365).default(8),
  /** Actors of the tenant that know a destination before it is everybody's. */
  sharedBy: z.number().int().min(1).max(255).default(3),
  /** Share of new destinations among those of an actor from which a new one is its daily business. */
  usuallyFresh: z.number().min(0).max(1).default(0.2),
  /** Arguments of this many bytes are much. */
  muchBytes: z.number().int().min(100).default(8_000),
  /** Days on which a told destination has to come before it is known, and without which a known one is forgotten. */
  acceptDays: z.number().int().min(1).max(30).default(3),
  keepDays: z.number().int().min(30).max(3650).default(180),
  /** Most destinations of an actor (16 bytes each) and of a tenant (32 bytes each). */
  maxOwn: z.number().int().min(16).max(4096).default(256),
  maxCompany: z.number().int().min(64).max(100_000).default(5_000),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'new-destination',
  version: 4,
  title: 'Something leaves for a destination that nobody knew',
  description:
    'Hosts, mail domains, buckets and shares in the arguments of calls that send, write, pay, grant or run, against those that the actor, its peers and its tenant used in the last 180 days. ' +
    'What sort of host it is, where its name came from, whether the user asked, and whether the arguments are packed, much or a list of records decide how much it weighs.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'arguments', 'effect'],
  wants: ['argument_sources', 'request_fit', 'arguments_bytes', 'agent'],
  blindSpots: [
    'Tools that say where they send to by a name of their own (a channel, a contact) and not by an address.',
    'Destinations that everybody uses: a stranger\'s account at a known cloud service is seen where host or path name it, and only there.',
    'Links within a body of text, such as pictures whose addresses carry data.',
    'A destination that the user named is taken as asked for, unless it is one for dropping things.',
  ],
  benign: ['A first mail to a new customer or supplier.', 'A new service, bucket or registry that a team began to use.', 'Debugging of webhooks with a public catcher.'],
  runbook: [
    'Look at the call: what was sent, and where did the address come from (a tool\'s result, the user, the model)?',
    'See whether the actor read something sensitive in the same trace or conversation before.',
    'If nobody wanted it: block the destination, revoke the token, and search for other calls to the same name.',
    'If it is yours: add it to `allow`, or let it come on three days.',
  ],
  maps: { owaspMcp2025: ['MCP06', 'MCP10'], atlas5: ['AML.T0086'], attack19: ['T1567', 'T1071', 'T1041', 'T1560'] },
}
