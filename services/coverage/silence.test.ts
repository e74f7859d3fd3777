import { expect, it } from 'vitest'
import { type ActiveHour, silenceOf } from './silence.ts'

const MINUTE = 60_000_000_000n
const HOUR = 60n * MINUTE
const START = 497_500n * HOUR
const ALL = (1n << 60n) - 1n
/** Active in every minute of these hours. */
const busy = (...hours: readonly number[]): ActiveHour[] => hours.map((hour) => ({ start: START + BigInt(hour) * HOUR, minutes: ALL }))
const quietFor = (hours: readonly ActiveHour[], lastHour: number, minutes: number): unknown => {
  const lastAt = START + BigInt(lastHour + 1) * HOUR - MINUTE
  return silenceOf(hours, { lastAt, now: lastAt + BigInt(minutes) * MINUTE })
}

it('is a pause of ten minutes at least, and longer than any before', () => {
  expect(quietFor(busy(0, 1), 1, 9)).toEqual({ usualSeconds: 60, silent: false })
  expect(quietFor(busy(0, 1), 1, 10)).toEqual({ usualSeconds: 60, silent: true })
  const nights = busy(8, 9, 10, 32, 33, 34)
  expect(quietFor(nights, 34, 60 * 21)).toEqual({ usualSeconds: 60, silent: false })
  expect(quietFor(nights, 34, 60 * 27)).toEqual({ usualSeconds: 60, silent: true })
})

it('is three usual pauses of one that sends seldom', () => {
  const everyTenth: ActiveHour[] = [0, 1, 2, 3].map((hour) => ({ start: START + BigInt(hour) * HOUR, minutes: 0b1n | (1n << 10n) | (1n << 20n) | (1n << 30n) | (1n << 40n) | (1n << 50n) }))
  const lastAt = START + 3n * HOUR + 50n * MINUTE
  expect(silenceOf(everyTenth, { lastAt, now: lastAt + 29n * MINUTE })).toEqual({ usualSeconds: 600, silent: false })
  expect(silenceOf(everyTenth, { lastAt, now: lastAt + 30n * MINUTE })).toEqual({ usualSeconds: 600, silent: true })
})

it('is not known of one that is new', () => {
  expect(silenceOf([], { lastAt: 0n, now: START })).toEqual({ usualSeconds: 0, silent: false })
  expect(silenceOf([{ start: START, minutes: 0b1001n }], { lastAt: START, now: START + 100n * HOUR })).toEqual({ usualSeconds: 0, silent: false })
})
