/** What runs at times of the day, and what tells the time. */

/** One thing to be done again and again. It may run in two schedulers at once: what it writes must be the same then. */
export interface Job {
  /** Lower-case words with dashes. */
  readonly name: string
  /** Five or six fields of cron (seconds first where there are six), in UTC. */
  readonly schedule: string
  /** Never two at a time. `signal` is aborted when the scheduler stops. What it throws is logged and counted; the next run comes as planned. */
  run(signal: AbortSignal): Promise<void>
}

/** Rings by a cron expression. */
export interface Timetable {
  /** Throws where the expression is none. The answer ends it. */
  every(schedule: string, ring: () => void): () => void
}
