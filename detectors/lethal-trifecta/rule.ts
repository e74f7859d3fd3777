import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** What came into a lineage counts for so long. */
  ttlMinutes: z.number().min(1).max(1440).default(60),
  /** Pause after which calls belong together no more where neither a conversation nor a turn says that they do. */
  looseMinutes: z.number().min(1).max(240).default(10),
  /** Calls that send outside, and days with such, before an actor's own destinations are known. */
  minSends: z.number().int().min(1).max(1000).default(10),
  minDays: z.number().int().min(1).max(60).default(4),
  /** The same of the tenant: destinations that its actors told, and days since the first. */
  minTellings: z.number().int().min(1).max(10_000).default(20),
  tenantDays: z.number().int().min(0).max(60).default(8),
  /** Part of the latest sends that may go to new destinations before novelty says nothing of an actor. */
  mostNew: z.number().min(0).max(1).default(0.25),
  /** A destination that was told is known once it came on so many days; one not seen for so long is new again. */
  acceptDays: z.number().int().min(2).max(60).default(4),
  keepDays: z.number().int().min(7).max(3650).default(120),
  maxLineages: z.number().int().min(1).max(64).default(8),
  maxDestinations: z.number().int().min(8).max(4096).default(128),
  maxTenantDestinations: z.number().int().min(64).max(65_536).default(4096),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'lethal-trifecta',
  version: 2,
  title: 'Strangers\' words, private data and a way out',
  description:
    'Within one lineage (conversation, else trace) an actor read what strangers may write, read what is not meant for everybody (also what a command printed), and then sends outside. Most agents can do all three, so their ' +
    'presence says nothing: told is a destination that is new to the actor or tenant, and worse where nobody asked, where the address came from what a tool returned, or where it names nobody.',
  severity: 'high',
  params: Params,
  needs: ['actor', 'tool', 'effect', 'arguments'],
  wants: ['argument_sources', 'request_fit', 'conversation', 'trace_id', 'redacted'],
  blindSpots: [
    'Arguments that are not sent: no destination is known.',
    'Tools whose names tell neither where they read nor what.',
    'Lineages whose calls are of different actors, such as an agent that hands over to another under another name.',
    'A way out to a known destination, such as a public page of the own site that the stranger can read.',
    'Destinations that are names of their own system: channels, chat ids, folders that are shared.',
    'Who asked is judged on the first version of an interaction.',
  ],
  benign: ['The first mail to a new customer, the first report to a new partner.', 'A web hook that was set up for a new integration.', 'A text that the user had told the agent to follow.'],
  runbook: [
    'Read the lineage in order: what the stranger\'s text says, what was read after it, what went out and where to.',
    'Ask the user whether they wanted it. If not: revoke the token, ask the owner of the destination to delete it, and rotate what was in the data.',
    'Search for the same destination, and for other readers of the same text.',
  ],
  maps: { owaspMcp2025: ['MCP06', 'MCP10'], atlas5: ['AML.T0086', 'AML.T0051.001'], attack19: ['T1567', 'T1213'] },
}
