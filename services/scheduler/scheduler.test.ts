import { describe, expect, it } from 'vitest'
import { cronTimetable } from '../../infra/cron/timetable.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Job, Timetable } from './contracts.ts'
import { createScheduler } from './service.ts'

/** Rings when the test says so. */
function byHand(): Timetable & { ring(): void; readonly schedules: string[] } {
  const rings = new Map<string, () => void>()
  const schedules: string[] = []
  return {
    schedules,
    every(schedule, ring) {
      schedules.push(schedule)
      rings.set(schedule, ring)
      return () => void rings.delete(schedule)
    },
    ring: () => rings.forEach((ring) => ring()),
  }
}

function heard(): Log & { readonly said: string[] } {
  const said: string[] = []
  const say = (_: object, message: string) => void said.push(message)
  return { said, debug: say, info: say, warn: say, error: say }
}

function jobOf(run: Job['run']): Job {
  return { name: 'test', schedule: '* * * * *', run }
}

describe('scheduler', () => {
  it('runs a job at its times, never twice at once', async () => {
    const [timetable, log] = [byHand(), heard()]
    const ends: (() => void)[] = []
    const scheduler = createScheduler([jobOf(() => new Promise((resolve) => ends.push(resolve)))], { timetable, log })
    expect(scheduler.notReady()).toBe('not started')
    await scheduler.start()
    expect([scheduler.notReady(), timetable.schedules]).toEqual(['', ['* * * * *']])
    timetable.ring()
    timetable.ring()
    expect([ends.length, log.said]).toEqual([1, ['a job is skipped: its last run is not over']])
    ends[0]?.()
    await new Promise(setImmediate)
    timetable.ring()
    expect(ends.length).toBe(2)
    ends[1]?.()
    await scheduler.stop()
  })

  it('says that a job failed, and goes on', async () => {
    const [timetable, log] = [byHand(), heard()]
    let runs = 0
    const scheduler = createScheduler([jobOf(() => Promise.reject(new Error(`run ${++runs}`)))], { timetable, log })
    await scheduler.start()
    for (let i = 0; i < 2; i++) {
      timetable.ring()
      await new Promise(setImmediate)
    }
    expect([runs, log.said]).toEqual([2, Array(2).fill('a job failed; it runs again at its next time')])
    await scheduler.stop()
  })

  it('asks a running job to end when it stops, waits for it, and rings no more', async () => {
    const timetable = byHand()
    let [ended, runs] = [false, 0]
    const scheduler = createScheduler([jobOf(async (signal) => {
      runs++
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended = true
    })], { timetable, log: heard() })
    await scheduler.start()
    timetable.ring()
    await scheduler.stop()
    timetable.ring()
    expect([ended, runs]).toEqual([true, 1])
    await scheduler.stop()
  })
})

describe('timetable', () => {
  it('rings by a cron expression, until it is ended', async () => {
    let end = (): void => undefined
    await new Promise<void>((resolve) => {
      end = cronTimetable.every('* * * * * *', resolve)
    })
    end()
  })

  it('refuses what is no expression', () => {
    expect(() => cronTimetable.every('every now and then', () => undefined)).toThrow(/no cron expression/)
  })
})
