/** Bearer tokens as they are kept: never the token, only its SHA-256. One file of them is shared by the command line and all collectors. */
import { z } from 'zod'

/** What a token may do with the API: look; change alerts and silences, too; everything. */
export const ApiScope = z.enum(['read', 'triage', 'admin'])
export type ApiScope = z.infer<typeof ApiScope>
/** What a token may be used for: sending telemetry, or the API. `api` is the older word for `admin`. */
export const TokenScope = z.enum(['ingest', ...ApiScope.options, 'api'])
export type TokenScope = z.infer<typeof TokenScope>

/** The most that the API gives for these scopes; undefined: nothing. */
export const apiScopeOf = (scopes: readonly TokenScope[]): ApiScope | undefined =>
  scopes.includes('api') ? 'admin' : ApiScope.options.findLast((scope) => scopes.includes(scope))

/** How much may come in. Where a burst is absent it is ten seconds' worth: exporters send every few seconds what they gathered. */
export const Budget = z.strictObject({
  bytes_per_second: z.number().int().min(1_024).max(1e12).optional().describe('Bytes of bodies after inflating, on average'),
  burst_bytes: z.number().int().min(1_024).max(1e13).optional().describe('Bytes at once; default ten seconds of bytes_per_second'),
  requests_per_second: z.number().min(0.01).max(1e9).optional().describe('Requests, on average'),
  burst_requests: z.number().int().min(1).max(1e10).optional().describe('Requests at once; default ten seconds of requests_per_second'),
})
export type Budget = Readonly<z.infer<typeof Budget>>

const time = z.iso.datetime()

export const TokenRecord = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  tenant: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/),
  scopes: z.array(TokenScope).min(1).readonly(),
  created_at: time,
  /** Null = never. */
  expires_at: time.nullable(),
  /** Null = in force. */
  revoked_at: time.nullable(),
  budget: Budget.optional(),
})
export type TokenRecord = Readonly<z.infer<typeof TokenRecord>>

export const MAX_TOKENS = 10_000

export const TokenFile = z.strictObject({
  version: z.literal(1),
  tokens: z.array(TokenRecord).max(MAX_TOKENS).readonly(),
})

/** What the file says of time: a clock before this is wrong, and must not bring a token that has ended back to life. Nanoseconds. */
export const latestWitness = (tokens: readonly TokenRecord[]): bigint =>
  BigInt(Math.max(0, ...tokens.flatMap((token) => [Date.parse(token.created_at), Date.parse(token.revoked_at ?? token.created_at)]))) * 1_000_000n
