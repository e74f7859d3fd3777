/** Who may send, and for which tenant. Tokens are random (256 bits), so a plain SHA-256 of them is safe to store. */
import { hash } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import { isLoopback } from '../../schemas/loopback.ts'
import type { PeerCertificate } from '../../schemas/peer-certificate.ts'
import type { Budget, TokenScope } from '../../schemas/token-record.ts'

export interface TokenEntry {
  /** 64 hex digits: SHA-256 of the token. */
  readonly sha256: string
  readonly tenant: string
  /** For logs, metrics and pages: which token it was. */
  readonly name: string
  /** Absent = `ingest`. */
  readonly scopes?: readonly TokenScope[]
  /** Nanoseconds; absent = never. */
  readonly expiresAt?: bigint | undefined
  readonly revoked?: boolean
  readonly budget?: Budget | undefined
}

/** A client certificate that stands for a tenant: by its fingerprint, or by every attribute of its subject. */
export interface ClientEntry {
  readonly name: string
  readonly tenant: string
  readonly fingerprintSha256?: string | undefined
  /** As in PeerCertificate. */
  readonly subject?: readonly string[] | undefined
  readonly budget?: Budget | undefined
}

export interface Admitted {
  readonly tenant: string
  /** Of the token or the certificate; '' where none is needed. What budgets are kept by. */
  readonly name: string
  /** The same for the record: `token:NAME` or `certificate:NAME`; absent where none is needed. */
  readonly credential?: string
  /** Of its own; absent = the one that all have. */
  readonly budget?: Budget | undefined
}

/** `refusal`: a sentence that tells a stranger nothing about the tokens that there are. */
export type Admission = Admitted | { readonly refusal: string; readonly forbidden?: boolean }

export interface Credentials {
  /** The header or metadata entry as sent, if any. */
  readonly authorization?: string | undefined
  readonly certificate?: PeerCertificate | undefined
}

export type Authenticate = (credentials: Credentials) => Admission

/** Why a known token was not taken. */
export type TokenTrouble = 'expired' | 'revoked' | 'scope' | 'tenant'

export interface AuthenticatorParts {
  /** In force now; another array after each change. Once it was not empty everyone needs a token, even if all are revoked since. */
  tokens(): readonly TokenEntry[]
  readonly clients?: readonly ClientEntry[]
  /** Nanoseconds. */
  now(): bigint
  /** To be counted: a stranger is not told. */
  refused?(name: string, trouble: TokenTrouble): void
}

export const DEFAULT_TENANT = 'default'
const BEARER = /^bearer +([\x21-\x7e]{1,512})$/i
const NEEDED = 'A bearer token is needed: send the header `Authorization: Bearer <token>`.'
/** The same for a token that never was, has expired or was revoked. */
const UNKNOWN = { refusal: 'The bearer token is not known here.' }

const sameSubject = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((part, index) => part === b[index])

/** What is wrong with a token that is known; undefined = nothing. `scope`: what it shall be used for; undefined: whatever it is for. */
export function troubleOf(entry: TokenEntry, scope: TokenScope | undefined, now: bigint): TokenTrouble | undefined {
  if (entry.revoked === true) return 'revoked'
  if (entry.expiresAt !== undefined && now >= entry.expiresAt) return 'expired'
  return scope === undefined || (entry.scopes ?? ['ingest']).includes(scope) ? undefined : 'scope'
}

/** Finds a token by its hash: how long that takes says something about the hash of what was sent, and nothing about the token. */
export class TokenIndex {
  readonly #tokens: () => readonly TokenEntry[]
  #indexed: readonly TokenEntry[] | undefined
  #byHash: ReadonlyMap<string, TokenEntry> = new Map()
  /** Whether there ever was one to send with: those for the API alone ask nobody else for one. */
  closed = false

  constructor(tokens: () => readonly TokenEntry[]) {
    this.#tokens = tokens
  }

  /** Takes notice of changes. */
  refresh(): void {
    const tokens = this.#tokens()
    if (tokens === this.#indexed) return
    this.#indexed = tokens
    this.#byHash = new Map(tokens.map((entry) => [entry.sha256, entry]))
    this.closed ||= tokens.some(({ scopes }) => scopes === undefined || scopes.includes('ingest'))
  }

  find(token: string): TokenEntry | undefined {
    return this.#byHash.get(hash('sha256', token, 'hex'))
  }
}

/**
 * Without tokens and clients everyone is tenant `default` (which `refuseUnsafeBinding` allows only where that is safe). Else the tenant is
 * the token's or the certificate's: no header or attribute can name another, and a certificate and a token together must agree.
 */
export function authenticator({ tokens, clients = [], now, refused }: AuthenticatorParts): Authenticate {
  const index = new TokenIndex(tokens)
  const byFingerprint = new Map(clients.flatMap((client) => (client.fingerprintSha256 === undefined ? [] : [[client.fingerprintSha256, client]])))
  const bySubject = clients.filter(({ subject }) => subject !== undefined)

  const clientOf = (certificate: PeerCertificate | undefined): ClientEntry | undefined =>
    certificate && (byFingerprint.get(certificate.fingerprintSha256) ??
      bySubject.find(({ subject = [] }) => sameSubject(subject, certificate.subject)))

  const admit = ({ tenant, name, budget }: Admitted, kind: 'token' | 'certificate'): Admitted => ({ tenant, name, credential: `${kind}:${name}`, budget })

  return ({ authorization, certificate }) => {
    index.refresh()
    const client = clientOf(certificate)
    if (client !== undefined && authorization === undefined) return admit(client, 'certificate')
    if (!index.closed && clients.length === 0) return { tenant: DEFAULT_TENANT, name: '' }
    const token = BEARER.exec(authorization ?? '')?.[1]
    if (token === undefined) return { refusal: NEEDED }
    const found = index.find(token)
    if (found === undefined) return UNKNOWN
    const trouble = troubleOf(found, 'ingest', now()) ?? (client !== undefined && client.tenant !== found.tenant ? 'tenant' : undefined)
    if (trouble === undefined) return admit(found, 'token')
    refused?.(found.name, trouble)
    if (trouble === 'expired' || trouble === 'revoked') return UNKNOWN
    const refusal = trouble === 'scope' ? 'The bearer token may not send telemetry.' : 'Token and certificate are of different tenants.'
    return { refusal, forbidden: true }
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
