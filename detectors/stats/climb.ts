/**
 * Slow climbs: a one-sided cumulative sum (Page 1954) over the latest days of a series on the log scale, against the days before them, so that a rise of a
 * little each day is not learned while it goes on. One wild day alone never makes it.
 */
import { spreadOf } from './robust.ts'

export interface DayValue {
  /** Since 1970, ascending. */
  readonly day: number
  /** Natural logarithm of 1 + value. */
  readonly log: number
}

export interface ClimbLimits {
  /** Days that are judged; those before them are what is usual. */
  readonly window: number
  /** Days needed before the window. */
  readonly least: number
  readonly minScale: number
  /** Deviations a day that are let pass, beside what the usual may be wrong by. */
  readonly slack: number
}

export interface Climb {
  /** In standard deviations; a day adds at most `TOP` less the slack. */
  readonly sum: number
  readonly usual: number
  /** Typical value since it began. */
  readonly lately: number
  /** Day on which it began, days of it, and days that say what is usual. */
  readonly since: number
  readonly days: number
  readonly before: number
}

const TOP = 3
/** Of few days the spread is known badly; and the middle, whose standard error is that many deviations divided by the root of their number. */
const FEW = 20
const WIDER = 1.25
const ERROR_OF_MEDIAN = 1.2533

/** Of an evaluated series: undefined where there is too little to tell. */
export function climbOf(values: readonly DayValue[], { window, least, minScale, slack }: ClimbLimits): Climb | undefined {
  const last = values.at(-1)
  if (last === undefined) return undefined
  const split = values.findIndex(({ day }) => day > last.day - window)
  if (split < least) return undefined
  const { median, scale } = spreadOf(values.slice(0, split).map(({ log }) => log), minScale)
  const spread = split < FEW ? scale * WIDER : scale
  const pass = slack + ERROR_OF_MEDIAN / Math.sqrt(split)
  let sum = 0
  let from = split
  for (let at = split; at < values.length; at++) {
    sum = Math.max(0, sum + Math.min(TOP, ((values[at] as DayValue).log - median) / spread) - pass)
    if (sum === 0) from = at + 1
  }
  const climbing = values.slice(from)
  if (climbing.length === 0) return undefined
  const lately = Math.expm1(climbing.reduce((all, { log }) => all + log, 0) / climbing.length)
  return { sum, usual: Math.expm1(median), lately, since: (climbing[0] as DayValue).day, days: climbing.length, before: split }
}
