import fc from 'fast-check'
import { expect, it } from 'vitest'
import { giveBack, lend, SpareMemory, standsWhere } from './spare-memory.ts'

it('what is lent is as long as was asked for, and nobody else has it until it is given back', () => {
  const sizes = fc.oneof(fc.nat(20_000), fc.nat(400_000))
  fc.assert(fc.property(fc.array(fc.record({ bytes: sizes, back: fc.boolean() }), { maxLength: 40 }), (asked) => {
    const held: { readonly part: Buffer; readonly mark: number }[] = []
    asked.forEach(({ bytes, back }, mark) => {
      const part = lend(bytes)
      expect(part.length).toBe(bytes)
      part.fill(mark)
      if (back) giveBack(part)
      else held.push({ part, mark })
    })
    for (const { part, mark } of held) expect(part.every((byte) => byte === mark)).toBe(true)
  }), { numRuns: 30 })
})

it('what was read from it may give it back, once', () => {
  const part = lend(40_000)
  const read = {}
  standsWhere(part, read)
  giveBack(read)
  giveBack(read)
  const [next, other] = [lend(40_000), lend(40_000)]
  expect(next.buffer).toBe(part.buffer)
  expect(other.buffer).not.toBe(part.buffer)
})

it('nothing small stands in much, and what was used last is kept', () => {
  const memory = new SpareMemory()
  const large = memory.take(1_000_000)
  memory.give(large)
  expect(memory.take(100_000).length).toBeLessThan(200_000)
  const many = Array.from({ length: 40 }, () => memory.take(1_000_000))
  for (const one of many) memory.give(one)
  const again = Array.from({ length: 40 }, () => memory.take(1_000_000))
  expect(again.filter((one) => many.includes(one)).length).toBeLessThan(17)
  expect(again[0]).toBe(many.at(-1))
})
