/** How many calls a minute, and how many agents: what goes on now beside the own peak. Plain JSON, bounded. */
import type { Params } from './rule.ts'

export interface Pace {
  minute: number
  calls: number
  /** Most calls a minute on days before, and today. */
  peak: number
  today: number
  day: number
  days: number
  told: number
  /** Agents started: a bucket that leaks, when it was filled, and its peak on days before and today. */
  spawned: number
  spawnedAt: number
  spawnPeak: number
  spawnToday: number
  spawnTold: number
  /** Hashes of sub-agents seen since. */
  agents: number[]
  agentsSince: number
  agentsPeak: number
}

export const newPace = (): Pace => ({ minute: 0, calls: 0, peak: 0, today: 0, day: 0, days: 0, told: 0, spawned: 0, spawnedAt: 0, spawnPeak: 0, spawnToday: 0, spawnTold: 0, agents: [], agentsSince: 0,
  agentsPeak: 0 })

const AGENTS_WITHIN = 600
const MOST_AGENTS = 32
const DAY_MINUTES = 1440

function turnDay(pace: Pace, day: number): void {
  // What was told is not learned: nobody gets used to it within a day.
  if (pace.told !== pace.day) pace.peak = Math.max(pace.peak * 0.98, pace.today)
  if (pace.spawnTold !== pace.day) pace.spawnPeak = Math.max(pace.spawnPeak * 0.98, pace.spawnToday)
  pace.today = 0
  pace.spawnToday = 0
  pace.day = day
  pace.days++
}

/** Counts a call; true where this minute is far above every one before and that was not told today. */
export function keepPace(pace: Pace, seconds: number, { paceFactor, paceFloor, paceCold, minDays }: Params): boolean {
  const minute = Math.floor(seconds / 60)
  if (minute > pace.minute) {
    const day = Math.floor(minute / DAY_MINUTES)
    if (day > pace.day) turnDay(pace, day)
    pace.minute = minute
    pace.calls = 0
  }
  if (++pace.calls > pace.today) pace.today = pace.calls
  const most = pace.days > minDays ? Math.max(paceFloor, pace.peak * paceFactor) : paceCold
  if (pace.calls < most || pace.told === pace.day) return false
  pace.told = pace.day
  return true
}

/** Counts an agent that is started; true where there are far more of them than ever and that was not told today. */
export function spawn(pace: Pace, seconds: number, { leakSeconds, spawns, minDays, habitFactor }: Params): boolean {
  pace.spawned = Math.max(0, pace.spawned - Math.max(0, seconds - pace.spawnedAt) / leakSeconds) + 1
  pace.spawnedAt = Math.max(pace.spawnedAt, seconds)
  pace.spawnToday = Math.max(pace.spawnToday, pace.spawned)
  const most = pace.days > minDays ? Math.max(spawns, pace.spawnPeak * habitFactor) : spawns
  if (pace.spawned < most || pace.spawnTold === pace.day) return false
  pace.spawnTold = pace.day
  return true
}

/** Sees a sub-agent at work; true where so many different ones within ten minutes are new and that was not told today. */
export function meet(pace: Pace, agent: number, seconds: number, { agents, habitFactor }: Params): boolean {
  if (seconds - pace.agentsSince > AGENTS_WITHIN) {
    if (pace.spawnTold !== pace.day) pace.agentsPeak = Math.max(pace.agentsPeak, pace.agents.length)
    pace.agents = []
    pace.agentsSince = seconds
  }
  if (pace.agents.length >= MOST_AGENTS || pace.agents.includes(agent)) return false
  pace.agents.push(agent)
  if (pace.agents.length < Math.min(MOST_AGENTS, Math.max(agents, pace.agentsPeak * habitFactor)) || pace.spawnTold === pace.day) return false
  pace.spawnTold = pace.day
  return true
}
