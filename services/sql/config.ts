/** The endpoint's slice of the configuration. */
import { z } from 'zod'
import { Failure } from '../../schemas/failure.ts'
import { isLoopback } from '../../schemas/loopback.ts'

const Sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits: printf %s PASSWORD | sha256sum')
const BASE64 = '[A-Za-z0-9+/=]'
/** `scrypt$N$r$p$salt$hash`, salt and hash as base64. */
const SCRYPT = new RegExp(`^scrypt\\$\\d{4,6}\\$\\d{1,2}\\$\\d{1,2}\\$${BASE64}{16,}\\$${BASE64}{24,}$`)
const Scrypt = z.string().regex(SCRYPT, 'must be scrypt$N$r$p$salt$hash (base64)')

/** The hash of a password as a setting of the user: undefined where it is none. */
export function passwordHash(text: string): Pick<SqlUser, 'password_sha256'> | Pick<SqlUser, 'password_scrypt'> | undefined {
  if (Sha256.safeParse(text).success) return { password_sha256: text }
  return Scrypt.safeParse(text).success ? { password_scrypt: text } : undefined
}

export const SqlUser = z
  .strictObject({
    name: z.string().min(1).max(128),
    password_sha256: Sha256.optional(),
    password_scrypt: Scrypt.optional(),
    /** File that holds what one of the two would. */
    password_hash_file: z.string().min(1).optional(),
    /** The one tenant whose rows this user sees; `*` = all. */
    tenant: z.string().min(1),
    role: z.enum(['auditor', 'analyst', 'service']).default('auditor'),
  })
  .refine(
    (user) => [user.password_sha256, user.password_scrypt, user.password_hash_file].filter((given) => given !== undefined).length === 1,
    'needs exactly one of password_sha256, password_scrypt and password_hash_file',
  )
export type SqlUser = Readonly<z.infer<typeof SqlUser>>

export const SqlConfig = z.strictObject({
  /** Without users everyone on this machine is `default` and sees all tenants; only possible on a loopback address. */
  users: z.array(SqlUser).default([]),
  max_execution_seconds: z.number().int().min(1).max(3600).default(60),
  max_memory_bytes: z.number().int().min(16 << 20).default(512 << 20),
  max_result_rows: z.number().int().min(1).default(1_000_000),
  max_result_bytes: z.number().int().min(1024).default(128 << 20),
  max_threads: z.number().int().min(1).max(64).default(2),
  max_query_bytes: z.number().int().min(1024).max(16 << 20).default(256 << 10),
  /** Queries that run or wait, over all users. One more is answered with TOO_MANY_SIMULTANEOUS_QUERIES. */
  max_concurrent_queries: z.number().int().min(1).default(16),
  max_concurrent_queries_per_user: z.number().int().min(1).default(8),
})
export type SqlConfig = Readonly<z.infer<typeof SqlConfig>>

export interface Exposure {
  /** Address that the endpoint is bound to. */
  readonly host: string
  readonly tls: boolean
  /** A proxy in front ends TLS, and the operator said so. */
  readonly behindTlsProxy: boolean
}

/** To be called before listening. Throws Failure `misconfigured` (`sql.exposed`) where the endpoint would be open to others without users or TLS. */
export function checkSqlExposure(config: SqlConfig, exposure: Exposure): void {
  const names = new Set(config.users.map((user) => user.name))
  if (names.size !== config.users.length) throw new Failure('misconfigured', 'sql.users', 'sql.users: a name is there twice')
  if (isLoopback(exposure.host)) return
  const missing = [
    ...(config.users.length === 0 ? ['users (sql.users: name, password_sha256, tenant)'] : []),
    ...(exposure.tls || exposure.behindTlsProxy ? [] : ['TLS (a certificate and key, or --behind-tls-proxy where a proxy ends TLS)']),
  ]
  if (missing.length === 0) return
  const message = `The SQL endpoint on ${exposure.host} can be reached from other machines and needs ${missing.join(' and ')}`
  throw new Failure('misconfigured', 'sql.exposed', `${message}. Or bind it to 127.0.0.1`)
}
