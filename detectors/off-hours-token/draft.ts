/** Says why a time is unusual: which local hour, how rare it is in the profile, how much history there is. */
import type { Draft } from '../detector.ts'
import { nameOf } from './local-time.ts'
import type { Params } from './rule.ts'
import type { Week } from './week.ts'

export interface Moment {
  readonly key: string
  readonly slot: number
  /** IANA zone, undefined = UTC for want of a better one. */
  readonly zone: string | undefined
  readonly rarity: number
}

const clock = (zone: string | undefined): string => (zone === undefined ? 'UTC, no zone is configured' : zone)

/** Out of profile. One finding a key and spell, known by the hour in which the spell began. */
export function quietDraft({ key, slot, zone, rarity }: Moment, week: Week): Draft {
  return {
    about: [key, 'quiet', String(week.spell)],
    severity: rarity > 3 ? 'medium' : 'low',
    title: `Activity of ${key} at an unusual time: ${nameOf(slot)}`,
    observed: `a spell of activity on ${nameOf(slot)} (${clock(zone)})`,
    expected: `hours that ${key} was active in before; this one is ${Math.exp(rarity).toFixed(1)} times rarer than an average hour`,
    reasons: [`profile of ${week.events} events on ${week.days} days`, 'no activity in the usual hours shortly before'],
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
    reasons: [`cold start: ${week.events} events on ${week.days} days make no profile yet, so the configured hours apply`],
  }
}
