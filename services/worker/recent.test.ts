import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recent } from './recent.ts'

/** The same told by a list. */
function told(limit: number, keys: readonly string[]): { readonly admitted: readonly boolean[]; readonly kept: readonly string[] } {
  let kept: string[] = []
  const admitted = keys.map((key) => {
    if (kept.includes(key)) return false
    kept = [...kept, key].slice(-limit)
    return true
  })
  return { admitted, kept }
}

describe('Recent', () => {
  it('knows the newest keys alone, in their order, also when it goes on from what it said', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.constantFrom(...'abcdefghij')), fc.nat(40), (limit, keys, cut) => {
      const before = new Recent(limit)
      const admitted = keys.slice(0, cut).map((key) => before.admit(key))
      const since = new Recent(limit, before.toJSON())
      const all = [...admitted, ...keys.slice(cut).map((key) => since.admit(key))]
      expect({ admitted: all, kept: since.toJSON() }).toEqual(told(limit, keys))
    }))
  })

  it('remembers nothing where nothing is to be remembered', () => {
    const nothing = new Recent(0, ['a'])
    expect([nothing.admit('a'), nothing.admit('a'), nothing.admit('b'), nothing.toJSON()]).toEqual([true, true, true, []])
  })

  it('goes on with the newest where fewer are to be remembered than were', () => {
    expect(new Recent(2, ['a', 'b', 'c']).toJSON()).toEqual(['b', 'c'])
  })
})
