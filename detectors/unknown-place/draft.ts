/** Says from where, and from where else it was usual. */
import type { Draft } from '../detector.ts'
import type { Places } from './places.ts'

export interface Arrival {
  readonly key: string
  readonly place: string
  readonly day: number
  readonly reasons: readonly string[]
}

const BENIGN = 'benign if the owner travels, moved, or changed the VPN'
const NAMED = 4
const namesOf = ({ list }: Places): string => list.toSorted((one, other) => other.days - one.days).slice(0, NAMED).map(({ name, days }) => `${name} (${days} days)`).join(', ')

export const unknownDraft = ({ key, place, day, reasons }: Arrival, places: Places, quick: boolean): Draft => ({
  about: [key, 'place', place, String(day)],
  severity: quick ? 'high' : 'medium',
  title: `${key} is used from ${place}, where it is not known`,
  observed: `a call from ${place}`,
  expected: `calls from ${namesOf(places)}; ${places.events} events on ${places.days} days`,
  reasons: [...reasons, BENIGN],
})

export const travelDraft = ({ key, place, day, reasons }: Arrival, before: string, minutes: number): Draft => ({
  about: [key, 'travel', place, String(day)],
  severity: 'medium',
  title: `${key} is used from ${place} and ${before} at once`,
  observed: `a call from ${place}, ${minutes} min after one from ${before}`,
  expected: 'one place at a time: both are known, but not so close together',
  reasons: [...reasons, BENIGN],
})

export const newcomerDraft = ({ key, place, day }: Arrival, peers: Places): Draft => ({
  about: [key, 'newcomer', place, String(day)],
  severity: 'low',
  title: `${key} begins in ${place}, where none of its peers is known`,
  observed: `first calls from ${place}`,
  expected: `calls from the places of its peers: ${namesOf(peers)}`,
  reasons: ['cold start: too little history of its own, so the places of its peers apply', BENIGN],
})
