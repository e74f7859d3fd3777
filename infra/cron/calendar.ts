/** The times of a cron expression in a time zone, as node-cron understands them. */
import cron from 'node-cron'
import { Failure } from '../../schemas/failure.ts'

const refusal = (schedule: string, why: string): Failure => new Failure('misconfigured', 'cron.schedule', `${JSON.stringify(schedule)} ${why}`)

/** Of the shape that reports ask for. Throws Failure `misconfigured` for what is no expression of five fields, and for a zone that there is not. */
export function cronCalendar(schedule: string, timezone: string) {
  const fields = schedule.trim().split(/\s+/)
  if (fields.length !== 5 || !cron.validate(schedule)) throw refusal(schedule, 'is no cron expression of five fields, such as 0 6 1 * *')
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    throw refusal(timezone, 'is no time zone, such as Europe/Berlin')
  }
  const task = cron.createTask(schedule, () => undefined, { timezone })
  return { matches: (minute: number): boolean => task.match(new Date(minute)), quarters: new Set(cron.parse(schedule).minute.map((minute) => minute % 15)) }
}
