/**
 * With what an actor or a token was used: programs, networks and countries, as numbers. Plain JSON, bounded. It says nothing by itself; beside an
 * unusual hour it tells an owner who works late from somebody else.
 */
import type { Interaction } from '../../schemas/interaction.ts'
import { contradicts, glance, networkOf, softwareOf } from '../caller/fingerprint.ts'
import { termOf } from '../stats/terms.ts'

export interface Holders {
  /** Programs, networks and countries, the latest learned last; beside each the day since 1970 UTC on which it was learned. */
  readonly known: number[]
  readonly since: number[]
  /** Those of the running hour, and what the latest caller looked like at a glance. */
  fresh: number[]
  look: number
}

export const nobody = (): Holders => ({ known: [], since: [], fresh: [], look: 0 })

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
    if (one !== 0 && one !== 1 && !holders.fresh.includes(one) && holders.fresh.length < MOST_FRESH) holders.fresh.push(one)
  }
}

/** The running hour is over: its callers are known from now on, unless something was said of it. */
export function part(holders: Holders, day: number, told: boolean): void {
  if (holders.fresh.length === 0) return
  if (!told) for (const one of holders.fresh) learn(holders, one, day)
  holders.fresh = []
  holders.look = 0
}

function learn({ known, since }: Holders, one: number, day: number): void {
  const at = known.indexOf(one)
  const first = at < 0 ? day : (since[at] as number)
  if (at >= 0) [known, since].forEach((list) => list.splice(at, 1))
  if (known.length >= MOST) [known, since].forEach((list) => list.shift())
  known.push(one)
  since.push(first)
}

/** What of the caller was never seen, although something of the kind was; nothing where it comes from elsewhere than usual. */
export interface Strange {
  readonly program: boolean
  readonly network: boolean
}

export const FAMILIAR: Strange = { program: false, network: false }

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
