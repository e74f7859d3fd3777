import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inserted } from './short-list.ts'

it('inserts as splice does, and never into a short list that others may hold', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 40 }), fc.nat(), fc.double({ noNaN: true }), (list, place, value) => {
      const at = place % (list.length + 1)
      const before = [...list]
      const expected = list.toSpliced(at, 0, value)
      expect(inserted(list, at, value)).toEqual(expected)
      if (before.length < 32) expect(list).toEqual(before)
    }),
  )
})
