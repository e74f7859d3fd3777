import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { SqlConfig, checkSqlExposure } from './config.ts'

const user = { name: 'soc', password_sha256: 'a'.repeat(64), tenant: '*' }
const why = (config: object, exposure: { host: string; tls?: boolean; behindTlsProxy?: boolean }): string => {
  try {
    checkSqlExposure(SqlConfig.parse(config), { tls: false, behindTlsProxy: false, ...exposure })
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    return (error as Failure).message
  }
}

describe('whether the endpoint may listen', () => {
  it('needs nothing on a loopback address', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) expect(why({}, { host })).toBe('')
  })

  it('needs users and TLS everywhere else, and says which is missing', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.example.com', 'localhost.example.com']) {
      expect(why({}, { host })).toMatch(/users .* and TLS/)
      expect(why({ users: [user] }, { host })).toMatch(/needs TLS/)
      expect(why({}, { host, tls: true })).toMatch(/needs users/)
      expect(why({ users: [user] }, { host, tls: true })).toBe('')
      expect(why({ users: [user] }, { host, behindTlsProxy: true })).toBe('')
    }
  })

  it('refuses two users of one name, passwords in clear, and unknown keys', () => {
    expect(why({ users: [user, user] }, { host: 'localhost' })).toMatch(/twice/)
    for (const bad of [{ name: 'a', tenant: 'x' }, { ...user, password: 'x' }, { ...user, password_sha256: 'secret' }, { ...user,
      password_scrypt: 'x' }]) {
      expect(SqlConfig.safeParse({ users: [bad] }).success).toBe(false)
    }
  })
})
