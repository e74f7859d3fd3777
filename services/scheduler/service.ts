/** Scheduler: runs jobs at their times, each at most once at a time, and says when one fails. */
import { metrics } from '@opentelemetry/api'
import type { Log, Service } from '../../schemas/ports.ts'
import type { Job, Timetable } from './contracts.ts'

export interface SchedulerPorts {
  readonly timetable: Timetable
  readonly log: Log
}

const STOP_WAIT_MS = 5_000

export function createScheduler(jobs: readonly Job[], { timetable, log }: SchedulerPorts): Service {
  const meter = metrics.getMeter('watchkeeper.scheduler')
  const runs = meter.createCounter('watchkeeper.scheduler.runs', { description: 'Runs of jobs by what came of them: done, failed, or skipped because the last one still ran' })
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  let ends: (() => void)[] | undefined

  function ring(job: Job): void {
    if (running.has(job.name)) {
      runs.add(1, { job: job.name, outcome: 'skipped' })
      log.warn({ job: job.name }, 'a job is skipped: its last run is not over')
      return
    }
    running.set(job.name, attempt(job).finally(() => running.delete(job.name)))
  }

  async function attempt(job: Job): Promise<void> {
    try {
      await job.run(stopping.signal)
      runs.add(1, { job: job.name, outcome: 'done' })
    } catch (error) {
      if (stopping.signal.aborted) return
      runs.add(1, { job: job.name, outcome: 'failed' })
      log.error({ job: job.name, err: error }, 'a job failed; it runs again at its next time')
    }
  }

  return {
    name: 'scheduler',
    async start() {
      ends = jobs.map((job) => timetable.every(job.schedule, () => ring(job)))
    },
    async stop() {
      for (const end of ends ?? []) end()
      ends = undefined
      stopping.abort()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_WAIT_MS)
      })
      await Promise.race([Promise.all(running.values()), late])
      clearTimeout(timer)
    },
    notReady: () => (ends === undefined ? 'not started' : ''),
  }
}
