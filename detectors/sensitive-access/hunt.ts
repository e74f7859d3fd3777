/** Searches for credentials: one is everyday work, several in several places within an hour is what a thief does first. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import { hash32 } from '../stats/distinct.ts'
import type { Guarded } from './object.ts'
import type { Params } from './rule.ts'

/** What was searched for within the hour that runs. Plain JSON, bounded. */
export interface Hunt {
  /** Seconds since 1970 of its first and its latest search. */
  since: number
  at: number
  /** Different searches, as hashes, and the servers that they went to. */
  searches: number[]
  servers: number[]
  /** 0: not told, 1: low, 2: more. */
  told: number
  /** Days on which a hunt was told, to 31, and the latest of them: somebody whose work it is. */
  days: number
  lastDay: number
}

export const noHunt = (): Hunt => ({ since: 0, at: 0, searches: [], servers: [], told: 0, days: 0, lastDay: -1 })

const HOUR = 3_600
const DAY = 86_400
const MOST = 32
/** Searches and servers from which it is a weak sign, and from which more. */
const SOME = { searches: 3, servers: 2 }
const MANY = { searches: 3, servers: 2, anySearches: 6, anyServers: 3 }

function note(list: number[], one: number): void {
  if (!list.includes(one) && list.length < MOST) list.push(one)
}

/** How much it weighs, 0 to 2; more where neither a turn nor a schedule is behind a client that else says so. */
function weightOf({ searches: { length: searches }, servers: { length: servers } }: Hunt, { requested_by: by }: Interaction): number {
  if (by === 'none' && (servers >= SOME.servers || searches >= SOME.searches)) return 2
  if (servers >= MANY.anyServers || searches >= MANY.anySearches || (servers >= MANY.servers && searches >= MANY.searches)) return 2
  return searches >= SOME.searches || servers >= SOME.servers ? 1 : 0
}

/** The turn itself speaks of what is searched for, or asks for the call. */
const isAsked = ({ request_fit: fit, argument_sources: sources }: Interaction, { argument }: Guarded): boolean => fit === 'asked' || sources.get(argument) === 'user'

/** Takes a search in; what is to be said of the hunt that it is part of, at most twice. */
export function follow(hunt: Hunt, { interaction, guarded, seconds, key }: { readonly interaction: Interaction; readonly guarded: Guarded; readonly seconds: number; readonly key: string }, { acceptDays }: Params): Draft | undefined {
  if (seconds - hunt.at > HOUR || seconds - hunt.since > 4 * HOUR) Object.assign(hunt, { since: seconds, searches: [], servers: [], told: 0 })
  hunt.at = Math.max(hunt.at, seconds)
  note(hunt.searches, hash32(guarded.name))
  note(hunt.servers, hash32(interaction.server))
  const weight = weightOf(hunt, interaction)
  const severity: Severity = weight > 1 && hunt.days < acceptDays && !isAsked(interaction, guarded) ? 'medium' : 'low'
  const level = weight === 0 ? 0 : severity === 'medium' ? 2 : 1
  if (level <= hunt.told) return undefined
  hunt.told = level
  const day = Math.floor(seconds / DAY)
  if (day > hunt.lastDay) Object.assign(hunt, { days: Math.min(31, hunt.days + 1), lastDay: day })
  return draftOf(hunt, interaction, { key, severity })
}

const places = (servers: number): string => (servers === 1 ? 'one server' : `${servers} servers`)

function draftOf({ since, at, searches, servers, days }: Hunt, { actor }: Interaction, { key, severity }: { readonly key: string; readonly severity: Severity }): Draft {
  const minutes = Math.max(1, Math.ceil((at - since) / 60))
  return {
    about: [key, 'hunt', String(Math.floor(since)), severity],
    severity,
    title: `${actor} searches for passwords and keys in ${places(servers.length)}`,
    observed: `${searches.length} different searches for credentials or keys in ${places(servers.length)} within ${minutes} min`,
    expected: 'a search now and then, in one place',
    reasons: ['who has taken over an account looks for a way further first', 'benign if its work is to find secrets that lie open, or it looks for how a password is changed'],
    features: [
      { name: 'servers', observed: String(servers.length), expected: '1', weight: 0.5 }, { name: 'searches', observed: String(searches.length), expected: '1 or 2', weight: 0.5 },
    ],
    baselines: { self: days > 1 ? `such searches on ${days} days` : 'no such searches before' },
  }
}
