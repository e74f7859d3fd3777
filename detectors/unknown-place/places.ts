/** Where an actor or a token was seen. Plain JSON, bounded. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Params } from './rule.ts'

export interface Place {
  readonly name: string
  /** Days on which it was seen, counted to 255; the latest of them, days since 1970 UTC. */
  days: number
  lastDay: number
  /** The same in active days of the owner, which is how knowing is counted: who is away knows no less. */
  lastActive: number
  /** Latest active days until it is known, at most as many as that takes. */
  recent: number[]
  known: boolean
}

export interface Places {
  /** Least recently used first. */
  list: Place[]
  events: number
  days: number
  lastDay: number
}

export const nowhere = (): Places => ({ list: [], events: 0, days: 0, lastDay: -1 })

const MOST_DAYS = 255

/** Country, and whether the address is a hosting provider's; the autonomous system where no country is known; '' where neither is. */
export function placeOf({ client_country: country, client_hosting: hosting, client_asn: asn }: Interaction): string {
  const place = country !== '' ? country : asn === 0 ? '' : `AS${asn}`
  return place === '' || hosting !== 'yes' ? place : `${place}, hosting`
}

export const find = ({ list }: Places, name: string): Place | undefined => list.find((one) => one.name === name)

/** Known is a place that was seen on enough days close together, and not long ago: an intruder's visits lie apart. */
export const isKnown = (places: Places, name: string, { staleDays }: Params): boolean => {
  const place = find(places, name)
  return place !== undefined && place.known && place.lastActive >= places.days - staleDays
}

/** One more event there; true where the place has become known for the first time. */
export function visit(places: Places, name: string, day: number, params: Params): boolean {
  places.events++
  if (day > places.lastDay) {
    places.days++
    places.lastDay = day
    places.list = places.list.filter(({ lastDay }) => lastDay >= day - params.keepDays)
  }
  const place = find(places, name) ?? { name, days: 0, lastDay: -1, lastActive: -1, recent: [], known: false }
  if (places.list.at(-1) !== place) places.list = [...places.list.filter((one) => one !== place), place].slice(-params.maxPlaces)
  return day > place.lastDay && isNewlyKnown(place, places, params)
}

function isNewlyKnown(place: Place, { days, lastDay }: Places, { knownDays, withinDays, staleDays }: Params): boolean {
  if (place.lastActive < days - staleDays) place.known = false
  place.lastDay = lastDay
  place.lastActive = days
  place.days = Math.min(MOST_DAYS, place.days + 1)
  if (place.known) return false
  place.recent = [...place.recent.filter((one) => one > days - withinDays), days].slice(-knownDays)
  if (place.recent.length < knownDays) return false
  place.recent = []
  place.known = true
  return true
}
