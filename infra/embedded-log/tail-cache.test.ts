import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tail, TailCache } from './tail-cache.ts'

const envelope = (partition: number, offset: number) => ({ partition, offset, records: [] })

test('holds at most its bytes, and each tail is a run without holes that ends at the newest', () => {
  const step = fc.record({ tail: fc.nat(2), bytes: fc.integer({ min: 1, max: 30 }), passed: fc.option(fc.nat(40), { nil: undefined }), skip: fc.boolean() })
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const cache = new TailCache(100)
    const tails = [new Tail(), new Tail(), new Tail()]
    const next = [0, 0, 0]
    for (const { tail, bytes, passed, skip } of steps) {
      if (skip) next[tail]! += 3
      cache.add(tails[tail]!, envelope(tail, next[tail]!++), bytes)
      if (passed !== undefined) cache.passed(tails[tail]!, passed)
      let sum = 0
      for (const { entries, first } of tails) {
        ;[...entries.keys()].forEach((offset, at) => expect(offset).toBe(first + at))
        for (const entry of entries.values()) sum += entry.bytes
      }
      expect(cache.bytes).toBe(sum)
      expect(sum).toBeLessThanOrEqual(100)
    }
  }))
})

test('what is larger than the whole cache is not kept', () => {
  const cache = new TailCache(10)
  const tail = new Tail()
  cache.add(tail, envelope(0, 0), 11)
  expect(tail.entries.size).toBe(0)
  expect(cache.bytes).toBe(0)
})
