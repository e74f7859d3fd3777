/** Hashes of tokens and passwords that the configuration holds, or that stand in files which it names. */
import { Failure } from '../../schemas/failure.ts'
import type { TokenEntry } from '../collector/authenticate.ts'
import type { Config } from '../config/schema.ts'
import { passwordHash, type SqlUser } from '../sql/config.ts'
import { secretFrom } from './secret-file.ts'

const SHA256 = /^[0-9a-f]{64}$/

/** Throws Failure `misconfigured` for a file that cannot be read or holds something else; what it holds is not said. */
export function configuredTokens({ otlp: { tokens } }: Pick<Config, 'otlp'>): readonly TokenEntry[] {
  return tokens.map(({ sha256, sha256_file: file = '', ...token }) => ({ ...token, sha256: sha256 ?? hashIn(`otlp.tokens (${token.name}): sha256_file`, file) }))
}

function hashIn(setting: string, file: string): string {
  const text = secretFrom(setting, file)
  if (SHA256.test(text)) return text
  throw noHash(setting, file, 'the SHA-256 of the token as 64 lower-case hex digits: printf %s TOKEN | sha256sum | cut -d " " -f 1')
}

/** The same for users of the SQL door. */
export function withPasswordHashes(users: Config['sql']['users']): SqlUser[] {
  return users.map(({ password_hash_file: file, ...user }) => {
    if (file === undefined) return user
    const setting = `sql.users (${JSON.stringify(user.name)}): password_hash_file`
    const hash = passwordHash(secretFrom(setting, file))
    if (hash === undefined) throw noHash(setting, file, 'what password_sha256 or password_scrypt would')
    return { ...user, ...hash }
  })
}

const noHash = (setting: string, file: string, wanted: string): Failure =>
  new Failure('misconfigured', 'secret.form', `${setting} names ${file}, which must hold ${wanted}.`)
