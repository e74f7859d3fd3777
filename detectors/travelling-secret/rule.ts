import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Secrets that took the same way before it is a usual one, and is not told any more. */
  usualAfter: z.number().int().min(2).max(255).default(5),
  /** Days after which a secret that was not seen again, or a way that nothing took, is forgotten. */
  keepDays: z.number().int().min(7).max(3650).default(180),
  /** Secrets of one call that are followed. */
  maxSecrets: z.number().int().min(1).max(16).default(4),
  /** Servers and destinations of one secret that are remembered (8 bytes each), and ways of a tenant (32 bytes each). */
  maxPlaces: z.number().int().min(2).max(64).default(12),
  maxWays: z.number().int().min(64).max(100_000).default(4_096),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'travelling-secret',
  version: 1,
  title: 'A secret stands in a call, or travels',
  description:
    'Redaction leaves the kind of a secret and a keyed token in its place. The same token is followed: where a credential was seen first, at which other servers it turned up, and whether it ' +
    'left for an outside destination. Personal data is told once for each tool and kind.',
  severity: 'high',
  params: Params,
  needs: ['redacted', 'arguments', 'result'],
  wants: ['effect', 'server', 'argument_sources', 'request_fit'],
  blindSpots: [
    'Secrets that redaction does not know, and those whose class is dropped and not tokenised.',
    'The same secret in an encoding: its token is another one.',
    'E-mail addresses and phone numbers, which say who did what.',
  ],
  benign: ['Keys for tests and documentation.', 'Tools that take a password because nothing else logs them in.', 'A secret store that hands keys to the tools that need them.'],
  runbook: [
    'Search for the token: it stands in the place of the secret wherever it was seen.',
    'If it left: revoke the secret at once, then ask who sent it and why.',
    'If it only stood there: move it to where the server reads it itself, and change it.',
  ],
  maps: { owaspMcp2025: ['MCP01', 'MCP10'], atlas5: ['AML.T0055', 'AML.T0098', 'AML.T0083', 'AML.T0086'], attack19: ['T1552.001', 'T1567'] },
}
