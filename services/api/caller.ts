/** Who asks, and what that one may do: a token of a tenant, or the token of the data directory, which is trusted with everything. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from '../../schemas/http.ts'
import { OWN_API_TOKEN } from '../../schemas/admin-action.ts'
import type { ApiScope } from '../../schemas/token-record.ts'

export interface Caller {
  /** Name of the token. */
  readonly name: string
  readonly scope: ApiScope
  /** Undefined: every tenant. */
  readonly tenant: string | undefined
}

export interface CallerPorts {
  /** The one of the data directory. */
  readonly token: string
  /** Another token that may use the API; undefined where it is none. */
  apiCaller(token: string): Caller | undefined
}

const RANK: Readonly<Record<ApiScope, number>> = { read: 0, triage: 1, admin: 2 }

export const may = ({ scope }: Caller, needed: ApiScope): boolean => RANK[scope] >= RANK[needed]

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A page that a browser was lured to must not speak to a port on loopback: it cannot leave out `Origin`, and cannot know the token. */
export function callerOf({ headers }: HttpRequest, { token, apiCaller }: CallerPorts): Caller | undefined {
  if (headers.has('origin')) return undefined
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token)) ? { name: OWN_API_TOKEN, scope: 'admin', tenant: undefined } : apiCaller(given)
}
