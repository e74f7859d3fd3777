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

/** What an hour's neighbours tell about it: people are not punctual, and an hour off blurs daylight saving; other days count less, the other part of the week least. */
const NEIGHBOURS = [[-2, 0.5], [-1, 0.8], [0, 1], [1, 0.8], [2, 0.5]] as const
const NEIGHBOUR_SUM = NEIGHBOURS.reduce((sum, [, weight]) => sum + weight, 0)
const OTHER_DAY = 0.7
const OTHER_CLASS = 0.2

export interface Profile {
  /** 168 characters. */
  days: string
  /** Sum of all counts, in eighths. */
  total: number
  /** Local day up to which age is taken off. */
  agedTo: number
}

/** One text for all who know nothing. */
const BLANK = '\u0000'.repeat(SLOTS)
export const blankProfile = (): Profile => ({ days: BLANK, total: 0, agedTo: 0 })

const countAt = (days: string, slot: number): number => days.charCodeAt(slot) / EIGHTHS

/** One more day on which this hour was active. */
export function addDay(profile: Profile, slot: number): void {
  const before = profile.days.charCodeAt(slot)
  const count = Math.min(MOST, before + EIGHTHS)
  profile.total += count - before
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
  profile.total = sumOf(profile.days)
  profile.agedTo += steps * step
}

function sumOf(days: string): number {
  let sum = 0
  for (let slot = 0; slot < SLOTS; slot++) sum += days.charCodeAt(slot)
  return sum
}

const isWeekend = (day: number): boolean => day >= 5

/** Days on which the hour of the week, or the one before or after it, was active on the same part of the week. */
export function daysAround({ days, total }: Profile, slot: number): number {
  const weekend = isWeekend(Math.floor(slot / 24))
  let seen = 0
  for (let day = weekend ? 5 : 0; total > 0 && day < (weekend ? 7 : 5); day++) {
    for (let shift = -1; shift <= 1; shift++) seen += countAt(days, (day * 24 + (slot % 24) + shift + SLOTS) % SLOTS)
  }
  return seen
}

/** Natural logarithm of how much rarer the hour of the week is than an hour would be on average; below 0 it is more common. */
export function rarityOf({ days, total }: Profile, slot: number): number {
  const weekday = Math.floor(slot / 24)
  let smooth = 0
  for (let day = 0; total > 0 && day < 7; day++) {
    const weight = day === weekday ? 1 : isWeekend(day) === isWeekend(weekday) ? OTHER_DAY : OTHER_CLASS
    // Most hours of most weeks are empty: this is done for every key and hour.
    for (let place = 0; place < NEIGHBOURS.length; place++) {
      const [shift, near] = NEIGHBOURS[place] as (typeof NEIGHBOURS)[number]
      const count = countAt(days, (day * 24 + (slot % 24) + shift + SLOTS) % SLOTS)
      if (count > 0) smooth += count * near * weight
    }
  }
  const share = isWeekend(weekday) ? 1 + OTHER_DAY + 5 * OTHER_CLASS : 1 + 4 * OTHER_DAY + 2 * OTHER_CLASS
  const density = (smooth / NEIGHBOUR_SUM + PRIOR / 24) / (((total / EIGHTHS) * share) / 7 + PRIOR)
  return -Math.log(density * 24)
}
