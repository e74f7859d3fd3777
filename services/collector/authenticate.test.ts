import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { authenticator, refuseUnsafeBinding } from './authenticate.ts'
import type { Binding } from './authenticate.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const authenticate = authenticator([
  { sha256: sha256('token-of-a'), tenant: 'a', name: 'gateway' },
  { sha256: sha256('token-of-b'), tenant: 'b', name: 'agents' },
])

describe('authenticator', () => {
  it('binds the tenant to the token', () => {
    expect(authenticate('Bearer token-of-a')).toEqual({ tenant: 'a', name: 'gateway' })
    expect(authenticate('bearer  token-of-b')).toEqual({ tenant: 'b', name: 'agents' })
  })

  it.each(
    [undefined, '', 'Bearer', 'Bearer ', 'Basic dG9rZW4tb2YtYQ==', 'token-of-a', 'Bearer token-of-a x', `Bearer ${'x'.repeat(513)}`],
  )('asks for a token: %s', (header) => {
    expect(authenticate(header)).toMatchObject({ refusal: expect.stringContaining('A bearer token is needed') as string })
  })

  it('does not know other tokens, nor the stored hash as a token', () => {
    expect(authenticate('Bearer token-of-c')).toMatchObject({ refusal: 'The bearer token is not known here.' })
    expect(authenticate(`Bearer ${sha256('token-of-a')}`)).toMatchObject({ refusal: 'The bearer token is not known here.' })
  })

  it('takes everyone as tenant default where there are no tokens', () => {
    expect(authenticator([])(undefined)).toEqual({ tenant: 'default', name: '' })
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
