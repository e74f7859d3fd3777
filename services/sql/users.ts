/** Who asks: credentials of a request, compared in constant time. */
import { createHash, scrypt, timingSafeEqual } from 'node:crypto'
import type { SqlUser } from './config.ts'
import { SqlError } from './sql-error.ts'

export interface Identity {
  readonly name: string
  /** `*` = all tenants. */
  readonly tenant: string
  readonly role: string
}

export interface Credentials {
  readonly user: string
  readonly password: string
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const VERIFIED_MOST = 256

interface Derived {
  readonly derived: Buffer
  readonly expected: Buffer
}

function derive(password: string, encoded: string): Promise<Derived> {
  const [, n = '', r = '', p = '', salt = '', hash = ''] = encoded.split('$')
  const expected = Buffer.from(hash, 'base64')
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: 256 * Number(n) * Number(r) }
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64'), expected.length, cost, (error, derived) => {
      if (error === null) resolve({ derived, expected })
      else reject(error)
    })
  })
}

/** Checks credentials against the configured users. scrypt is slow by intent, so what was right once is remembered as a hash. */
export class Users {
  readonly #byName: ReadonlyMap<string, SqlUser>
  readonly #verified = new Set<string>()
  /** What an unknown name is compared with, so that it takes as long as a known one. */
  readonly #decoy: SqlUser | undefined

  constructor(users: readonly SqlUser[]) {
    this.#byName = new Map(users.map((user) => [user.name, user]))
    this.#decoy = users.find((user) => user.password_scrypt !== undefined)
  }

  /** Throws SqlError REQUIRED_PASSWORD (nothing given) or AUTHENTICATION_FAILED, the same for an unknown name and a wrong password. */
  async identify(given: Credentials | undefined): Promise<Identity> {
    if (this.#byName.size === 0) return { name: 'default', tenant: '*', role: 'auditor' }
    if (given === undefined) throw new SqlError('REQUIRED_PASSWORD', 'User name and password are required')
    const user = this.#byName.get(given.user)
    const right = await this.#matches(given.password, user ?? this.#decoy)
    if (user === undefined || !right) {
      throw new SqlError('AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect, or there is no user with such name.')
    }
    return { name: user.name, tenant: user.tenant, role: user.role }
  }

  async #matches(password: string, user: SqlUser | undefined): Promise<boolean> {
    const digest = sha256(password)
    const expectedDigest = Buffer.from(user?.password_sha256 ?? '00'.repeat(32), 'hex')
    if (user?.password_scrypt === undefined) return timingSafeEqual(digest, expectedDigest)
    const key = sha256(`${user.password_scrypt}\n${digest.toString('hex')}`).toString('hex')
    if (this.#verified.has(key)) return true
    const { derived, expected } = await derive(password, user.password_scrypt)
    const right = timingSafeEqual(derived, expected)
    if (right && this.#verified.size < VERIFIED_MOST) this.#verified.add(key)
    return right
  }
}

function basic(header: string): Credentials | undefined {
  const match = /^basic ([A-Za-z0-9+/=]+)$/i.exec(header)
  const text = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return match === null || colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** As ClickHouse looks for them: X-ClickHouse-User and -Key, then Basic, then parameters of the URL. Undefined when none is there. */
export function credentialsOf(headers: ReadonlyMap<string, string>, query: URLSearchParams): Credentials | undefined {
  const user = headers.get('x-clickhouse-user')
  if (user !== undefined) return { user, password: headers.get('x-clickhouse-key') ?? '' }
  const authorization = headers.get('authorization')
  if (authorization !== undefined) return basic(authorization) ?? { user: '', password: '' }
  const named = query.get('user')
  return named === null ? undefined : { user: named, password: query.get('password') ?? '' }
}
