/** Cron expressions on node-cron, in UTC. */
import cron from 'node-cron'
import { Failure } from '../../schemas/failure.ts'

const quiet = (): void => undefined
const LOGGER = { info: quiet, warn: quiet, error: quiet, debug: quiet }

/** Of the shape that the scheduler asks for. A time that was missed while the process was busy is not made up for. */
export const cronTimetable = {
  every(schedule: string, ring: () => void): () => void {
    if (!cron.validate(schedule)) throw new Failure('misconfigured', 'cron.schedule', `${JSON.stringify(schedule)} is no cron expression: five or six fields`)
    const task = cron.schedule(schedule, ring, { timezone: 'UTC', logger: LOGGER })
    return () => void task.destroy()
  },
}
