import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addSilence, dormancyOf, NO_SILENCES } from './silence.ts'

const RATIO = fc.double({ min: 0, max: 1e9, noNaN: true })
const after = (ratios: readonly number[]): string => ratios.reduce(addSilence, NO_SILENCES)

describe('silences', () => {
  it('finds the usual length usual and a much longer one dormant', () => {
    const counts = after(Array.from({ length: 40 }, () => 5))
    expect(dormancyOf(counts, 5)).toBeLessThan(0)
    expect(dormancyOf(counts, 100)).toBeGreaterThan(1)
  })

  it('learns a longer rhythm', () => {
    const daily = Array.from({ length: 40 }, () => 5)
    const weekly = Array.from({ length: 20 }, () => 50)
    expect(dormancyOf(after([...daily, ...weekly]), 50)).toBeLessThan(dormancyOf(after(daily), 50))
  })

  it('keeps twelve counts of one byte and a finite judgement, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(RATIO, { maxLength: 600 }), RATIO, (ratios, now) => {
        const counts = after(ratios)
        expect(counts).toHaveLength(12)
        expect(Array.from(counts).every((one) => one.charCodeAt(0) <= 255)).toBe(true)
        expect(Number.isFinite(dormancyOf(counts, now))).toBe(true)
      }),
    )
    expect(Math.max(...Array.from(after(Array.from({ length: 600 }, () => 3)), (one) => one.charCodeAt(0)))).toBeLessThanOrEqual(255)
  })
})
