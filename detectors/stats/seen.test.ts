import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addSeen, maybeSeen, nothingSeen } from './seen.ts'

it('never denies a key that was added', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (keys) => {
      const seen = nothingSeen()
      for (const key of keys) addSeen(seen, key)
      expect(keys.every((key) => maybeSeen(seen, key))).toBe(true)
    }),
  )
})

it('is seldom wrong about a key that was not, across several layers', () => {
  const seen = nothingSeen()
  for (let i = 0; i < 300_000; i++) addSeen(seen, `added-${i}`)
  expect(seen.layers.length).toBeGreaterThan(2)
  let wrong = 0
  for (let i = 0; i < 100_000; i++) if (maybeSeen(seen, `other-${i}`)) wrong++
  expect(wrong).toBeLessThan(10)
})
