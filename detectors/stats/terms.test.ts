import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hear, isGrown, lessonOf, noCompany, useOf } from './company.ts'
import { noTerms, see, standingOf, termOf } from './terms.ts'

const LIMITS = { acceptDays: 3, keepDays: 90, most: 8 }
const DAY = 20_000

describe('terms', () => {
  it('know what was seen and not told at once, what was told after some days, and forget both', () => {
    const terms = noTerms()
    expect(see(terms, { id: 1, day: DAY, told: false }, LIMITS)).toBe('known')
    expect(see(terms, { id: 2, day: DAY, told: true }, LIMITS)).toBe('')
    expect(standingOf(terms, 2, { day: DAY, keepDays: 90 })).toBe('disputed')
    expect(see(terms, { id: 2, day: DAY, told: false }, LIMITS)).toBe('')
    expect(see(terms, { id: 2, day: DAY + 1, told: false }, LIMITS)).toBe('')
    expect(see(terms, { id: 2, day: DAY + 5, told: false }, LIMITS)).toBe('known')
    expect(see(terms, { id: 2, day: DAY + 45, told: false }, LIMITS)).toBe('again')
    expect(standingOf(terms, 2, { day: DAY + 135, keepDays: 90 })).toBe('known')
    expect(standingOf(terms, 2, { day: DAY + 136, keepDays: 90 })).toBe('new')
    expect(standingOf(terms, 1, { day: DAY + 91, keepDays: 90 })).toBe('new')
  })

  it('stay bounded, plain and small whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.record({ id: fc.string(), day: fc.integer({ min: 0, max: 40_000 }), told: fc.boolean() }), { maxLength: 100 }), (sightings) => {
      const terms = noTerms()
      for (const { id, day, told } of sightings) see(terms, { id: termOf(id), day, told }, LIMITS)
      expect(terms.ids.length).toBeLessThanOrEqual(8)
      expect(terms.marks.length).toBe(terms.ids.length)
      expect(JSON.parse(JSON.stringify(terms))).toEqual(terms)
    }))
  })
})

describe('company', () => {
  it('hears who knows what, through one number', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 30 - 1 }), fc.integer({ min: 0, max: 2 ** 30 - 1 }), fc.integer({ min: 0, max: 32_000 }), (id, group, day) => {
      const company = noCompany()
      const lesson = lessonOf({ id, group, day, again: false })
      expect(Number.isSafeInteger(lesson)).toBe(true)
      hear(company, lesson, 10)
      hear(company, lessonOf({ id, group, day, again: true }), 10)
      expect(useOf(company, { id, group, day, keepDays: 180 })).toEqual({ users: 1, byGroup: true })
      hear(company, lessonOf({ id, group: group + 1, day, again: false }), 10)
      expect(useOf(company, { id, group: group + 1, day, keepDays: 180 })).toEqual({ users: 2, byGroup: true })
      expect(useOf(company, { id, group: group + 2, day: day + 200, keepDays: 180 })).toEqual({ users: 0, byGroup: false })
    }))
  })

  it('is grown after enough tellings over enough days, and bounded', () => {
    const company = noCompany()
    for (let id = 1; id <= 30; id++) hear(company, lessonOf({ id, group: 1, day: DAY + id, again: false }), 10)
    expect(company.ids).toHaveLength(10)
    expect(isGrown(company, { day: DAY + 30, tellings: 30, days: 16 })).toBe(true)
    expect(isGrown(company, { day: DAY + 8, tellings: 30, days: 16 })).toBe(false)
    expect(isGrown(company, { day: DAY + 30, tellings: 31, days: 16 })).toBe(false)
    expect(isGrown(undefined, { day: DAY, tellings: 0, days: 0 })).toBe(false)
  })
})
