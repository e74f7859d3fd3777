/** What is repeated just now, and what is repeated by habit. Plain JSON, bounded. */

import { inserted } from '../stats/short-list.ts'

/** One call that comes again and again. */
export interface Run {
  /** Hash of the call, where many share the actor together with its lineage; and of the call alone. */
  readonly id: number
  readonly call: number
  /** Bucket that leaks: how full, and when it was last filled, seconds since 1970. */
  level: number
  at: number
  readonly since: number
  times: number
  failed: number
  /** Times that the result was known to be the same as before; its hash. */
  same: number
  result: number
  /** 0: not told, 1: told low, 2: told to people. */
  told: number
}

export interface Habit {
  readonly call: number
  days: number
  lastDay: number
  /** Level on days before, and today. */
  peak: number
  today: number
}

/** Different calls remembered in order to see that one comes again. */
const RECENT = 8
const MOST_RUNS = 6
const MOST_HABITS = 6
/** A run is over after so many seconds. */
const PAUSE = 900

export interface Loops {
  /** Hashes of the latest different calls; `next` is overwritten next. */
  recent: number[]
  next: number
  runs: Run[]
  habits: Habit[]
}

export const noLoops = (): Loops => ({ recent: [], next: 0, runs: [], habits: [] })

export interface Happened {
  readonly id: number
  readonly call: number
  readonly seconds: number
}

const newRun = ({ id, call, seconds }: Happened): Run => ({ id, call, level: 1, at: seconds, since: seconds, times: 1, failed: 0, same: 0, result: 0, told: 0 })

/** Counts a call; gives its run where it came before. */
export function count(loops: Loops, happened: Happened, leakSeconds: number): Run | undefined {
  for (const run of loops.runs) {
    if (run.id !== happened.id) continue
    if (happened.seconds - run.at > PAUSE) break
    fill(run, happened.seconds, leakSeconds)
    return run
  }
  if (loops.recent.includes(happened.id)) return begin(loops, happened)
  if (loops.recent.length < RECENT) loops.recent = inserted(loops.recent, loops.recent.length, happened.id)
  else loops.recent[loops.next] = happened.id
  loops.next = (loops.next + 1) % RECENT
  return undefined
}

/** The second time: it came once before. */
function begin(loops: Loops, happened: Happened): Run {
  const run = { ...newRun(happened), times: 2 }
  loops.runs = [...loops.runs.filter(({ id, at }) => id !== happened.id && happened.seconds - at <= PAUSE), run].slice(-MOST_RUNS)
  return run
}

function fill(run: Run, seconds: number, leakSeconds: number): void {
  run.level = Math.max(0, run.level - Math.max(0, seconds - run.at) / leakSeconds) + 1
  run.at = Math.max(run.at, seconds)
  run.times++
}

/** How the repetition ended; `result` is its hash, 0 where it is not known. Another result of reading is progress; each payment has a number of its own. */
export function end(run: Run, { failed, result, reads }: { readonly failed: boolean; readonly result: number; readonly reads: boolean }): void {
  if (failed) run.failed++
  if (result !== 0 && result === run.result) run.same++
  else if (reads && result !== 0 && run.result !== 0) run.level /= 2
  run.result = result
}

/** Whether each repetition failed, or as good as each. */
export const fails = ({ failed, times }: Run): boolean => failed * 10 >= times * 9

/** Seconds within which calls that take turns come round. */
const ROUND = 120

/** Whether each repetition, or as good as each, is known to have got the same result. */
export const stands = ({ same, times }: Run): boolean => (same + 1) * 10 >= times * 9

/** Calls that take turns with this one, as often as it, and fail or stand still as it does, itself among them: one loop through several things. */
export function roundOf({ runs }: Loops, run: Run): readonly Run[] {
  const isAlike = fails(run) ? fails : stands(run) ? stands : undefined
  if (isAlike === undefined) return [run]
  return runs.filter((one) => one === run || (isAlike(one) && Math.abs(one.times - run.times) <= 1 && run.at - one.at <= ROUND))
}

/** The habit that the run is, noted on each day that it came so far. */
export function noteHabit(loops: Loops, { call, level }: Run, day: number): Habit {
  const habit = loops.habits.find((one) => one.call === call) ?? { call, days: 0, lastDay: -1, peak: 0, today: 0 }
  if (day > habit.lastDay) {
    habit.days++
    habit.lastDay = day
    habit.peak = Math.max(habit.peak, habit.today)
    habit.today = 0
    loops.habits = [...loops.habits.filter((one) => one !== habit), habit].slice(-MOST_HABITS)
  }
  habit.today = Math.max(habit.today, Math.round(level))
  return habit
}
