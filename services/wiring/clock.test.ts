import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from './clock.ts'

afterEach(() => void vi.restoreAllMocks())
const seconds = (): number => Number(systemClock.now() / 1_000_000_000n)

test('goes on where the machine slept, and never back', () => {
  const began = seconds()
  const real = Date.now
  expect(Math.abs(began - real() / 1_000)).toBeLessThan(5)
  const skewed = vi.spyOn(Date, 'now').mockImplementation(() => real() + 8 * 3_600_000)
  expect(seconds() - began).toBeGreaterThanOrEqual(8 * 3_600)
  skewed.mockImplementation(real)
  expect(seconds() - began).toBeGreaterThanOrEqual(8 * 3_600)
  expect(seconds() - began).toBeLessThan(8 * 3_600 + 60)
})
