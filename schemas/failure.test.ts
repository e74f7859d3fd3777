import { expect, it } from 'vitest'
import { Failure, pauseMs } from './failure.ts'

it('waits as long as the error asks, no less than its own pause, and no longer than the most', () => {
  const asks = (retryAfterSeconds?: number): Failure => new Failure('unavailable', 'test', 'away', retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  expect(pauseMs(asks(5), 100, 30_000)).toBe(5_000)
  expect(pauseMs(asks(1), 4_000, 30_000)).toBe(4_000)
  expect(pauseMs(asks(3_600), 100, 30_000)).toBe(30_000)
  expect(pauseMs(asks(), 100, 30_000)).toBe(100)
  expect(pauseMs(new Error('anything'), 100, 30_000)).toBe(100)
})
