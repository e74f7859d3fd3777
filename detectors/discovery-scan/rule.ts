import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** A look around is over after so long. */
  windowMinutes: z.number().min(1).max(240).default(15),
  /** Different servers whose lists were asked for, at least, and how many times the own most; or so many together with refusals. */
  servers: z.number().int().min(3).max(10_000).default(12),
  serversWithRefusals: z.number().int().min(2).max(10_000).default(5),
  ownFactor: z.number().min(1).max(50).default(2.5),
  /** Different things asked for that are not there or not allowed, at least; beside a look around, or among as many that failed in any way, so many. */
  refused: z.number().int().min(3).max(10_000).default(10),
  refusedWithServers: z.number().int().min(2).max(10_000).default(4),
  /** Days with lists or refusals before the own most counts, and on which what was told has to come back before it is usual. */
  minDays: z.number().int().min(1).max(30).default(3),
  acceptDays: z.number().int().min(2).max(30).default(3),
  /** Peers that looked around as far before it is usual among them. */
  minPeers: z.number().int().min(1).max(1000).default(3),
  /** Days without a list or refusal after which an actor is forgotten. */
  keepDays: z.number().int().min(7).max(3650).default(120),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'discovery-scan',
  version: 2,
  title: 'Looking for what there is',
  description:
    'Lists of tools, resources and prompts of many different servers, and many different tools or resources asked for that are not there or not allowed, within a quarter of an hour; ordinary errors count beside some refusals. ' +
    'All is measured by what the actor ' +
    'and its peers usually ask for. Inventory jobs and programs that ask all their servers when they start are known after three days.',
  severity: 'medium',
  params: Params,
  needs: ['method', 'server', 'actor', 'outcome'],
  wants: ['error_code', 'error_type', 'tool', 'resource'],
  blindSpots: [
    'A slow scan, one server every few minutes.',
    'Guesses of which hardly any is refused: all are answered with an ordinary error of a tool.',
    'Lists that a client keeps (`ttlMs`) are not asked for again: what it learned earlier is not seen.',
    'Calls that need a login are left to the detection of failed logins.',
  ],
  benign: [
    'Inventory and health jobs, gateways that gather the lists of their servers.',
    'The first start of a program with many servers: low.',
    'A server that lost its tools in a deployment, with agents that still ask for them.',
  ],
  runbook: [
    'See which servers were asked and which of them this actor has any business with.',
    'Look at what was called after the lists, on servers that are new for this actor.',
    'If unknown: revoke the token; look for the same address and client under other names.',
  ],
  maps: { owaspMcp2025: ['MCP09'], atlas5: ['AML.T0084.001'], attack19: ['T1046', 'T1083'] },
}
