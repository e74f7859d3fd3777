import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the credentials job, which looks at files of ours and asks the tables; limits are `policy.credentials` of the configuration. */
export const rule: Rule<Record<string, never>> = {
  id: 'overdue-credential',
  version: 1,
  title: 'A credential has ended, ends soon, is old, or is used after its end',
  description:
    'Our own tokens and certificates that have ended, end within `policy.credentials.warn_days` or are older than `max_age_days`; and tokens in telemetry that say how old they are, or that a server took after their end. Told once each; looked for at least once an hour.',
  severity: 'medium',
  params: z.strictObject({}),
  needs: ['started_at'],
  wants: ['token_fingerprint', 'server'],
  blindSpots: [
    'Tokens of others whose telemetry says neither when they were issued nor when they end (`jwt.iat`, `jwt.exp`, `watchkeeper.token.issued_at`, `watchkeeper.token.expires_at`).',
    'Revocation at an identity provider: only its own feed knows.',
    'Certificates and token files that the process with the scheduler cannot read.',
  ],
  benign: ['A server whose clock is late, or that caches what it was told of a token: five minutes are allowed.', 'A certificate that renews itself days before its end.'],
  runbook: [
    'Ends soon or has ended: renew it; `watchkeeper access credentials` lists all of them.',
    'Used after its end: that server does not check, or not in time, when tokens end. Ask its owner; look at who used them.',
    'Old: make a new one, move its users over, revoke the old one (`watchkeeper token revoke`).',
  ],
  maps: { owaspMcp2025: ['MCP01', 'MCP07'], atlas5: [], attack19: ['T1078'] },
}
