/** What the token commands make of the records: pure, time is an argument. */
import { createHash } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import { type Budget, latestWitness, MAX_TOKENS, type TokenRecord, type TokenScope } from '../../schemas/token-record.ts'

export interface TokenWish {
  readonly name: string
  readonly tenant: string
  readonly scopes: readonly TokenScope[]
  /** Milliseconds from now; undefined = never. */
  readonly lifetimeMs: number | undefined
  readonly budget?: Budget | undefined
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const LONGEST_MS = 3_660 * UNITS.d
/** Two machines that share the file may differ by so much. */
const SKEW_MS = 300_000
const EARLIEST_MS = Date.UTC(2025, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)

/** `90d`, `12h`, `30m`, `2w` in milliseconds; undefined for `never`. Throws RangeError for anything else, and for more than ten years. */
export function lifetimeOf(text: string): number | undefined {
  if (text === 'never') return undefined
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const lifetime = Number(count) * UNITS[(unit || 'd') as keyof typeof UNITS]
  if (count === '' || lifetime === 0 || lifetime > LONGEST_MS) {
    throw new RangeError('It must be a time such as 90d, 12h or 2w (at most ten years), or never.')
  }
  return lifetime
}

const iso = (ms: number): string => new Date(ms).toISOString()
const wrong = (code: string, message: string): Failure => new Failure('misconfigured', code, message)

/** A token made by a wrong clock would end at a wrong time. */
function refuseWrongClock(tokens: readonly TokenRecord[], now: number): void {
  const witness = Number(latestWitness(tokens) / 1_000_000n)
  if (now < EARLIEST_MS || now > LATEST_MS) throw wrong('token.clock', `This machine's clock says ${iso(now)}, which cannot be. Set it right first.`)
  if (now < witness - SKEW_MS) {
    throw wrong('token.clock', `This machine's clock says ${iso(now)}, but tokens were last changed at ${iso(witness)}. Set it right first.`)
  }
}

/** The records with one more; only the hash of `token` is in it. Throws Failure `misconfigured` when the name is taken or the clock is wrong. */
export function withToken(
  tokens: readonly TokenRecord[], wish: TokenWish, { token, now }: { readonly token: string; readonly now: number },
): readonly TokenRecord[] {
  refuseWrongClock(tokens, now)
  const { name, tenant, scopes, lifetimeMs, budget } = wish
  if (tokens.some((known) => known.name === name && known.revoked_at === null)) {
    throw wrong('token.name', `There is a token ${name} already. Choose another name, or revoke it first: watchkeeper token revoke ${name}`)
  }
  if (tokens.length >= MAX_TOKENS) {
    throw wrong('token.many', `There are ${tokens.length} tokens, those that were revoked included. Remove old ones from the file.`)
  }
  return [...tokens, {
    name, sha256: createHash('sha256').update(token).digest('hex'), tenant, scopes, created_at: iso(now),
    expires_at: lifetimeMs === undefined ? null : iso(now + lifetimeMs), revoked_at: null, ...(budget === undefined ? {} : { budget }),
  }]
}

/** The records with that one revoked, which stays in the file. Throws Failure `misconfigured` where there is none of that name in force. */
export function withoutToken(tokens: readonly TokenRecord[], name: string, now: number): readonly TokenRecord[] {
  const found = tokens.find((token) => token.name === name && token.revoked_at === null)
  if (found === undefined) {
    const known = tokens.some((token) => token.name === name)
    throw wrong('token.unknown', known ? `The token ${name} is revoked already.` : 'There is no token of that name. See watchkeeper token list.')
  }
  // Whatever the clock says: taking a right away must always work.
  const at = iso(Math.max(now, Date.parse(found.created_at)))
  return tokens.map((token) => (token === found ? { ...token, revoked_at: at } : token))
}

export type TokenState = 'in force' | 'expired' | 'revoked'

export function stateOf({ revoked_at: revoked, expires_at: expires }: TokenRecord, now: number): TokenState {
  if (revoked !== null) return 'revoked'
  return expires !== null && Date.parse(expires) <= now ? 'expired' : 'in force'
}
