import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diceOf } from '../quiet-day.ts'
import { type Departure, follow, newCourse } from './course.ts'
import { rule } from './rule.ts'

const params = rule.params.parse({})
const WEEKS = 4 * 168

/** Four weeks of days with a hill in the middle and some noise, then what `at` says of the hour. */
function departures(seed: number, hours: number, at: (hour: number, usual: number) => number): readonly (Departure & { readonly hour: number })[] {
  const dice = diceOf(seed)
  const course = newCourse(1000)
  const told: (Departure & { readonly hour: number })[] = []
  for (let hour = 0; hour < hours; hour++) {
    const usual = 1000 + 800 * Math.sin(((hour % 24) / 24) * Math.PI) + dice() * 100
    const departure = follow(course, 1000 + hour, hour < WEEKS ? usual : at(hour, usual), params)
    if (departure !== undefined && hour >= WEEKS) told.push({ ...departure, hour })
  }
  return told
}

describe('course of a volume', () => {
  it.each([1, 2, 3])('finds a day that is as high at night as at noon, and a day without its hill (seed %i)', (seed) => {
    const [night] = departures(seed, WEEKS + 48, () => 1800)
    expect(night?.hour).toBeLessThan(WEEKS + 24)
    const [flat] = departures(seed, WEEKS + 48, () => 1050)
    expect(flat?.level).toBeLessThan(flat?.usual ?? 0)
  })

  it.each([1, 2, 3])('is silent where days go on as they were (seed %i)', (seed) => {
    expect(departures(seed, WEEKS + 72, (_, usual) => usual)).toEqual([])
  })

  it('finds a new course usual when it has come often enough', () => {
    const told = departures(1, WEEKS + 30 * 24, () => 1800)
    expect(told.some(({ hour }) => hour > WEEKS + 20 * 24)).toBe(false)
  })

  it('keeps its limit and stays finite, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.record({ skip: fc.integer({ min: 1, max: 5000 }), value: fc.double({ min: 0, max: 1e15, noNaN: true }) }), { maxLength: 200 }), (steps) => {
      const small = rule.params.parse({ maxCourse: 168 })
      const course = newCourse(0)
      let hour = 0
      for (const { skip, value } of steps) {
        hour += skip
        follow(course, hour, value, small)
        expect(course.values.length).toBeLessThanOrEqual(168)
        expect(Number.isFinite(course.mean) && Number.isFinite(course.square)).toBe(true)
      }
      expect(JSON.parse(JSON.stringify(course))).toEqual(course)
    }))
  })
})
