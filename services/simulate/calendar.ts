/** Days as people live them: time zones with summer time, weekends, public holidays, ends of months. Times are milliseconds since 1970 UTC. */

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export interface Office {
  readonly name: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** IANA. */
  readonly zone: string
}

export const OFFICES: readonly Office[] = [
  { name: 'berlin', country: 'DE', zone: 'Europe/Berlin' }, { name: 'new-york', country: 'US', zone: 'America/New_York' },
  { name: 'bangalore', country: 'IN', zone: 'Asia/Kolkata' }, { name: 'london', country: 'GB', zone: 'Europe/London' },
  { name: 'singapore', country: 'SG', zone: 'Asia/Singapore' }, { name: 'sao-paulo', country: 'BR', zone: 'America/Sao_Paulo' },
]

/** Month and day, of 2026 where they move. */
const HOLIDAYS: Readonly<Record<string, string>> = {
  DE: '01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-24 12-25 12-26 12-31', US: '01-01 01-19 02-16 05-25 06-19 07-03 09-07 11-26 11-27 12-25',
  IN: '01-01 01-26 03-04 04-03 08-15 10-02 10-20 11-09 12-25', GB: '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28',
  SG: '01-01 02-17 02-18 03-21 04-03 05-01 05-27 08-10 11-09 12-25', BR: '01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-20 12-25',
}

const zones = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

/** Milliseconds that local time is ahead of UTC at noon UTC of the day that `at` is in. */
export function offsetOf(zone: string, at: number): number {
  const noon = Math.floor(at / DAY) * DAY + 12 * HOUR
  const key = `${zone} ${noon}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const format = zones.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  zones.set(zone, format)
  const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(noon)) ?? []
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE)
  offsets.set(key, offset)
  return offset
}

const dateOf = (day: number): Date => new Date(day * DAY)
/** `day`: days since 1970. */
export const isWeekend = (day: number): boolean => [0, 6].includes(dateOf(day).getUTCDay())
export const weekday = (day: number): number => dateOf(day).getUTCDay()
const isHoliday = (country: string, day: number): boolean => HOLIDAYS[country]?.includes(dateOf(day).toISOString().slice(5, 10)) === true
export const isWorkday = (country: string, day: number): boolean => !isWeekend(day) && !isHoliday(country, day)
export const isoDay = (day: number): string => dateOf(day).toISOString().slice(0, 10)
/** Working days left in the month, this one included; 1 = the last one. */
export function workdaysLeft(day: number): number {
  const month = dateOf(day).getUTCMonth()
  let left = 0
  for (let at = day; dateOf(at).getUTCMonth() === month; at++) if (!isWeekend(at)) left++
  return left
}
