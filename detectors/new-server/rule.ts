import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Days and interactions after which a server is known: others are measured by its name, and a change of its host is told. */
  knownDays: z.number().int().min(1).max(60).default(3),
  minCalls: z.number().int().min(1).max(10_000).default(20),
  /** Servers that have to be known before a further one is new: while the first are learned, all are. */
  minKnown: z.number().int().min(1).max(1000).default(3),
  /** A host that was told is known once it was seen on so many days. */
  acceptDays: z.number().int().min(2).max(60).default(5),
  /** A server with so many hosts moves about as a matter of course. */
  maxHosts: z.number().int().min(2).max(16).default(6),
  /** Names that are kept to measure others by. */
  maxNames: z.number().int().min(16).max(4096).default(512),
  /** Servers that may be new and look like others, such as a second instance with a name of its own. */
  trustedServers: z.array(z.string()).default([]),
  keepDays: z.number().int().min(30).max(3650).default(365),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'new-server',
  version: 1,
  title: 'New server, or one that moved',
  description:
    'A server that the tenant never used before; worse when its name is to be taken for that of a known one (other characters that look the same, a slip of the finger away), and a known server ' +
    'that is suddenly reached at another host, most of all one on the internet where it was on the own network.',
  severity: 'medium',
  params: Params,
  needs: ['server'],
  wants: ['target'],
  blindSpots: [
    'Names that carry a known one among other words (`github-official`): told as new, not as look-alikes.',
    'Known names with other characters than plain letters, digits and separators: they are not kept, so nothing is measured by them.',
    'A server whose own name is known and whose code was replaced: what it offers is told by `changed-definition`.',
    'Targets are what clients say; where they say none, a move is not seen. Servers on the same machine have no host.',
  ],
  benign: ['A server that was introduced on purpose.', 'A server that moved to another cloud or got a public name.', 'A test instance whose name differs by a letter.'],
  runbook: [
    'Ask who introduced it, and look for it among the approved servers; compare its name as bytes with the known one.',
    'See who used it since (`interactions` by server) and with which arguments; look at what it offers (`watchkeeper tools list`).',
    'If nobody knows it: take it out of the clients\' configuration, and treat what was sent to it as lost.',
  ],
  maps: { owaspMcp2025: ['MCP09', 'MCP04'], atlas5: ['AML.T0104', 'AML.T0010.005'], attack19: ['T1036', 'T1195.002', 'T1133'] },
}
