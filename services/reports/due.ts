/** When a schedule is due: times of its timetable, found by looking at each minute that can be one. */
import { hash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'

/** Of one cron expression in one time zone. */
export interface Calendar {
  /** Whether the minute that begins then is one of its times; milliseconds since 1970, a whole minute. */
  matches(minute: number): boolean
  /** Minutes of the hour, modulo 15, at which it can match: clocks of all zones differ by quarters of an hour. */
  readonly quarters: ReadonlySet<number>
}

const MINUTE = 60_000
const LONGEST = 400 * 24 * 60
/** Other work goes on between so many looks. */
const LOOKS = 200

async function search(calendar: Calendar, from: number, step: 1 | -1, until: number): Promise<number | undefined> {
  let looks = 0
  for (let minute = from, left = LONGEST; left > 0 && (step > 0 ? minute <= until : minute >= until); minute += step * MINUTE, left--) {
    if (!calendar.quarters.has((minute / MINUTE) % 15)) continue
    if (calendar.matches(minute)) return minute
    if (++looks % LOOKS === 0) await breathe()
  }
  return undefined
}

/** First time behind `after` and not behind `until`, milliseconds; undefined where there is none in 400 days. */
export const nextDue = (calendar: Calendar, after: number, until: number): Promise<number | undefined> => search(calendar, (Math.floor(after / MINUTE) + 1) * MINUTE, 1, until)

/** Last time before `before`; undefined where there is none in 400 days. */
export const previousDue = (calendar: Calendar, before: number): Promise<number | undefined> => search(calendar, (Math.ceil(before / MINUTE) - 1) * MINUTE, -1, 0)

/** How long after its time a report is begun: the same for every process, other for every schedule and time. */
export const jitterMs = (key: string, due: number, seconds: number): number =>
  seconds <= 0 ? 0 : hash('sha256', `${key} ${due}`, 'buffer').readUInt32BE(0) % (seconds * 1_000)
