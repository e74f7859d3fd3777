/** How many agents an actor starts, and how many work for it: now beside the own peak. Kept only of actors that have any. Plain JSON, bounded. */
import type { Params } from './rule.ts'

export interface Fan {
  /** Agents started: a bucket that leaks, when it was filled, and how full it was on days before and today. */
  spawned: number
  at: number
  peak: number
  today: number
  day: number
  days: number
  /** Day on which it was told last, and how many there were. */
  told: number
  toldDays: number
  /** Hashes of sub-agents seen since; most on days before. */
  agents: number[]
  since: number
  most: number
}

export const newFan = (): Fan => ({ spawned: 0, at: 0, peak: 0, today: 0, day: 0, days: 0, told: 0, toldDays: 0, agents: [], since: 0, most: 0 })

const WITHIN = 600
const MOST_AGENTS = 32
const DAY = 86_400

function turnDay(fan: Fan, seconds: number, { habitDays }: Params): void {
  const day = Math.floor(seconds / DAY)
  if (day <= fan.day) return
  // What was told is not learned before it came on several days.
  if (fan.told === fan.day && fan.day > 0) fan.toldDays++
  if (fan.told !== fan.day || fan.toldDays >= habitDays) {
    fan.peak = Math.max(fan.peak, fan.today)
    fan.most = Math.max(fan.most, fan.agents.length)
  }
  fan.today = 0
  fan.day = day
  fan.days++
}

/** Counts an agent that is started; true where there are far more of them than ever and that was not told today. */
export function spawn(fan: Fan, seconds: number, params: Params): boolean {
  const { leakSeconds, spawns, minDays, habitFactor } = params
  turnDay(fan, seconds, params)
  fan.spawned = Math.max(0, fan.spawned - Math.max(0, seconds - fan.at) / leakSeconds) + 1
  fan.at = Math.max(fan.at, seconds)
  fan.today = Math.max(fan.today, fan.spawned)
  if (fan.spawned < (fan.days > minDays ? Math.max(spawns, fan.peak * habitFactor) : spawns) || fan.told === fan.day) return false
  fan.told = fan.day
  return true
}

/** Sees a sub-agent at work; true where so many different ones within ten minutes are new and that was not told today. */
export function meet(fan: Fan, agent: number, seconds: number, params: Params): boolean {
  const { agents, habitFactor } = params
  turnDay(fan, seconds, params)
  if (seconds - fan.since > WITHIN) {
    if (fan.told !== fan.day) fan.most = Math.max(fan.most, fan.agents.length)
    fan.agents = []
    fan.since = seconds
  }
  if (fan.agents.length >= MOST_AGENTS || fan.agents.includes(agent)) return false
  fan.agents.push(agent)
  if (fan.agents.length < Math.min(MOST_AGENTS, Math.max(agents, fan.most * habitFactor)) || fan.told === fan.day) return false
  fan.told = fan.day
  return true
}
