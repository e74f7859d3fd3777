import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Failures no further apart belong together; a success this long after them is theirs. */
  windowMinutes: z.number().int().min(5).max(1440).default(30),
  /** Principals, or tokens of nobody known, that fail from one address before it is told; and how many times its usual number they have to be. */
  principals: z.number().int().min(3).max(32).default(6),
  tokens: z.number().int().min(5).max(32).default(20),
  timesUsual: z.number().min(1).max(100).default(3),
  /** Of those that fail, at most this share may be at home at the address: else something is broken there. */
  knownShare: z.number().min(0).max(1).default(0.1),
  /** Days with successes before an address is judged by who is at home there. */
  minDays: z.number().int().min(1).max(60).default(5),
  /** Networks from which one principal fails, with as many tokens. */
  networks: z.number().int().min(3).max(32).default(5),
  /** Failures of one person at an address where it is not at home, that say something when a success comes after them. */
  guesses: z.number().int().min(3).max(10_000).default(10),
  /** Failures of one cause that say that something is broken. */
  repeats: z.number().int().min(10).max(100_000).default(50),
  /** Days after which a source that was not seen again is forgotten. */
  keepDays: z.number().int().min(2).max(3650).default(30),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'failed-logins',
  version: 1,
  title: 'Failed authentication by many, or in bursts',
  description:
    'Who is refused for want of authentication (401, 403, errors that say so), grouped by cause: a principal, else a token. Many principals that are not at home at an address and fail from it of one wave are ' +
    'a spray, and worse when one of them then gets in. One principal that fails with many tokens from many networks is told too. One cause that fails again and again is a broken agent: a weak signal.',
  severity: 'medium',
  params: Params,
  needs: ['outcome', 'client_network'],
  wants: ['actor', 'token_fingerprint', 'error_code', 'error_type', 'client_asn', 'client'],
  blindSpots: [
    'Refusals at the identity provider or at a proxy that sends no telemetry.',
    'A spray of few attempts an hour, or one attempt from each of many addresses with a principal of its own.',
    'A gateway that does not forward addresses: everybody is at home at its own.',
    'Refused requests that name neither principal nor token count as one cause.',
  ],
  benign: [
    'An expired token in a loop of attempts.', 'The first request of a client, sent without a token to learn where to get one.',
    'An outage of the identity provider, a rotated key, or the morning on which all tokens of an office have expired.', 'Scans by your own security team.',
  ],
  runbook: [
    'See whose principals failed, and whether any succeeded from that address afterwards.',
    'If one did: end its sessions, revoke its tokens, look at everything it did since.',
    'Block the address; if the principals are all from one office, look at the identity provider first.',
  ],
  maps: { owaspMcp2025: ['MCP07'], atlas5: ['AML.T0012'], attack19: ['T1110.003', 'T1110.004'] },
}
