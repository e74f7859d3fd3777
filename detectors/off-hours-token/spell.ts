/** Quiet spells: evidence adds up over the first events of one, and it is told once. */
import type { Params } from './rule.ts'
import type { Week } from './week.ts'

/** Most events of a spell that count: a fast agent proves no more than a person. */
const MOST_EVENTS = 5

/** Overtime: work that runs on from active hours. */
export const isOvertime = (week: Week, seconds: number, params: Params): boolean =>
  week.activeAt > 0 && Math.abs(seconds - week.activeAt) <= params.overtimeHours * 3600

/** Takes one quiet event into the running spell, or begins one; true where the spell is to be told now. */
export function addQuiet(week: Week, seconds: number, rarity: number, params: Params): boolean {
  if (Math.abs(seconds - week.quietAt) > params.spellGapHours * 3600) Object.assign(week, { spell: Math.floor(seconds / 3600), evidence: 0,
    counted: 0, told: false })
  week.quietAt = seconds
  if (week.counted < MOST_EVENTS) {
    week.counted++
    week.evidence += rarity - params.quietness
  }
  if (week.told || week.evidence <= params.evidence) return false
  week.told = true
  return true
}
