import { createHash } from 'node:crypto'
import type { PeerCertificate as NodeCertificate } from 'node:tls'
import { beforeEach, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { authenticator, refuseUnsafeBinding } from './authenticate.ts'
import type { AuthenticatorParts, Binding, TokenEntry } from './authenticate.ts'
import { peerCertificateOf, subjectOf } from '../../schemas/peer-certificate.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const NOW = 1_800_000_000_000_000_000n
const TOKENS: readonly TokenEntry[] = [
  { sha256: sha256('token-of-a'), tenant: 'a', name: 'gateway' },
  { sha256: sha256('token-of-b'), tenant: 'b', name: 'agents', scopes: ['ingest', 'api'], budget: { requests_per_second: 1 } },
  { sha256: sha256('ends-now'), tenant: 'a', name: 'ended', expiresAt: NOW },
  { sha256: sha256('ends-soon'), tenant: 'a', name: 'ending', expiresAt: NOW + 1n },
  { sha256: sha256('taken-back'), tenant: 'a', name: 'lost', revoked: true },
  { sha256: sha256('api-only'), tenant: 'a', name: 'operator', scopes: ['api'] },
]
const refused: [string, string][] = []
beforeEach(() => refused.splice(0))
const make = (parts: Partial<AuthenticatorParts> = {}) =>
  authenticator({ tokens: () => TOKENS, now: () => NOW, refused: (name, trouble) => void refused.push([name, trouble]), ...parts })
const authenticate = (authorization: string | undefined) => make()({ authorization })
const UNKNOWN = { refusal: 'The bearer token is not known here.' }

describe('authenticator', () => {
  it('binds the tenant to the token', () => {
    expect(authenticate('Bearer token-of-a')).toEqual({ tenant: 'a', name: 'gateway', credential: 'token:gateway' })
    expect(authenticate('bearer  token-of-b')).toEqual({ tenant: 'b', name: 'agents', credential: 'token:agents', budget: { requests_per_second: 1 } })
  })

  it.each(
    [undefined, '', 'Bearer', 'Bearer ', 'Basic dG9rZW4tb2YtYQ==', 'token-of-a', 'Bearer token-of-a x', `Bearer ${'x'.repeat(513)}`],
  )('asks for a token: %s', (header) => {
    expect(authenticate(header)).toMatchObject({ refusal: expect.stringContaining('A bearer token is needed') as string })
  })

  it('does not know other tokens, nor the stored hash as a token', () => {
    expect(authenticate('Bearer token-of-c')).toEqual(UNKNOWN)
    expect(authenticate(`Bearer ${sha256('token-of-a')}`)).toEqual(UNKNOWN)
    expect(refused).toEqual([])
  })

  it('takes no token from the moment it ends or is revoked, in the words for one that never was; we are told why', () => {
    expect(authenticate('Bearer ends-now')).toEqual(UNKNOWN)
    expect(authenticate('Bearer taken-back')).toEqual(UNKNOWN)
    expect(authenticate('Bearer ends-soon')).toMatchObject({ tenant: 'a', name: 'ending' })
    expect(refused).toEqual([['ended', 'expired'], ['lost', 'revoked']])
  })

  it('takes no telemetry with a token for something else', () => {
    expect(authenticate('Bearer api-only')).toEqual({ refusal: 'The bearer token may not send telemetry.', forbidden: true })
  })

  it('takes everyone as tenant default where there are no tokens', () => {
    expect(make({ tokens: () => [] })({})).toEqual({ tenant: 'default', name: '' })
  })

  it('follows a list that changes, and never opens the door again', () => {
    let tokens: readonly TokenEntry[] = []
    const changing = make({ tokens: () => tokens })
    expect(changing({})).toMatchObject({ tenant: 'default' })
    tokens = TOKENS.slice(0, 1)
    expect([changing({}), changing({ authorization: 'Bearer token-of-a' })]).toMatchObject([{ refusal: expect.any(String) as string }, { tenant: 'a' }])
    tokens = []
    expect([changing({}), changing({ authorization: 'Bearer token-of-a' })]).toMatchObject([{ refusal: expect.any(String) as string }, UNKNOWN])
  })
})

describe('client certificates', () => {
  const clients = [
    { name: 'edge-1', tenant: 'a', fingerprintSha256: 'f'.repeat(64) },
    { name: 'edge-2', tenant: 'b', subject: ['CN=agents', 'O=Example'] },
  ]
  const certificate = (subject: string[], fingerprintSha256 = '0'.repeat(64)) => ({ subject, fingerprintSha256 })
  const by = (shown: ReturnType<typeof certificate> | undefined, authorization?: string) => make({ clients })({ certificate: shown, authorization })

  it('stand for a tenant by fingerprint or by the whole subject', () => {
    expect(by(certificate(['CN=anything'], 'f'.repeat(64)))).toEqual({ tenant: 'a', name: 'edge-1', credential: 'certificate:edge-1' })
    expect(by(certificate(['CN=agents', 'O=Example']))).toEqual({ tenant: 'b', name: 'edge-2', credential: 'certificate:edge-2' })
  })

  it('of others need a token, also where there is none', () => {
    for (const subject of [['CN=agents'], ['CN=agents', 'O=Example', 'OU=x'], ['CN=agents', 'O=example'], []]) {
      expect(by(certificate(subject))).toMatchObject({ refusal: expect.stringContaining('needed') as string })
      expect(make({ clients, tokens: () => [] })({ certificate: certificate(subject) })).toMatchObject({ refusal: expect.any(String) as string })
    }
    expect(by(certificate(['CN=other']), 'Bearer token-of-a')).toMatchObject({ tenant: 'a', name: 'gateway', credential: 'token:gateway' })
  })

  it('and a token must be of the same tenant', () => {
    expect(by(certificate(['CN=agents', 'O=Example']), 'Bearer token-of-b')).toMatchObject({ tenant: 'b', name: 'agents' })
    expect(by(certificate(['CN=agents', 'O=Example']), 'Bearer token-of-a')).toMatchObject({ forbidden: true })
    expect(by(certificate(['CN=agents', 'O=Example']), 'Bearer wrong')).toEqual(UNKNOWN)
    expect(refused).toEqual([['gateway', 'tenant']])
  })

  it('are read from what Node gives, and names as people write them', () => {
    const shown = { fingerprint256: 'AB:CD', subject: { O: 'Example, Inc.', CN: 'agents', OU: ['b', 'a'] } } as unknown as NodeCertificate
    const read = peerCertificateOf(shown)
    expect(read).toEqual({ fingerprintSha256: 'abcd', subject: ['CN=agents', 'O=Example, Inc.', 'OU=a', 'OU=b'] })
    expect(subjectOf('OU=a, CN=agents,O=Example\\, Inc., OU=b')).toEqual(read?.subject)
    expect([peerCertificateOf({} as NodeCertificate), peerCertificateOf(undefined), subjectOf('agents'), subjectOf('CN=')]).toEqual(Array(4).fill(undefined))
  })
})

describe('refuseUnsafeBinding', () => {
  const open: Binding = { host: '0.0.0.0', tls: false, tokens: 0, behindTlsProxy: false, clientCertificates: false }
  const why = (binding: Partial<Binding>): string => {
    try {
      refuseUnsafeBinding({ ...open, ...binding })
      return ''
    } catch (error) {
      if (error instanceof Failure && error.kind === 'misconfigured') return error.message
      throw error
    }
  }

  it('allows loopback without anything', () => expect(why({ host: '127.0.0.1' })).toBe(''))
  it('allows TLS with tokens or client certificates, or a proxy with tokens', () => {
    expect(why({ tls: true, tokens: 1 })).toBe('')
    expect(why({ tls: true, clientCertificates: true })).toBe('')
    expect(why({ behindTlsProxy: true, tokens: 1 })).toBe('')
  })
  it('says what is missing', () => {
    expect(why({})).toMatch(/0\.0\.0\.0.*TLS.*tokens.*127\.0\.0\.1/)
    expect(why({ tls: true })).toMatch(/Configure tokens/)
    expect(why({ tokens: 1 })).toMatch(/Configure TLS/)
    expect(why({ behindTlsProxy: true, clientCertificates: true })).toMatch(/Configure tokens/)
  })
})
