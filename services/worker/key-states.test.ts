import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KeyStates } from './key-states.ts'

it('drops exactly the least recently used, as a plain list of uses would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 5 }), (uses, limit) => {
      const states = new KeyStates(limit)
      const model: string[] = []
      for (const use of uses) {
        const key = `k${use}`
        states.take(`t${use % 2}`, key, () => ({ made: key }))
        const at = model.indexOf(key)
        if (at >= 0) model.splice(at, 1)
        model.push(key)
        expect(states.evict()).toBe(model.length > limit ? model.splice(0, 1).length : 0)
        expect(states.entries().map(([, one]) => one)).toEqual(model)
      }
    }),
  )
})

it('goes on in the same order after a round trip, and reads without touching', () => {
  const states = new KeyStates(2)
  for (const key of ['a', 'b', 'a']) states.take('t', key, () => ({}))
  const again = new KeyStates(2, states.entries())
  again.peek('t', 'b')
  again.take('t', 'c', () => ({}))
  again.evict()
  expect(again.entries().map(([, key]) => key)).toEqual(['a', 'c'])
})

it('keeps tenants apart and counts all of them', () => {
  const states = new KeyStates(3)
  for (const tenant of ['one', 'two']) states.take(tenant, 'same', () => ({ tenant }))
  expect([states.size, states.peek('one', 'same'), states.peek('two', 'same'), states.peek('three', 'same')]).toEqual([2, { tenant: 'one' },
    { tenant: 'two' }, undefined])
  states.sweep((state) => (state as { tenant: string }).tenant === 'one')
  expect([states.size, states.peek('one', 'same')]).toEqual([1, undefined])
})
