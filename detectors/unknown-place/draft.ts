/** Says from where, and from where else it was usual. */
import type { Baselines, Draft } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import type { Places } from './places.ts'

export interface Arrival {
  readonly key: string
  readonly place: string
  readonly day: number
  readonly reasons: readonly string[]
}

const BENIGN = 'benign if the owner travels, moved, or changed the VPN'
const NAMED = 4
/** What is known of itself, and of its peers where there are any. */
const usualOf = (places: Places, peers: Places | undefined): Baselines => ({
  ...(places.events === 0 ? {} : { self: `${namesOf(places)}; ${places.events} events on ${places.days} days` }),
  ...(peers === undefined || peers.list.length === 0 ? {} : { peers: `${peers.list.slice(-NAMED).map(({ name }) => name).join(', ')}; ${peers.days} known places of peers` }),
})
const namesOf = ({ list }: Places): string => list.toSorted((one, other) => other.days - one.days).slice(0, NAMED).map(({ name, days }) => `${name} (${days} days)`).join(', ')

/** `again`: people were told of the place some days ago, and whoever it is still is there. */
interface Beside {
  readonly quick: boolean
  readonly again: boolean
  readonly peers: Places | undefined
}

export const unknownDraft = ({ key, place, day, reasons }: Arrival, places: Places, { quick, again, peers }: Beside): Draft => ({
  about: [key, 'place', place, String(day)],
  severity: again ? 'low' : quick ? 'high' : 'medium',
  title: `${key} is used from ${place}, where it is not known`,
  observed: `a call from ${place}`,
  expected: `calls from ${namesOf(places)}; ${places.events} events on ${places.days} days`,
  reasons: [...reasons, BENIGN],
  features: sharesOf(reasons.map((reason, at) => ({ name: at === 0 ? 'place' : 'beside it', observed: at === 0 ? `${place}: ${reason}` : reason, expected: at === 0 ? namesOf(places) : '', points: at === 0 ? 2 : 1 }))),
  baselines: usualOf(places, peers),
})

export const travelDraft = ({ key, place, day, reasons }: Arrival, before: string, minutes: number): Draft => ({
  about: [key, 'travel', place, String(day)],
  severity: 'medium',
  title: `${key} is used from ${place} and ${before} at once`,
  observed: `a call from ${place}, ${minutes} min after one from ${before}`,
  expected: 'one place at a time: both are known, but not so close together',
  reasons: [...reasons, BENIGN],
  features: [{ name: 'time between places', observed: `${minutes} min`, expected: 'hours', weight: 1 }],
  baselines: { self: reasons.join('; ') },
})

export const newcomerDraft = ({ key, place, day }: Arrival, peers: Places): Draft => ({
  about: [key, 'newcomer', place, String(day)],
  severity: 'low',
  title: `${key} begins in ${place}, where none of its peers is known`,
  observed: `first calls from ${place}`,
  expected: `calls from the places of its peers: ${namesOf(peers)}`,
  reasons: ['cold start: too little history of its own, so the places of its peers apply', BENIGN],
  features: [{ name: 'first place', observed: place, expected: namesOf(peers), weight: 1 }],
  baselines: { peers: namesOf(peers) },
})
