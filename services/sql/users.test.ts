import { createHash, scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SqlUser } from './config.ts'
import { Places } from './places.ts'
import { Users, credentialsOf } from './users.ts'

const salt = Buffer.from('0123456789abcdef')
const scrypted = scryptSync('pb', salt, 32, { N: 1024, r: 8, p: 1 }).toString('base64')
const users = new Users([
  SqlUser.parse({ name: 'a', password_sha256: createHash('sha256').update('pa').digest('hex').toUpperCase(), tenant: 't1' }),
  SqlUser.parse({ name: 'b', password_scrypt: `scrypt$1024$8$1$${salt.toString('base64')}$${scrypted}`, tenant: '*' }),
])
const said = async (user: string, password: string): Promise<string> =>
  users.identify({ user, password }).then((identity) => identity.tenant, (error: unknown) => (error as { symbol: string }).symbol)

describe('users', () => {
  it('are known by name and password, however often they come', async () => {
    expect([await said('a', 'pa'), await said('b', 'pb'), await said('b', 'pb')]).toEqual(['t1', '*', '*'])
    for (const [name, password] of [['a', 'pb'], ['b', 'pa'], ['b', ''], ['c', 'pa'], ['', ''], ['__proto__', 'x']] as const) {
      expect(await said(name, password)).toBe('AUTHENTICATION_FAILED')
    }
    await expect(users.identify(undefined)).rejects.toMatchObject({ symbol: 'REQUIRED_PASSWORD' })
    expect(await new Users([]).identify(undefined)).toMatchObject({ name: 'default', tenant: '*' })
  })

  it('say who they are in the ways of ClickHouse, headers first', () => {
    const url = new URLSearchParams('user=u&password=p')
    expect(credentialsOf(new Map(), url)).toEqual({ user: 'u', password: 'p' })
    expect(credentialsOf(new Map([['x-clickhouse-user', 'h'], ['x-clickhouse-key', 'k']]), url)).toEqual({ user: 'h', password: 'k' })
    expect(credentialsOf(new Map([['authorization', `Basic ${Buffer.from('b:c:d').toString('base64')}`]]), url)).toEqual({ user: 'b',
      password: 'c:d' })
    expect(credentialsOf(new Map([['authorization', 'Bearer x']]), url)).toEqual({ user: '', password: '' })
    expect(credentialsOf(new Map(), new URLSearchParams())).toBe(undefined)
  })
})

describe('places', () => {
  it('are given back, also by what fails, and counted per user', async () => {
    const places = new Places(2, 1)
    let release = (): void => undefined
    const held = places.hold('a', () => new Promise<void>((resolve) => (release = resolve)))
    await expect(places.hold('a', async () => 1)).rejects.toMatchObject({ symbol: 'TOO_MANY_SIMULTANEOUS_QUERIES' })
    await expect(places.hold('b', async () => Promise.reject(new Error('x')))).rejects.toThrow('x')
    expect([await places.hold('b', async () => 2), places.taken]).toEqual([2, 1])
    release()
    await held
    expect([await places.hold('a', async () => 3), places.taken]).toEqual([3, 0])
  })
})
