/** How many calls a minute now, beside the own peak. Plain JSON. */
import type { Params } from './rule.ts'

export interface Pace {
  minute: number
  calls: number
  /** Most calls a minute on days before, and today. */
  peak: number
  today: number
  day: number
  days: number
  /** Day on which it was told last, and how many there were. */
  told: number
  toldDays: number
}

export const newPace = (): Pace => ({ minute: 0, calls: 0, peak: 0, today: 0, day: 0, days: 0, told: 0, toldDays: 0 })

const DAY_MINUTES = 1440
const FADES = 0.98

function turnDay(pace: Pace, day: number, { habitDays }: Params): void {
  // What was told is not learned before it came on several days.
  if (pace.told === pace.day && pace.day > 0) pace.toldDays++
  if (pace.told !== pace.day || pace.toldDays >= habitDays) pace.peak = Math.max(pace.peak * FADES, pace.today)
  pace.today = 0
  pace.day = day
  pace.days++
}

/** Counts a call; true where this minute is far above every one before and that was not told today. */
export function keepPace(pace: Pace, seconds: number, params: Params): boolean {
  const minute = Math.floor(seconds / 60)
  if (minute > pace.minute) {
    const day = Math.floor(minute / DAY_MINUTES)
    if (day > pace.day) turnDay(pace, day, params)
    pace.minute = minute
    pace.calls = 0
  }
  if (++pace.calls > pace.today) pace.today = pace.calls
  const most = pace.days > params.minDays ? Math.max(params.paceFloor, pace.peak * params.paceFactor) : params.paceCold
  if (pace.calls < most || pace.told === pace.day) return false
  pace.told = pace.day
  return true
}

