/** What went wrong on the way to a ClickHouse server, or in it, as a Failure that says what to change. Told apart by typed fields, never by words. */
import { Failure } from '../../../schemas/failure.ts'
import { EngineError } from '../engine-error.ts'

const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>)['code'] : undefined
  return typeof code === 'string' ? code : ''
}

/** Connections that ended under a request: a kept-alive one that the server had let go, a restart, a cut cable. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'])
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNTIMEOUT'])
/** Certificates, and TLS against a port without it or the other way round. A person must mend it; one that runs waits for that. */
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/

/** Worth asking again at once, on a new connection. */
export const isBroken = (error: unknown): boolean => error instanceof Failure && error.code === 'store.connection'

export function transportFailure(error: unknown, url: string): Failure {
  if (error instanceof Failure) return error
  const code = codeOf(error)
  const options = { cause: error, retryAfterSeconds: 1 }
  if (TLS.test(code)) {
    const what = `ClickHouse at ${url} cannot be spoken to over TLS (${code})`
    return new Failure('unavailable', 'store.tls', `${what}: check the scheme and port of the URL, and the files of ca, cert and key.`, options)
  }
  if (UNREACHABLE.has(code)) {
    const word = code === 'ENOTFOUND' ? 'store.unknown_host' : 'store.unreachable'
    return new Failure('unavailable', word, `ClickHouse at ${url} cannot be reached (${code})`, options)
  }
  if (code.startsWith('HPE_')) return notClickHouse(url, 'no HTTP')
  const what = BROKEN.has(code) ? code : 'connection lost'
  return new Failure('unavailable', 'store.connection', `The connection to ClickHouse at ${url} ended before the answer (${what})`, options)
}

export const timedOut = (url: string, ms: number): Failure =>
  new Failure('unavailable', 'store.timeout', `ClickHouse at ${url} did not answer within ${ms} ms`, { retryAfterSeconds: 1 })

/** Something answered, and it was not ClickHouse: a proxy, a load balancer, another server. */
export const notClickHouse = (url: string, what: string): Failure =>
  new Failure('unavailable', 'store.answer', `What answers at ${url} is not ClickHouse (${what})`, { retryAfterSeconds: 1 })

/** UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED. */
const IDENTITY = new Set([192, 193, 194, 516])
/** READONLY, ACCESS_DENIED. */
const RIGHTS = new Set([164, 497])

export const lacksRights = (error: unknown): boolean => error instanceof EngineError && RIGHTS.has(error.code)

export const rightsFailure = (user: string, what: string, cause?: unknown): Failure =>
  new Failure('misconfigured', 'store.rights',
    `ClickHouse user ${JSON.stringify(user)} may not ${what}. docs/roles.md has the statements that create the roles.`, { cause })

/** For a start: what only a person can change becomes `misconfigured`, what may pass stays as it is. `doing` completes "ClickHouse did not …". */
export function startFailure(error: unknown, { user, doing }: { readonly user: string; readonly doing: string }): unknown {
  if (error instanceof Failure && error.code === 'store.tls') return new Failure('misconfigured', error.code, error.message, { cause: error.cause })
  if (!(error instanceof EngineError)) return error
  if (IDENTITY.has(error.code)) {
    const who = `user ${JSON.stringify(user)} with this password or certificate (${error.symbol})`
    return new Failure('misconfigured', 'store.identity', `ClickHouse does not know ${who}: check user and password file.`, { cause: error })
  }
  if (lacksRights(error)) return rightsFailure(user, doing, error)
  const what = `ClickHouse did not ${doing}: ${error.symbol} (${error.code})`
  return new Failure('unavailable', 'store.start', what, { cause: error, retryAfterSeconds: 1 })
}

/** When waiting has not helped: with what to look at. */
export const gaveUp = (failure: Failure, setting: string): Failure =>
  new Failure('unavailable', failure.code, `${failure.message}: start it, or change ${setting}.`, { cause: failure })
