/** Where one token was used, and which scopes the tokens of one server have. Plain JSON, bounded. Days since 1970 UTC. */
import type { Params } from './rule.ts'

export interface Visit {
  readonly id: number
  days: number
  lastDay: number
  /** It was a surprise, and is not learned yet. */
  told: boolean
}

export interface TokenUse {
  /** Name of the first server. */
  readonly home: string
  visits: Visit[]
  events: number
  /** Came through a gateway: then it says nothing of servers. */
  gateway: boolean
  /** The server that refused it last, 0 = none. */
  refused: number
  lastDay: number
}

export interface ServerUse {
  /** Tokens seen of late, as hashes. */
  readonly tokens: number[]
  /** Tokens with scopes so far, their scopes, and how many of them had each. */
  scoped: number
  readonly scopes: number[]
  readonly counts: number[]
  told: number
  toldDay: number
  lastDay: number
}

/** Counts are halved above this, so that habits can change. */
const MOST_SCOPED = 1000

export const newToken = (home: string): TokenUse => ({ home: home.slice(0, 64), visits: [], events: 0, gateway: false, refused: 0, lastDay: -1 })
export const newServer = (): ServerUse => ({ tokens: [], scoped: 0, scopes: [], counts: [], told: 0, toldDay: -1, lastDay: -1 })

/** The visit that a call belongs to, undefined where the token was never there; the latest visit is the last. */
export function visit(use: TokenUse, id: number, day: number): Visit | undefined {
  let found = use.visits.at(-1)
  if (found?.id !== id) {
    found = use.visits.find((one) => one.id === id)
    if (found === undefined) return undefined
    use.visits.splice(use.visits.indexOf(found), 1)
    use.visits.push(found)
  }
  if (day > found.lastDay) {
    found.days++
    found.lastDay = day
  }
  return found
}

export function arrive(use: TokenUse, id: number, day: number, { told, maxServers }: { readonly told: boolean; readonly maxServers: number }): void {
  use.visits = [...use.visits.slice(Math.max(0, use.visits.length + 1 - maxServers)), { id, days: 1, lastDay: day, told }]
}

/** Scopes that nearly all tokens have there. */
export function requiredScopes({ scoped, scopes, counts }: ServerUse, { minScoped, habit }: Params): readonly number[] {
  return scoped < minScoped ? [] : scopes.filter((_, at) => (counts[at] as number) >= habit * scoped)
}

export function learnScopes(use: ServerUse, ids: readonly number[], { maxScopes }: Params): void {
  use.scoped++
  for (const id of ids) {
    const at = use.scopes.indexOf(id)
    if (at >= 0) use.counts[at] = (use.counts[at] as number) + 1
    else if (use.scopes.length < maxScopes) {
      use.scopes.push(id)
      use.counts.push(1)
    }
  }
  if (use.scoped < MOST_SCOPED) return
  use.scoped >>= 1
  for (let at = use.scopes.length - 1; at >= 0; at--) {
    use.counts[at] = (use.counts[at] as number) >> 1
    if (use.counts[at] !== 0) continue
    use.counts.splice(at, 1)
    use.scopes.splice(at, 1)
  }
}
