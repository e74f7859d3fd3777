/** Who may send, and for which tenant. Tokens are random (256 bits), so a plain SHA-256 of them is safe to store. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import { isLoopback } from '../../schemas/loopback.ts'

export interface TokenEntry {
  /** 64 hex digits: SHA-256 of the token. */
  readonly sha256: string
  readonly tenant: string
  /** For logs and pages: which token it was. */
  readonly name: string
}

export type Admission =
  | { readonly tenant: string; readonly name: string }
  /** A sentence that tells a stranger nothing about the tokens that there are. */
  | { readonly refusal: string }

/** `authorization`: the header or metadata entry as sent, if any. */
export type Authenticate = (authorization: string | undefined) => Admission

export const DEFAULT_TENANT = 'default'
const BEARER = /^bearer +([\x21-\x7e]{1,512})$/i

/**
 * Without tokens everyone is tenant `default` (which `refuseUnsafeBinding` allows only where that is safe). With tokens the tenant is
 * the token's: no header or attribute can name another.
 */
export function authenticator(tokens: readonly TokenEntry[]): Authenticate {
  if (tokens.length === 0) return () => ({ tenant: DEFAULT_TENANT, name: '' })
  const known = tokens.map(({ sha256, tenant, name }) => ({ hash: Buffer.from(sha256, 'hex'), tenant, name }))
  return (authorization) => {
    const token = BEARER.exec(authorization ?? '')?.[1]
    if (token === undefined) return { refusal: 'A bearer token is needed: send the header `Authorization: Bearer <token>`.' }
    const hash = createHash('sha256').update(token).digest()
    // Every entry is compared, so that the time taken says nothing about which one it was.
    const found = known.filter((entry) => entry.hash.length === hash.length && timingSafeEqual(entry.hash, hash))[0]
    return found === undefined ? { refusal: 'The bearer token is not known here.' } : { tenant: found.tenant, name: found.name }
  }
}

export interface Binding {
  /** Host name or address to listen on, without port. */
  readonly host: string
  /** Whether we have a key and certificate of our own. */
  readonly tls: boolean
  /** How many tokens there are. */
  readonly tokens: number
  /** The operator says that a proxy in front ends TLS. */
  readonly behindTlsProxy: boolean
  /** Whether clients must show a certificate of a configured authority. */
  readonly clientCertificates: boolean
}

/** Throws Failure `misconfigured` when strangers could send in clear text or without saying who they are. Loopback is always allowed. */
export function refuseUnsafeBinding({ host, tls, tokens, behindTlsProxy, clientCertificates }: Binding): void {
  if (isLoopback(host)) return
  const encrypted = tls || behindTlsProxy
  const known = tokens > 0 || (tls && clientCertificates)
  if (encrypted && known) return
  const missing = [
    ...(encrypted ? [] : ['TLS (a key and a certificate, or --behind-tls-proxy where a proxy in front ends TLS)']),
    ...(known ? [] : ['tokens (or, with TLS of our own, an authority for client certificates)']),
  ]
  throw new Failure('misconfigured', 'otlp.unsafe_binding',
    `Listening for telemetry on ${host} would let anyone who can reach this machine write the audit log. Configure ${missing.join(' and ')}, ` +
    'or listen on 127.0.0.1.')
}
