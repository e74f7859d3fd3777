/** Hours of a week on the clock of a place, its summer time included. */
import type { RouteHours } from './contracts.ts'

interface WallTime {
  /** 0 = Monday. */
  readonly day: number
  /** Minutes since midnight. */
  readonly minute: number
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const NS_PER_MS = 1_000_000n
const MINUTES_A_DAY = 1_440

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a format costs a hundred times what using it does; there are as many as zones in the configuration. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    formats.set(zone, format)
  }
  return format
}

function wallTime(now: bigint, zone: string): WallTime {
  const parts = new Map(formatOf(zone).formatToParts(Number(now / NS_PER_MS)).map(({ type, value }) => [type, value]))
  return { day: DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase()), minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** Whether a time falls into these hours. `to` is out; where it is not behind `from` they go over midnight, and belong to the day on which they began. */
export function isWithin({ zone, days, from, to }: RouteHours, now: bigint): boolean {
  const { day, minute } = wallTime(now, zone)
  const [begin, end] = [minuteOf(from), minuteOf(to)]
  const isDay = (index: number): boolean => days.includes(DAYS[(index + 7) % 7] ?? '')
  if (begin < end) return isDay(day) && minute >= begin && minute < end
  const overnight = end === 0 ? MINUTES_A_DAY : end
  return (isDay(day) && minute >= begin) || (isDay(day - 1) && minute < overnight && end !== 0)
}
