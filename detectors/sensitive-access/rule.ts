import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Points from which it is told, and with which severity. See `judge.ts`. */
  low: z.number().min(1).max(20).default(3),
  medium: z.number().min(1).max(20).default(6),
  high: z.number().min(1).max(20).default(9),
  /** First looks that a tenant has to have told, over so many days, before one is worth a word. */
  minCompany: z.number().int().min(1).max(100_000).default(5),
  companyDays: z.number().int().min(0).max(365).default(8),
  /** New things of a guarded kind in a day that are many, at least, and how many times the actor's busiest day. */
  burst: z.number().int().min(2).max(1000).default(8),
  burstFactor: z.number().min(1).max(100).default(3),
  /** Days on which a told kind has to come before it is known, and without which a known one is forgotten. */
  acceptDays: z.number().int().min(1).max(30).default(3),
  keepDays: z.number().int().min(30).max(3650).default(180),
  /** Most things of an actor (16 bytes each) and of a tenant (32 bytes each) that are remembered. */
  maxOwn: z.number().int().min(16).max(4096).default(128),
  maxCompany: z.number().int().min(64).max(100_000).default(4_096),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'sensitive-access',
  version: 3,
  title: 'First look at something that is guarded',
  description:
    'Names of resources, tables, files, tools and servers tell what is guarded: credentials, keys, payroll, health, identity, bank data, personnel, legal matters, backups. Told is the first look of an actor at such a ' +
    'kind in 180 days, as far as it, its peers and its tenant do not do that, and a day with many new things of such a kind. Told is also who searches for passwords and keys in several places within an hour.',
  severity: 'medium',
  params: Params,
  needs: ['actor', 'tool'],
  wants: ['resource', 'arguments', 'server', 'request_fit', 'argument_sources', 'agent', 'caller_tenant'],
  blindSpots: [
    'What is guarded under a name that does not say so, or in another language than English.',
    'What a search or a page brings along: only what a call asks for by name is seen, and searches only where they go for credentials or keys.',
    'Somebody who always may, and does it for another purpose.',
  ],
  benign: ['A new task, a new member of a team, cover for a colleague.', 'An audit, a move to another store, a restore.', 'Documentation about passwords or salaries.', 'Whoever looks for secrets that lie open, because it is their work: learned after three days.'],
  runbook: [
    'See whether the actor\'s work has to do with it, and whether a user asked for it in this turn.',
    'Look at what came back, and at what was written or sent in the same trace afterwards.',
    'If nobody wanted it: revoke the token; change credentials that were read.',
  ],
  maps: { owaspMcp2025: ['MCP10', 'MCP02'], atlas5: ['AML.T0085'], attack19: ['T1213', 'T1530', 'T1552'] },
}
