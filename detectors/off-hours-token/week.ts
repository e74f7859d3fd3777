/** State of one actor or token: what is usual, the hour that runs, and the quiet spell that runs. Plain JSON, about 800 bytes. */
import { dayOf, offsetOf, SLOTS, slotOf } from './local-time.ts'
import { type Holders, nobody, part } from './holders.ts'
import { NO_LENGTHS } from './lengths.ts'
import { addDay, age, blankProfile, daysAround, type Profile, rarityOf } from './profile.ts'
import type { Params } from './rule.ts'
import { NO_SILENCES } from './silence.ts'

/** The burst that runs since the last silence. */
export interface Arrival {
  /** Seconds since 1970 of its beginning, and seconds of the silence before it, 0 where none is known. */
  readonly at: number
  readonly silentFor: number
  /** Natural logarithms, see `dormancyOf` and `rarityOf`. */
  readonly dormancy: number
  readonly rarity: number
  /** It came from the country of the owner's bursts before, with a program and network of before. */
  readonly familiar: boolean
  events: number
  told: boolean
}

export interface Week {
  readonly profile: Profile
  /** Events and local days with activity so far. */
  events: number
  days: number
  lastDay: number
  /** The running hour, since 1970 UTC, -1 before the first, and what holds for all of it. */
  hour: number
  offset: number
  hourSlot: number
  hourDay: number
  quiet: boolean
  rarity: number
  /** Something was said about the running hour: it is not learned. */
  hourTold: boolean
  /** Seconds since 1970: latest event in an active hour, and latest quiet event. */
  activeAt: number
  quietAt: number
  /** The quiet spell: UTC hour of its beginning, evidence of its first events, how many of these, and whether it was told. */
  spell: number
  evidence: number
  counted: number
  told: boolean
  /** Seconds since 1970 of the latest event in order, how long silences were, and what came after the last one. */
  latestAt: number
  silences: string
  /** How many bursts came to so many events. */
  lengths: string
  /** Whence the latest bursts came that were not told, '' where that is not known. */
  country: string
  arrival: Arrival
  /** Hours told and not learned, newest last: local day · 168 + slot. */
  toldHours: number[]
  /** With what it was used. */
  holders: Holders
}

export const blankWeek = (): Week => ({
  profile: blankProfile(), events: 0, days: 0, lastDay: -1, hour: -1, offset: 0, hourSlot: 0, hourDay: 0, quiet: false, rarity: 0, hourTold: false,
  activeAt: 0, quietAt: 0, spell: 0, evidence: 0, counted: 0, told: false, latestAt: 0, silences: NO_SILENCES,
  lengths: NO_LENGTHS, country: '', arrival: { at: 0, silentFor: 0, dormancy: 0, rarity: 0, familiar: false, events: 0, told: false }, toldHours: [], holders: nobody(),
})

/** All days of somebody who is always there, once their weight has aged: 1 / ln 2 half-lives. */
const MOST_DAYS = 1.44
/** Most told hours that wait for a decision. */
const MOST_TOLD = 24

export const hasHistory = (week: Week, params: Params): boolean => week.events >= params.minEvents && week.days >= params.minDays

/** Learns the hour that is over and works out what holds for the one that begins. */
export function enterHour(week: Week, hour: number, zone: string | undefined, params: Params): void {
  if (week.hour >= 0) leaveHour(week, params)
  const seconds = hour * 3600
  week.hour = hour
  week.offset = zone === undefined ? 0 : offsetOf(zone, seconds)
  week.hourSlot = slotOf(seconds + week.offset)
  week.hourDay = dayOf(seconds + week.offset)
  week.hourTold = false
  age(week.profile, week.hourDay, params.halfLifeDays)
  const { quiet, rarity } = judgeSlot(week, week.hourSlot, params)
  week.quiet = quiet
  week.rarity = rarity
}

/** Whether an hour of the week is quiet: rarely active by count of days, and rarer than an average hour. */
export function judgeSlot(week: Week, slot: number, params: Params): { readonly quiet: boolean; readonly rarity: number } {
  const rarity = rarityOf(week.profile, slot)
  const seldom = daysAround(week.profile, slot) < Math.max(params.activeDays, params.activeShare * Math.min(week.days, MOST_DAYS * params.halfLifeDays))
  return { quiet: seldom && rarity > params.quietness, rarity }
}

function leaveHour(week: Week, params: Params): void {
  part(week.holders, week.hourDay, week.hourTold)
  if (week.hourTold) return dispute(week, params)
  addDay(week.profile, week.hourSlot)
  if (week.hourDay > week.lastDay) {
    week.days++
    week.lastDay = week.hourDay
  }
}

/** A told hour is learned, with those like it, once it has come back on enough days: then it is somebody's new habit. */
function dispute(week: Week, params: Params): void {
  week.toldHours.push(week.hourDay * SLOTS + week.hourSlot)
  if (week.toldHours.length > MOST_TOLD) week.toldHours.shift()
  const alike = week.toldHours.filter((told) => near(told % SLOTS, week.hourSlot))
  if (new Set(alike.map((told) => Math.floor(told / SLOTS))).size < params.acceptDays) return
  for (const told of alike) addDay(week.profile, told % SLOTS)
  week.toldHours = week.toldHours.filter((told) => !alike.includes(told))
}

/** At most an hour apart on the clock, in the same part of the week. */
function near(one: number, other: number): boolean {
  const apart = Math.abs((one % 24) - (other % 24))
  return Math.min(apart, 24 - apart) <= 1 && one >= 120 === other >= 120
}
