import { describe, expect, it } from 'vitest'
import { diceOf } from '../quiet-day.ts'
import { climbOf, type DayValue } from './climb.ts'

const LIMITS = { window: 7, least: 10, minScale: 0.3, slack: 0.5 }
const series = (values: readonly number[]): readonly DayValue[] => values.map((value, day) => ({ day, log: Math.log1p(value) }))

describe('climbOf', () => {
  it('needs days before the window', () => {
    expect(climbOf([], LIMITS)).toBeUndefined()
    expect(climbOf(series(Array.from({ length: 16 }, () => 100)), LIMITS)).toBeUndefined()
  })

  it('adds up a lasting rise, says from when and how far, and not one wild day', () => {
    const steady = Array.from({ length: 20 }, () => 1_000)
    const climb = climbOf(series([...steady, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000]), LIMITS)
    expect(climb?.sum).toBeGreaterThan(8)
    expect(climb).toMatchObject({ since: 20, days: 6 })
    expect(climb?.lately).toBeCloseTo(3_000, 0)
    expect(climb?.usual).toBeCloseTo(1_000, 0)
    expect(climbOf(series([...steady, 1e9]), LIMITS)?.sum).toBeLessThanOrEqual(2.5)
    expect(climbOf(series([...steady, 1_000, 1_000]), LIMITS)).toBeUndefined()
  })

  it('hardly ever passes 8 on days that only vary', () => {
    const dice = diceOf(5)
    let passed = 0
    for (let one = 0; one < 500; one++) {
      const values = Array.from({ length: 40 }, () => Math.exp(8 + (dice() + dice() + dice() - 1.5) * 1.2))
      if ((climbOf(series(values), { ...LIMITS, window: 14 })?.sum ?? 0) > 8) passed++
    }
    expect(passed).toBeLessThan(5)
  })
})
