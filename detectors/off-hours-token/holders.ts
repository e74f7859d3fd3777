/**
 * With what an actor or a token was used: programs, networks and countries, as numbers. Plain JSON, bounded. It says nothing by itself; beside an
 * unusual hour it tells an owner who works late from somebody else.
 */
import type { Interaction } from '../../schemas/interaction.ts'
import { contradicts, glance, networkOf, softwareOf } from '../caller/fingerprint.ts'
import { termOf } from '../stats/terms.ts'

export interface Holders {
  /** Programs, networks and countries, the latest learned last; beside each the day since 1970 UTC on which it was learned. */
  known: readonly number[]
  since: readonly number[]
  /** Those of the running hour, and what the latest caller looked like at a glance. */
  fresh: readonly number[]
  look: number
}

/** Lists are made anew when they change, which is seldom: exactly as long as needed, and those of all who know nothing are one. */
const NONE: readonly number[] = []
export const nobody = (): Holders => ({ known: NONE, since: NONE, fresh: NONE, look: 0 })

const MOST = 16
const MOST_FRESH = 8
/** Days for which a country has to be known before other things than the country count: who travels has another network, too. */
const HOME_DAYS = 4

const lookOf = ({ client, user_agent: userAgent, agent, client_network: network, client_asn: asn, client_country: country }: Interaction): number =>
  (glance(agent, glance(country, glance(network, glance(userAgent, glance(client))))) ^ asn) | 1

const countryOf = ({ client_country: country }: Interaction): number => (country === '' ? 0 : -termOf(country))

/** The caller is one of the running hour; costs next to nothing where it looks like the one before. */
export function meet(holders: Holders, interaction: Interaction): void {
  const look = lookOf(interaction)
  if (look === holders.look) return
  holders.look = look
  for (const one of [networkOf(interaction) * 2, softwareOf(interaction) * 2 + 1, countryOf(interaction)]) {
    if (one !== 0 && one !== 1 && !holders.fresh.includes(one) && holders.fresh.length < MOST_FRESH) holders.fresh = [...holders.fresh, one]
  }
}

/** The running hour is over: its callers are known from now on, unless something was said of it. */
export function part(holders: Holders, day: number, told: boolean): void {
  if (holders.fresh.length === 0) return
  if (!told && !areLast(holders)) for (const one of holders.fresh) learn(holders, one, day)
  holders.fresh = NONE
  holders.look = 0
}

/** The same callers as in the hour before, as most often: learning them again would change nothing. */
function areLast({ known, fresh }: Holders): boolean {
  const from = known.length - fresh.length
  if (from < 0) return false
  for (let at = 0; at < fresh.length; at++) if (known[from + at] !== fresh[at]) return false
  return true
}

function learn(holders: Holders, one: number, day: number): void {
  const { known, since } = holders
  const at = known.indexOf(one)
  const first = at < 0 ? day : (since[at] as number)
  const left = at >= 0 ? at : known.length >= MOST ? 0 : -1
  const others = (list: readonly number[]): readonly number[] => (left < 0 ? list : list.filter((_, place) => place !== left))
  holders.known = [...others(known), one]
  holders.since = [...others(since), first]
}

/** What of the caller was never seen, although something of the kind was; nothing where it comes from elsewhere than usual. */
export interface Strange {
  readonly program: boolean
  readonly network: boolean
}

const FAMILIAR: Strange = { program: false, network: false }

export function strangeOf({ known, since }: Holders, interaction: Interaction, day: number): Strange {
  const country = countryOf(interaction)
  const home = known.indexOf(country)
  if (country !== 0 && (home < 0 || (since[home] as number) > day - HOME_DAYS)) return FAMILIAR
  return { program: isStrange(known, softwareOf(interaction), 1), network: isStrange(known, networkOf(interaction), 0) }
}

/** Networks are even, programs odd, countries negative. */
function isStrange(known: readonly number[], one: number, kind: 0 | 1): boolean {
  let compared = false
  for (const number of known) {
    if (number < 0 || number % 2 !== kind) continue
    const other = (number - kind) / 2
    if (other === one) return false
    compared ||= contradicts(other, one)
  }
  return compared
}
