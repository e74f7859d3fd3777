/** Which refusals are about who somebody is or what they may do, and whose fault one is. */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'

const CODES: ReadonlySet<string> = new Set(['401', '403', '407', 'UNAUTHENTICATED', 'PERMISSION_DENIED'])
/** Codes of OAuth (RFC 6749, RFC 6750), and names that libraries give to the same. */
const TYPES: ReadonlySet<string> = new Set([
  'invalid_token', 'insufficient_scope', 'invalid_grant', 'invalid_client', 'unauthorized_client', 'access_denied', 'unauthorized', 'forbidden',
  'AuthenticationError', 'AuthorizationError', 'UnauthorizedError', 'ForbiddenError', 'InvalidTokenError', 'InsufficientScopeError', 'TokenExpiredError',
  'ExpiredSignatureError', 'InvalidSignatureError', 'Unauthorized', 'Forbidden', 'NotAuthenticated', 'AuthenticationFailed', ...CODES,
])

/** A user who rejects a call, or a policy without a code, is no failure of authentication. */
export function isFailure({ outcome, error_code: code, error_type: type }: Interaction): boolean {
  if (outcome === 'ok' || outcome === 'unknown' || outcome === 'cancelled') return false
  return outcome === 'unauthenticated' || CODES.has(code) || (type !== '' && type.length < 200 && TYPES.has(type.slice(type.lastIndexOf('.') + 1)))
}

/** A person or service as a number, 0 where nobody is named: a client's or agent's name is borne by many. */
export const principalOf = ({ actor, actor_kind: kind }: Interaction): number => (actor !== '' && (kind === 'principal' || kind === 'service') ? hash32(actor) : 0)

export const tokenOf = ({ token_fingerprint: token }: Interaction): number => (token === '' ? 0 : hash32(token))
