import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missingNumbers, type Numbered } from './sequence.ts'

const SECOND = 1_000_000_000n
const START = 1_795_000_000n * SECOND
const ALL = START * 2n

/** A number a second from `first` on, received as it was said. */
const run = (count: number, { first = 0, at = 0, without = [] }: { first?: number; at?: number; without?: readonly number[] } = {}): Numbered[] =>
  Array.from({ length: count }, (_, i) => ({ at: START + BigInt(at + i) * SECOND, number: BigInt(first + i), receivedAt: START + BigInt(at + i) * SECOND }))
    .filter(({ number }) => !without.includes(Number(number)))

describe('missing numbers', () => {
  it('are those between the lowest and the highest that came, each once', () => {
    expect(missingNumbers([], ALL)).toBe(0)
    expect(missingNumbers(run(10), ALL)).toBe(0)
    expect(missingNumbers(run(10, { first: 500 }), ALL)).toBe(0)
    expect(missingNumbers(run(10, { without: [3, 4, 7] }), ALL)).toBe(3)
  })

  it('are none because of order, repetition, or how it was delivered', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 })), fc.infiniteStream(fc.nat()), (without, random) => {
      const records = run(30, { without })
      const again = [...records, ...records.filter(() => (random.next().value ?? 0) % 2 === 0)].map((record) => ({ record, rank: random.next().value ?? 0 }))
      const shuffled = again.sort((a, b) => a.rank - b.rank).map(({ record }) => record)
      expect(missingNumbers(shuffled, ALL)).toBe(without.length)
    }))
  })

  it('are none because counting began anew, higher or lower than before', () => {
    expect(missingNumbers([...run(5, { first: 100 }), ...run(5, { at: 60 })], ALL)).toBe(0)
    expect(missingNumbers([...run(50), ...run(5, { at: 60 })], ALL)).toBe(0)
    expect(missingNumbers([...run(5, { first: 100, without: [102] }), ...run(9, { at: 60, without: [5] })], ALL)).toBe(2)
    expect(missingNumbers([...run(5), ...run(5, { first: 4_000_000_000, at: 60 })], ALL)).toBe(0)
  })

  it('are none where two were written in the other order within a second', () => {
    const [a, b, c] = run(3) as [Numbered, Numbered, Numbered]
    expect(missingNumbers([a, { ...c, at: a.at + 1n }, { ...b, at: a.at + 2n }], ALL)).toBe(0)
  })

  it('wait for what may be on its way', () => {
    const records = run(10, { without: [8] })
    expect(missingNumbers(records, START + 8n * SECOND)).toBe(0)
    expect(missingNumbers(records, START + 9n * SECOND)).toBe(1)
  })
})
