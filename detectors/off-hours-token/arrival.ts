/** Arrivals: what an actor does from the end of a silence on. A burst is judged by its beginning, and told once. */
import type { Params } from './rule.ts'
import { addSilence, dormancyOf } from './silence.ts'
import type { Week } from './week.ts'

/** First events of an arrival whose rarity counts, and how many it takes: a single call may be a straggler. */
const COUNTED = 3
const LEAST = 2
/** Silence and hour tell different things; a silence is one fact, the hour counts once an event. */
const DORMANCY_WEIGHT = 2
/** A told arrival keeps the rest of it quiet for so long, seconds. */
const TOLD_FOR = 86_400

/** Takes one event in: true where the arrival is to be told now. Late events belong to no arrival. */
export function arrives(week: Week, seconds: number, rarity: number, params: Params): boolean {
  if (seconds < week.latestAt) return false
  const shortest = params.spellGapHours * 3600
  const silence = seconds - week.latestAt
  if (silence > shortest) beginArrival(week, seconds, silence / shortest)
  week.latestAt = seconds
  const { arrival } = week
  if (arrival.events >= COUNTED) return false
  arrival.events++
  arrival.evidence += rarity - params.quietness
  if (arrival.told || arrival.events < LEAST || arrival.evidence <= params.arrivalEvidence) return false
  arrival.told = true
  return true
}

function beginArrival(week: Week, seconds: number, ratio: number): void {
  const known = week.latestAt > 0
  const dormancy = known ? dormancyOf(week.silences, ratio) : 0
  const silentFor = known ? seconds - week.latestAt : 0
  week.arrival = { at: seconds, silentFor, dormancy, evidence: DORMANCY_WEIGHT * dormancy, events: 0, told: false }
  if (known) week.silences = addSilence(week.silences, ratio)
}

/** Whether the burst that an event lies in was told already. */
export const isTold = ({ arrival }: Week, seconds: number): boolean => arrival.told && Math.abs(seconds - arrival.at) <= TOLD_FOR
