import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cronTimes } from './cron-times.ts'

const minuteOf = (iso: string): number => Date.parse(iso) / 60_000

it.each([
  ['30 2 * * *', 'UTC', '2026-11-21T02:30:00Z', true], ['30 2 * * *', 'UTC', '2026-11-21T02:31:00Z', false],
  ['0 22 * * sat', 'Europe/Berlin', '2026-11-21T21:00:00Z', true], ['0 22 * * 6', 'Europe/Berlin', '2026-07-18T20:00:00Z', true],
  ['0 22 * * 6', 'Europe/Berlin', '2026-07-18T21:00:00Z', false], ['0 0 * * 7', 'UTC', '2026-11-22T00:00:00Z', true], ['0 0 * * sun', 'UTC', '2026-11-22T00:00:00Z', true],
  ['*/20 8-10 1,15 * *', 'UTC', '2026-11-15T09:40:00Z', true], ['*/20 8-10 1,15 * *', 'UTC', '2026-11-16T09:40:00Z', false],
  ['0 0 13 * fri', 'UTC', '2026-11-20T00:00:00Z', true], ['0 0 13 * fri', 'UTC', '2026-10-13T00:00:00Z', true], ['0 0 13 * fri', 'UTC', '2026-10-14T00:00:00Z', false],
  ['5/10 * * nov *', 'Asia/Kolkata', '2026-11-21T00:05:00Z', true], ['5/10 * * dec *', 'Asia/Kolkata', '2026-11-21T00:05:00Z', false],
])('%s in %s names %s: %s', (expression, zone, at, named) => {
  expect(cronTimes(expression, zone)(minuteOf(at))).toBe(named)
})

it.each([['* * * *', /4 fields/], ['60 * * * *', /minute goes from 0 to 59/], ['* * * * funday', /day of week/], ['5-1 * * * *', /holds nothing/], ['*/0 * * * *', /holds nothing/],
  ['* * 0 * *', /day of month goes from 1/], ['1,,2 * * * *', /minute is written/]])('says what is wrong with %s', (expression, problem) => {
  expect(() => cronTimes(expression, 'UTC')).toThrow(problem)
})

it('names as many minutes of a day as minutes and hours that are listed, in any zone without a change of clocks', () => {
  const some = (most: number) => fc.uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: 5 })
  fc.assert(fc.property(some(59), some(23), fc.constantFrom('UTC', 'Asia/Kolkata', 'America/Sao_Paulo', 'Asia/Singapore'), (minutes, hours, zone) => {
    const named = cronTimes(`${minutes.join()} ${hours.join()} * * *`, zone)
    const start = minuteOf('2026-11-21T00:00:00Z')
    expect(Array.from({ length: 1_440 }, (_, i) => named(start + i)).filter(Boolean)).toHaveLength(minutes.length * hours.length)
  }), { numRuns: 10 })
})
