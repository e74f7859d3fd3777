import { expect, test } from 'vitest'
import { partitionOf } from './partition-of.ts'

test('where a key lies never changes', () => {
  expect(['', 'a', 'claude-desktop', 'd61a9a00000000000000000000000001', 'zażółć', '🚢'].map((key) => partitionOf(key, 1024)))
    .toEqual([11, 551, 539, 104, 971, 463])
})

test('keys that differ in one digit spread evenly', () => {
  const counts = new Array<number>(16).fill(0)
  for (let at = 0; at < 16_000; at++) counts[partitionOf(`user-${at}`, 16)]!++
  expect(Math.min(...counts)).toBeGreaterThan(850)
  expect(Math.max(...counts)).toBeLessThan(1150)
})

test('one partition takes everything', () => {
  expect(partitionOf('anything', 1)).toBe(0)
})
