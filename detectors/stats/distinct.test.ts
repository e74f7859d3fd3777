import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addDistinct, countDistinct, type Distinct, hash32 } from './distinct.ts'

it('is exact for few, whatever comes how often', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 200 }), (texts) => {
      const few = texts.map((text) => `${text.length % 40}`)
      const distinct: Distinct = []
      for (const text of few) addDistinct(distinct, hash32(text))
      expect(countDistinct(distinct)).toBe(new Set(few).size)
    }),
  )
})

it('estimates many within its error, in bounded space, in any order and with repeats', () => {
  for (const many of [500, 20_000, 300_000]) {
    const forth: Distinct = []
    const back: Distinct = []
    for (let i = 0; i < many; i++) addDistinct(forth, hash32(`file-${i}`))
    for (let i = many - 1; i >= 0; i -= 1) addDistinct(back, hash32(`file-${i}`))
    for (let i = 0; i < 1_000; i++) addDistinct(back, hash32(`file-${i % many}`))
    expect(back).toEqual(forth)
    expect(forth).toHaveLength(64)
    expect(Math.abs(countDistinct(forth) / many - 1)).toBeLessThan(0.4)
  }
})
