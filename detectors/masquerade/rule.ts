import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** History of an actor before it is judged. */
  minActions: z.number().int().min(20).max(100_000).default(200),
  minDays: z.number().int().min(1).max(60).default(5),
  /** Actions of an actor before a server is called new to it. */
  minUses: z.number().int().min(10).max(100_000).default(50),
  /** Habits of others that have to be known, as a sum of uses. */
  minPeers: z.number().int().min(1).default(100),
  /** Evidence at which it is told: natural logarithm of how much likelier the actions are for others than for this actor. */
  evidence: z.number().min(5).max(200).default(25),
  /** Most that one action says either way, and how often in a session the same action counts against the actor. */
  most: z.number().min(1).max(10).default(4),
  repeats: z.number().int().min(1).max(100).default(6),
  /** Different actions that have to speak against the actor: a single new tool is no masquerade. */
  minKinds: z.number().int().min(1).max(20).default(3),
  /** Uses that are pretended on behalf of the others in the actor's own history. */
  prior: z.number().min(1).max(1000).default(50),
  /** A session ends after so long a pause, or after so many actions. */
  pauseMinutes: z.number().min(5).max(1440).default(60),
  sessionActions: z.number().int().min(20).max(1000).default(100),
  /** Told sessions are not learned, but when they came on so many days with none of the usual work between: then it is a new job. */
  acceptDays: z.number().int().min(2).max(30).default(8),
  /** Different actions kept an actor, and of its peers together. */
  maxActions: z.number().int().min(32).max(4096).default(256),
  maxPeerActions: z.number().int().min(64).max(65_536).default(4096),
  /** Days without activity after which an actor is forgotten. */
  keepDays: z.number().int().min(7).max(3650).default(180),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'masquerade',
  version: 2,
  title: 'Actions of somebody else',
  description:
    'Which tools and programs an actor uses, and how often, is compared with what others of its kind use: actions that are usual for others and not ' +
    'for this actor add up over a session, its own habits count against it. Told when the session looks like somebody else at work under this name; and when it goes to several servers that the actor never used, more so with refusals or a machine that is new, too.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'tool', 'started_at'],
  wants: ['arguments', 'server', 'client', 'user_agent', 'client_asn', 'client_country'],
  blindSpots: [
    'Actors with less than 200 actions on 5 days, and tenants in which nobody else has habits yet.',
    'An intruder who does what the owner does, or only what nobody ever did: what no peer uses either is left to first-use detections.',
    'Agents with a handful of tools that all of them share: their actions say little about who is behind.',
    'Order is not judged, only which actions and how often. Where arguments are not sent, all shell commands are one action.',
  ],
  benign: [
    'A new role, a deputy for a colleague, pair work at one machine.',
    'Several new tools that a team begins to use on one day.',
    'Shared accounts: they have the habits of several people already.',
  ],
  runbook: [
    'Look at the named actions and at what was read or changed with them.',
    'Compare address, client and hours with earlier sessions of this actor.',
    'Ask the owner over another channel. If unknown: revoke the token and look at everything of the session.',
  ],
  maps: { owaspMcp2025: ['MCP07', 'MCP01'], atlas5: ['AML.T0012', 'AML.T0091.000'], attack19: ['T1078', 'T1550.001'] },
}
