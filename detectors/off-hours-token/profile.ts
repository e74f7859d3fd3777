/**
 * On how many days an actor was active in each of the 168 hours of a week, with age. Each count is one character of a string
 * (eighths of a day, at most 31), so that a profile takes 200 bytes.
 */
import { SLOTS } from './local-time.ts'

const EIGHTHS = 8
const MOST = 255
const AGE_STEPS = 4
/** Pretended active hours, spread evenly over the week: what is believed of a profile that knows nothing. */
const PRIOR = 3

/** What an hour's neighbours tell about it: an hour off blurs daylight saving; other days count less, the other part of the week least. */
const NEIGHBOURS = [[-2, 0.02], [-1, 0.36], [0, 1], [1, 0.36], [2, 0.02]] as const
const NEIGHBOUR_SUM = NEIGHBOURS.reduce((sum, [, weight]) => sum + weight, 0)
const OTHER_DAY = 0.7
const OTHER_CLASS = 0.2

export interface Profile {
  /** 168 characters. */
  days: string
  /** Local day up to which age is taken off. */
  agedTo: number
}

export const blankProfile = (): Profile => ({ days: '\u0000'.repeat(SLOTS), agedTo: 0 })

const countAt = (days: string, slot: number): number => days.charCodeAt(slot) / EIGHTHS

/** One more day on which this hour was active. */
export function addDay(profile: Profile, slot: number): void {
  const count = Math.min(MOST, profile.days.charCodeAt(slot) + EIGHTHS)
  profile.days = profile.days.slice(0, slot) + String.fromCharCode(count) + profile.days.slice(slot + 1)
}

/** Takes off the weight that history loses with age, in quarters of the half-life. */
export function age(profile: Profile, day: number, halfLifeDays: number): void {
  const step = halfLifeDays / AGE_STEPS
  if (profile.agedTo === 0) profile.agedTo = day
  const steps = Math.floor((day - profile.agedTo) / step)
  if (steps < 1) return
  const factor = 0.5 ** (steps / AGE_STEPS)
  profile.days = Array.from(profile.days, (character) => String.fromCharCode(Math.round(character.charCodeAt(0) * factor))).join('')
  profile.agedTo += steps * step
}

export interface Support {
  /** Days on which the hour or the one before or after it was active, the same part of the week. */
  readonly days: number
  /** Natural logarithm of how much rarer the hour is than an hour would be on average; below 0 it is more common. */
  readonly rarity: number
}

/** What the profile says about one hour of the week. */
export function supportOf({ days }: Profile, slot: number): Support {
  const weekday = Math.floor(slot / 24)
  let seen = 0
  let smooth = 0
  let share = 0
  for (let day = 0; day < 7; day++) {
    const alike = day >= 5 === weekday >= 5
    const weight = day === weekday ? 1 : alike ? OTHER_DAY : OTHER_CLASS
    share += weight
    for (const [shift, near] of NEIGHBOURS) {
      const count = countAt(days, (day * 24 + (slot % 24) + shift + SLOTS) % SLOTS)
      smooth += count * near * weight
      if (alike && shift >= -1 && shift <= 1) seen += count
    }
  }
  let total = 0
  for (let i = 0; i < SLOTS; i++) total += countAt(days, i)
  const density = (smooth / NEIGHBOUR_SUM + PRIOR / 24) / ((total * share) / 7 + PRIOR)
  return { days: seen, rarity: -Math.log(density * 24) }
}
