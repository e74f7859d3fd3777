/** How redaction names secrets, for values that were redacted on one side only. */
import type { TokenOf } from '../../detectors/request-fit/said.ts'
import type { KeyedHash } from '../../schemas/ports.ts'

/** Of a tenant. */
export type Tokens = (tenant: string) => TokenOf

/** Digits of the keyed hash in `[redacted:<kind>:<digits>]`. */
const DIGITS = 12
/** Words come again with every call of a conversation, and a keyed hash costs some microseconds. */
const REMEMBERED = 16_384

/** Remembers some thousand words of the tenant that was asked about last. */
export function tokensOf(keyed: KeyedHash): Tokens {
  let last: { readonly tenant: string; readonly tokenOf: TokenOf } | undefined
  const begin = (tenant: string): TokenOf => {
    const known = new Map<string, string>()
    return (secret) => {
      const remembered = known.get(secret)
      if (remembered !== undefined) return remembered
      const token = keyed.of(tenant, 'secret', secret).slice(0, DIGITS)
      if (known.size >= REMEMBERED) known.clear()
      known.set(secret, token)
      return token
    }
  }
  return (tenant) => {
    if (last?.tenant !== tenant) last = { tenant, tokenOf: begin(tenant) }
    return last.tokenOf
  }
}
