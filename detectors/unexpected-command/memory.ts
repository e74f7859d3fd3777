/** Which command shapes one actor has used on one server. Plain JSON, bounded, ageing by the time of the records. */

export interface Memory {
  /** Commands seen. */
  seen: number
  /** Days since 1970 UTC on which commands were seen; the first `days` that are needed, then no more. */
  days: number[]
  /** Shape and the day it was last seen, oldest first. */
  shapes: [string, number][]
  lastDay: number
}

export interface MemoryLimits {
  readonly minCommands: number
  readonly minDays: number
  readonly maxShapes: number
  readonly keepDays: number
}

const DAY = 86_400_000_000_000n

export const dayOf = (at: bigint): number => Number(at / DAY)

export const blankMemory = (): Memory => ({ seen: 0, days: [], shapes: [], lastDay: 0 })

const isReady = (memory: Memory, limits: MemoryLimits): boolean => memory.seen >= limits.minCommands && memory.days.length >= limits.minDays

/** Those of a script that were never seen before, and are not learned now; none while there is too little history. */
export function unknownTo(memory: Memory, shapes: readonly string[], limits: MemoryLimits): readonly string[] {
  return isReady(memory, limits) ? shapes.filter((shape) => memory.shapes.every(([known]) => known !== shape)) : []
}

/** Learns the shapes of one script and returns those never seen before; none while there is too little history. */
export function learn(memory: Memory, shapes: readonly string[], day: number, limits: MemoryLimits): readonly string[] {
  const ready = isReady(memory, limits)
  const fresh: string[] = []
  for (const shape of shapes) {
    const at = memory.shapes.findIndex(([known]) => known === shape)
    if (at >= 0) memory.shapes.splice(at, 1)
    else if (ready) fresh.push(shape)
    memory.shapes.push([shape, day])
  }
  memory.seen++
  memory.lastDay = Math.max(memory.lastDay, day)
  if (memory.days.length < limits.minDays && !memory.days.includes(day)) memory.days.push(day)
  age(memory, limits)
  return fresh
}

function age(memory: Memory, limits: MemoryLimits): void {
  const oldest = memory.lastDay - limits.keepDays
  if (memory.shapes.length > limits.maxShapes || (memory.shapes[0]?.[1] ?? oldest) < oldest) {
    memory.shapes = memory.shapes.filter(([, day]) => day >= oldest).slice(-limits.maxShapes)
  }
}
