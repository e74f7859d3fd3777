import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Touched } from './touched.ts'

/** What it says, said with a map that is put in order with each touch. */
class Model {
  readonly entries = new Map<string, number>()

  touch(key: string, value: number): number {
    const kept = this.entries.get(key) ?? value
    this.entries.delete(key)
    this.entries.set(key, kept)
    return kept
  }
}

describe('Touched', () => {
  it('keeps entries in the order of their last touch', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('touch', 'touch', 'delete'), key), { maxLength: 40 }), (steps) => {
      const touched = new Touched<number>()
      const model = new Model()
      for (const [at, [what, name]] of steps.entries()) {
        if (what === 'touch') expect(touched.touch(name, () => at)).toBe(model.touch(name, at))
        else expect(touched.delete(name)).toBe(model.entries.delete(name))
        expect([...touched.entries()]).toEqual([...model.entries])
        expect([touched.size, touched.oldest, touched.get(name), touched.has(name)])
          .toEqual([model.entries.size, [...model.entries.values()][0], model.entries.get(name), model.entries.has(name)])
      }
    }))
  })

  it('gives all of them while each is deleted as it is given, and those that come meanwhile', () => {
    const touched = new Touched<number>()
    for (const [at, key] of ['a', 'b', 'c'].entries()) touched.touch(key, () => at)
    const given: string[] = []
    for (const [key] of touched.entries()) {
      given.push(key)
      touched.delete(key)
      if (key === 'a') touched.touch('d', () => 3)
    }
    expect([given, touched.size, touched.oldest]).toEqual([['a', 'b', 'c', 'd'], 0, undefined])
  })
})
