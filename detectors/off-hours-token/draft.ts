/** Says why a time is unusual: which local hour, how rare it is in the profile, how much history there is. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { sharesOf } from '../shares.ts'
import { isSuspicious, weighed } from './arrival.ts'
import type { Strange } from './holders.ts'
import { lengthRarity } from './lengths.ts'
import { nameOf } from './local-time.ts'
import type { Params } from './rule.ts'
import type { Week } from './week.ts'

export interface Moment {
  readonly key: string
  /** Since 1970. */
  readonly seconds: number
  readonly slot: number
  /** IANA zone, undefined = UTC for want of a better one. */
  readonly zone: string | undefined
  readonly rarity: number
  /** '' where it is not known. */
  readonly country: string
  /** What of the caller was never seen. */
  strange(): Strange
}

const clock = (zone: string | undefined): string => (zone === undefined ? 'UTC, no zone is configured' : zone)

/** An hour so rare (natural logarithm) calls somebody by itself; one that is as rare as the second does where the caller is strange, too. */
const RARE = 3
const SELDOM = 0.7

const quietSeverity = (rarity: number, { program, network }: Strange): Severity => (rarity > RARE || (rarity > SELDOM && (program || network)) ? 'medium' : 'low')

function arrivalSeverity({ rarity }: Moment, { arrival: { silentFor } }: Week, quiet: boolean, strange: Strange): Severity {
  if (quiet && quietSeverity(rarity, strange) === 'medium') return 'medium'
  return (strange.program && strange.network) || isSuspicious(silentFor, strange) ? 'medium' : 'low'
}

/** What is new beside the hour; the country is one that is known. */
function newTo({ program, network }: Strange): string {
  return program && network ? 'with a program and from a network that were never seen' : program ? 'with a program that was never seen' : network ? 'from a network that was never seen' : ''
}

const reasonOf = (strange: string): readonly string[] => (strange === '' ? [] : [`${strange}, in the country as before`])
const featureOf = (strange: string): readonly Feature[] => (strange === '' ? [] : [{ name: 'caller', observed: strange, expected: 'programs and networks of before', weight: 0.4 }])

/** Out of profile. One finding a key and spell, known by the hour in which the spell began. */
export function quietDraft(moment: Moment, week: Week): Draft {
  const { key, slot, zone, rarity } = moment
  const strange = moment.strange()
  const said = newTo(strange)
  return {
    about: [key, 'quiet', String(week.spell)],
    severity: quietSeverity(rarity, strange),
    title: `Activity of ${key} at an unusual time: ${nameOf(slot)}`,
    observed: `a spell of activity on ${nameOf(slot)} (${clock(zone)})`,
    expected: `hours that ${key} was active in before; this one is ${Math.exp(rarity).toFixed(1)} times rarer than an average hour`,
    reasons: [`profile of ${week.events} events on ${week.days} days`, 'no activity in the usual hours shortly before', ...reasonOf(said)],
    features: [{ name: 'hour of the week', observed: nameOf(slot), expected: `an hour in which it was active before; this one is ${Math.exp(rarity).toFixed(1)} times rarer than an average one`, weight: said === '' ? 1 : 0.6 }, ...featureOf(said)],
    baselines: { self: `${week.events} events on ${week.days} days` },
  }
}

/** Back after a silence in which a return was unlikely, or at an unusual hour, or both. One finding a key and arrival. */
export function arrivalDraft(moment: Moment, week: Week, quiet: boolean): Draft {
  const { key, slot, zone } = moment
  const strange = moment.strange()
  const said = newTo(strange)
  const { arrival, events, days } = week
  const hours = Math.round(arrival.silentFor / 3600)
  const points = weighed(week)
  return {
    about: [key, 'arrival', String(Math.floor(arrival.at / 3600))],
    severity: arrivalSeverity(moment, week, quiet, strange),
    title: quiet ? `Activity of ${key} at an unusual time: ${nameOf(slot)}` : `Activity of ${key} after an unusual silence of ${hours} h`,
    observed: `a burst of activity on ${nameOf(slot)} (${clock(zone)}), after ${hours} h of silence`,
    expected: `times at which ${key} comes back: this hour is ${Math.exp(arrival.rarity).toFixed(1)} times rarer than an average hour, ` +
      `a return after so long ${Math.exp(arrival.dormancy).toFixed(1)} times less likely than on average`,
    reasons: [`profile of ${events} events on ${days} days`, 'judged by the first events after the silence', ...(arrival.familiar ? ['from the country of those before, so that more was asked for'] : []), ...reasonOf(said)],
    features: [...featureOf(said), ...sharesOf([
      { name: 'hour of the week', observed: nameOf(slot), expected: `${Math.exp(arrival.rarity).toFixed(1)} times rarer than an average hour`, points: Math.max(0, points.hour) },
      { name: 'silence before', observed: `${hours} h`, expected: `a return after so long is ${Math.exp(arrival.dormancy).toFixed(1)} times less likely than on average`, points: Math.max(0, points.silence) },
      { name: 'calls in a row', observed: String(arrival.events), expected: `its bursts come to so many in ${Math.round(100 * Math.exp(-lengthRarity(week.lengths, arrival.events)))} of 100 cases`, points: points.length },
    ]).map((one) => (said === '' ? one : { ...one, weight: one.weight * 0.6 }))],
    baselines: { self: `${events} events on ${days} days` },
  }
}

/** Out of the configured hours, while there is no profile yet. */
export function fixedDraft({ key, slot, zone }: Moment, week: Week, hours: NonNullable<Params['fixedHours']>): Draft {
  return {
    about: [key, 'fixed', String(week.spell)],
    severity: 'low',
    title: `Activity of ${key} outside working hours: ${nameOf(slot)}`,
    observed: `activity on ${nameOf(slot)} (${clock(zone)})`,
    expected: `${hours.from}:00 to ${hours.to}:00${hours.weekends ? '' : ', Monday to Friday'}`,
    features: [{ name: 'configured hours', observed: nameOf(slot), expected: `${hours.from}:00 to ${hours.to}:00`, weight: 1 }],
    baselines: { self: `${week.events} events on ${week.days} days: too few for a profile` },
    reasons: [`cold start: ${week.events} events on ${week.days} days make no profile yet, so the configured hours apply`],
  }
}
