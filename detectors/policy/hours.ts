/** Windows of the week on the clock of a zone. */
import type { Hours } from '../../schemas/policy.ts'
import { WEEKDAYS } from '../../schemas/policy.ts'
import { offsetOf } from '../off-hours-token/local-time.ts'

const DAY = 86_400
/** Zones change their offset at quarters of an hour at the most. */
const QUARTER = 900

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
const numberOf = (day: string): number => WEEKDAYS.findIndex((one) => one === day)

function daysOf(words: readonly string[] | undefined): ReadonlySet<number> {
  const days = new Set<number>()
  for (const word of words ?? ['mon-sun']) {
    const [first = '', last = first] = word.split('-')
    for (let day = numberOf(first); ; day = (day + 1) % 7) {
      days.add(day)
      if (day === numberOf(last)) break
    }
  }
  return days
}

/** Seconds since 1970 on the clock of a zone; the offset is looked up once a quarter of an hour. */
function localClock(zone: string): (seconds: number) => number {
  let quarter = -1
  let offset = 0
  return (seconds) => {
    const now = Math.floor(seconds / QUARTER)
    if (now !== quarter) {
      offset = offsetOf(zone, seconds)
      quarter = now
    }
    return seconds + offset
  }
}

function windowOf({ zone, days: words, from, to }: Hours): (seconds: number) => boolean {
  const days = daysOf(words)
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  const clock = localClock(zone)
  return (seconds) => {
    const local = clock(seconds)
    // 1970-01-01 was a Thursday.
    const day = (Math.floor(local / DAY) + 3) % 7
    const minute = Math.floor((local % DAY) / 60)
    if (begin < end) return days.has(day) && minute >= begin && minute < end
    return (days.has(day) && minute >= begin) || (days.has((day + 6) % 7) && minute < end)
  }
}

/** Whether a moment (seconds since 1970 UTC) lies in one of the windows; what begins before midnight belongs to the day on which it begins. */
export function insideOf(hours: readonly Hours[]): (seconds: number) => boolean {
  const windows = hours.map(windowOf)
  return (seconds) => windows.some((inside) => inside(seconds))
}

export const hoursText = (hours: readonly Hours[]): string => hours.map(({ zone, days, from, to }) => `${days === undefined ? '' : `${days.join(' ')} `}${from} to ${to} ${zone}`).join(', ')
