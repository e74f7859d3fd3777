import { expect, test, vi } from 'vitest'
import { CommitWatch } from './commit-watch.ts'

function watched() {
  vi.useFakeTimers()
  let stuck = 0
  const watch = new CommitWatch({ limitMs: 1_000, stuck: () => stuck++ })
  return { watch, stuck: () => stuck, pass: (ms: number) => vi.advanceTimersByTime(ms), end: async () => watch.close().finally(() => vi.useRealTimers()) }
}

test('one commit above the limit is told once', async () => {
  const { watch, stuck, pass, end } = watched()
  watch.began()
  pass(1_000)
  expect(stuck()).toBe(0)
  pass(100)
  expect(stuck()).toBe(1)
  pass(10_000)
  expect(stuck()).toBe(1)
  await end()
})

test('many commits, each below it, are not, nor is a log with nothing to write', async () => {
  const { watch, stuck, pass, end } = watched()
  for (let at = 0; at < 50; at++) {
    watch.began()
    pass(900)
    watch.ended()
  }
  pass(60_000)
  expect(stuck()).toBe(0)
  await end()
})
