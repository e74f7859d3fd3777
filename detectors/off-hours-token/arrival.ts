/**
 * Arrivals: what an actor does from the end of a silence on. A burst is judged by how it begins, again while it grows, and told once. The
 * score is a sum of logarithms of how much less likely something is of the owner than of somebody who comes at any time: the hour, the
 * silence before, and so many events. They tell partly the same, hence weights below 1.
 */
import type { Strange } from './holders.ts'
import { addLength, lengthRarity, MOST_EVENTS } from './lengths.ts'
import type { Params } from './rule.ts'
import { addSilence, dormancyOf } from './silence.ts'
import type { Week } from './week.ts'

/** The event of a burst from which on it is judged: a single call may be a straggler. */
const LEAST = 2
const DORMANCY_WEIGHT = 0.5
/** A long silence covers more of the time than a short one, whatever is known of the owner's: of its length in hours, logarithm. */
const SILENCE_WEIGHT = 0.3
const LENGTH_WEIGHT = 0.3
/** A told arrival keeps the rest of it quiet for so long, seconds. */
const TOLD_FOR = 86_400

const isFamiliar = ({ program, network }: Strange): boolean => !program && !network
/** Seconds of silence after which an account sleeps, and after which its owner is away for longer than a weekend with a day off. */
const ASLEEP = 30 * 86_400
const AWAY = 4 * 86_400

/** People come back late, or with a new machine, or from another network: not all at once, and who left does not come back at all. */
export const isSuspicious = (silentFor: number, { program, network }: Strange): boolean => (silentFor >= ASLEEP && (program || network)) || (silentFor >= AWAY && program && network)

/** What each fact adds to the score of an arrival, at its present length. */
export function weighed({ arrival: { rarity, dormancy, silentFor, events }, lengths }: Week): Readonly<Record<'hour' | 'silence' | 'length', number>> {
  const silence = DORMANCY_WEIGHT * dormancy + SILENCE_WEIGHT * Math.log(silentFor / 3600)
  return { hour: rarity, silence, length: LENGTH_WEIGHT * lengthRarity(lengths, events) }
}

/** One event: seconds since 1970, see `rarityOf`, and from which country it came, '' where that is not known. */
export interface Coming {
  readonly seconds: number
  readonly rarity: number
  readonly country: string
  /** What of the caller was never seen. */
  strange(): Strange
}

/** Takes one event in: true where the burst grew and is still judged. Late events belong to no arrival. */
export function notes(week: Week, { seconds, rarity, country, strange }: Coming, { spellGapHours }: Params): boolean {
  const silence = seconds - week.latestAt
  if (silence < 0) return false
  const shortest = spellGapHours * 3600
  if (silence > shortest) beginArrival(week, seconds, { ratio: silence / shortest, rarity, familiar: country !== '' && country === week.country && isFamiliar(strange()) })
  week.latestAt = seconds
  if (week.arrival.events >= MOST_EVENTS) return false
  week.arrival.events++
  return true
}

/** Takes one event in: true where the arrival is to be told now. */
export function arrives(week: Week, coming: Coming, params: Params): boolean {
  if (!notes(week, coming, params)) return false
  const { arrival } = week
  if (arrival.told || arrival.silentFor === 0 || arrival.events < LEAST) return false
  const { hour, silence: silent, length } = weighed(week)
  arrival.told = hour + silent + length > params.arrivalEvidence + (arrival.familiar ? params.familiarPlace : 0) || (arrival.silentFor >= AWAY && isSuspicious(arrival.silentFor, coming.strange()))
  if (!arrival.told && coming.country !== '') week.country = coming.country
  return arrival.told
}

interface Beginning {
  readonly ratio: number
  readonly rarity: number
  readonly familiar: boolean
}

function beginArrival(week: Week, seconds: number, { ratio, rarity, familiar }: Beginning): void {
  const known = week.latestAt > 0
  if (!week.arrival.told) week.lengths = addLength(week.lengths, week.arrival.events)
  const dormancy = known ? dormancyOf(week.silences, ratio) : 0
  const silentFor = known ? seconds - week.latestAt : 0
  week.arrival = { at: seconds, silentFor, dormancy, rarity, familiar, events: 0, told: false }
  if (known) week.silences = addSilence(week.silences, ratio)
}

/** Whether the burst that an event lies in was told already. */
export const isTold = ({ arrival }: Week, seconds: number): boolean => arrival.told && Math.abs(seconds - arrival.at) <= TOLD_FOR
