import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Two holders are active at once when no more than this lies between their calls. */
  overlapMinutes: z.number().int().min(1).max(1440).default(60),
  /** A stranger who comes so soon after the known holder is told at once: nobody changes program and network in that time. */
  quickMinutes: z.number().int().min(0).max(1440).default(10),
  /** History of a principal (of a token where none is known) before it is judged by itself; before that its peers are asked. */
  minEvents: z.number().int().min(1).max(10_000).default(20),
  minDays: z.number().int().min(1).max(60).default(2),
  /** Days on which a holder has to be seen before it is known: what was told is not learned sooner. */
  knownDays: z.number().int().min(2).max(30).default(3),
  /** Unknown programs of one token within `overlapMinutes` that say that it has leaked. */
  most: z.number().int().min(3).max(8).default(4),
  /** Strangers, by program and network, within `overlapMinutes` of each other on a token whose holder is known, that say the same. */
  strangers: z.number().int().min(2).max(8).default(2),
  /** A token that had so many others beside one holder is a gateway's: only more of them than ever are told. */
  gatewayHolders: z.number().int().min(1).max(8).default(3),
  /** Colleagues who use a network before it is nobody's in particular. */
  commonUsers: z.number().int().min(2).max(1000).default(3),
  /** The same program told beside the holders of so many within so many days: it was introduced. */
  rollOut: z.number().int().min(1).max(100).default(3),
  rollOutDays: z.number().int().min(1).max(90).default(7),
  /** Calls after which one tells its peers whether its tokens have one holder, how many of them make a norm, and what share may have several. */
  teachEvents: z.number().int().min(2).max(1000).default(5),
  minPeers: z.number().int().min(5).max(10_000).default(20),
  peersShared: z.number().min(0).max(1).default(0.05),
  maxPrints: z.number().int().min(4).max(64).default(12),
  maxNetworks: z.number().int().min(16).max(100_000).default(2000),
  /** Days after which a holder that was not seen again is forgotten. */
  keepDays: z.number().int().min(7).max(3650).default(60),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'shared-token',
  version: 1,
  title: 'One token in several hands',
  description:
    'Which programs (client and user agent, without their versions) use the tokens of each principal, and from which networks. A token that an unknown program uses from another network while the known ' +
    'one goes on, or that several unknown ones use within the hour, was copied. A different program or network alone is a weak signal.',
  severity: 'medium',
  params: Params,
  needs: ['token_fingerprint'],
  wants: ['client', 'user_agent', 'client_asn', 'client_network', 'actor', 'agent'],
  blindSpots: [
    'Client and user agent are what the caller says: a thief who copies both is only seen by the network, as a weak signal.',
    'Where no token fingerprint is there, or neither program nor network: unknown stays unknown.',
    'A thief who begins before the token was seen first, or who waits until its owner is silent for more than an hour: a weak signal at most.',
    'A gateway that calls with one token for all: as many programs as it is used to.',
  ],
  benign: ['A personal token that was put into a second program, as in a build job or a hosted agent.', 'A new gateway that calls with one token for many programs.'],
  runbook: [
    'Ask the owner whether both programs are theirs, over another channel.',
    'If not: revoke the token and look at everything that the new program did with it.',
    'If so: give each program a token of its own, so that one of them can be revoked.',
  ],
  maps: { owaspMcp2025: ['MCP01'], atlas5: ['AML.T0091.000'], attack19: ['T1550.001', 'T1528'] },
}
