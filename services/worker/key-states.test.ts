import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KeyIndex } from './key-index.ts'
import { KeyStates } from './key-states.ts'

it('drops the first in the order of arrival that was not used since it was last asked, as a plain list would', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 1, max: 5 }), (uses, limit) => {
      const states = new KeyStates(limit)
      const model: { key: string; used: boolean }[] = []
      for (const use of uses) {
        const key = `k${use}`
        states.take(`t${use % 2}`, key, () => ({ made: key }))
        const known = model.find((one) => one.key === key)
        if (known !== undefined) known.used = true
        else model.push({ key, used: true })
        const over = model.length > limit
        while (model.length > limit) {
          const asked = model.shift() as { key: string; used: boolean }
          if (asked.used) model.push({ key: asked.key, used: false })
        }
        expect(states.evict()).toBe(over ? 1 : 0)
        expect(states.entries().map(([, one, , used]) => [one, used === 1])).toEqual(model.map(({ key: one, used }) => [one, used]))
      }
    }),
  )
})

it('never drops what was used since, while something else was not', () => {
  const states = new KeyStates(3)
  for (const key of ['busy', 'a', 'b', 'c']) states.take('t', key, () => ({}))
  states.evict()
  for (const key of ['d', 'e', 'f', 'g', 'h']) {
    states.take('t', 'busy', () => ({}))
    states.take('t', key, () => ({}))
    states.evict()
  }
  expect(states.peek('t', 'busy')).toBeDefined()
})

it('goes on in the same order after a round trip, and reads without using', () => {
  const states = new KeyStates(2)
  for (const key of ['a', 'b', 'c']) states.take('t', key, () => ({}))
  states.evict()
  states.take('t', 'c', () => ({}))
  const again = new KeyStates(2, states.entries())
  again.peek('t', 'b')
  again.take('t', 'd', () => ({}))
  again.evict()
  expect(again.entries().map(([, key, , used]) => [key, used])).toEqual([['c', 1], ['d', 1]])
})

it('keeps tenants apart and counts all of them', () => {
  const states = new KeyStates(3)
  for (const tenant of ['one', 'two']) states.take(tenant, 'same', () => ({ tenant }))
  expect([states.size, states.peek('one', 'same'), states.peek('two', 'same'), states.peek('three', 'same')]).toEqual([2, { tenant: 'one' },
    { tenant: 'two' }, undefined])
  states.sweep((state) => (state as { tenant: string }).tenant === 'one')
  expect([states.size, states.peek('one', 'same')]).toEqual([1, undefined])
})

it('finds by a shared index what it finds by its own, whatever comes and goes', () => {
  const use = fc.record({ of: fc.nat(2), tenant: fc.constantFrom('t', 'u'), key: fc.constantFrom('a', 'b', 'c', 'd'), act: fc.constantFrom('take', 'take', 'peek', 'evict', 'sweep', 'join') })
  fc.assert(
    fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
      const apart = [new KeyStates(3), new KeyStates(2), new KeyStates(1)]
      const together = [new KeyStates(3), new KeyStates(2), new KeyStates(1)]
      const index = new KeyIndex()
      uses.forEach(({ of, tenant, key, act }, at) => {
        const results = [apart, together].map((all) => {
          const states = all[of] as KeyStates
          if (act === 'take') return states.take(tenant, key, () => ({ at }))
          if (act === 'peek') return states.peek(tenant, key)
          if (act === 'evict') return states.evict()
          if (act === 'sweep') return states.sweep((state) => (state as { at: number }).at % 2 === 0)
          return all === together ? states.join(index) : undefined
        })
        expect(results[1]).toEqual(results[0])
      })
      expect(together.map((states) => states.entries())).toEqual(apart.map((states) => states.entries()))
    }),
  )
})
