import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Tokens that have to be known at a server before it has a habit, and the share of them that has to keep to it. */
  minTokens: z.number().int().min(3).max(10_000).default(10),
  habit: z.number().min(0.5).max(1).default(0.95),
  /** Days of a server in which nothing is said of it: its tokens have to get about. */
  minDays: z.number().int().min(0).max(60).default(5),
  /** The same for scopes: more tokens, as one without the scope has to stand out. */
  minScoped: z.number().int().min(3).max(10_000).default(20),
  /** Calls after which a token tells whether it was used at one server only. */
  teachEvents: z.number().int().min(2).max(1000).default(5),
  /** Days on which a token has to come back to a server before that is no surprise any more. */
  acceptDays: z.number().int().min(2).max(30).default(3),
  /** Tokens told at one server within so many days that say that the server has changed. */
  rollOut: z.number().int().min(1).max(100).default(2),
  rollOutDays: z.number().int().min(1).max(90).default(7),
  maxServers: z.number().int().min(2).max(64).default(8),
  maxTokens: z.number().int().min(16).max(4096).default(128),
  maxScopes: z.number().int().min(8).max(512).default(64),
  maxNorms: z.number().int().min(16).max(100_000).default(2000),
  keepDays: z.number().int().min(7).max(3650).default(60),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'misplaced-token',
  version: 1,
  title: 'Token at a server that it is not for',
  description:
    'A token that belongs to one server is used at another one, without a gateway before both, though tokens there and here are used at one server only: somebody passed it on. ' +
    'And a server takes a token that has none of the scopes that nearly all tokens have there. Audiences are not in telemetry; what tokens are used for says as much.',
  severity: 'medium',
  params: Params,
  needs: ['token_fingerprint', 'server'],
  wants: ['scopes', 'vantages', 'outcome', 'effect'],
  blindSpots: [
    'Companies whose tokens are good for every server, as far as their scopes do not tell servers apart.',
    'Servers that nearly nobody uses: they have no habit yet.',
    'A gateway that exchanges tokens: the fingerprint changes, and nothing is to be seen.',
    'What `aud` and `iss` of a token say does not reach us.',
  ],
  benign: ['A server that begins to accept tokens of another one, as planned.', 'A server that changes the names of its scopes.', 'An administrator\'s token with a scope for everything.'],
  runbook: [
    'See who called: the owner\'s agent, or another server that has the token.',
    'If a server passed it on: it may not do that (token passthrough); look at what it did with tokens of others.',
    'Let the server that took it check the audience of tokens.',
  ],
  maps: { owaspMcp2025: ['MCP01', 'MCP02'], atlas5: ['AML.T0091.000'], attack19: ['T1550.001'] },
}
