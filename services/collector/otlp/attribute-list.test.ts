import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributeList } from './attribute-list.ts'
import type { AnyValue } from './model.ts'

const seen = (list: AttributeList): [string, AnyValue][] => {
  const pairs: [string, AnyValue][] = []
  list.forEach((value, key) => void pairs.push([key, value]))
  return pairs
}

describe('a list of attributes', () => {
  it('answers as a Map does, whatever its keys and however many', () => {
    const key = fc.oneof(fc.string({ maxLength: 3 }), fc.nat({ max: 60 }).map((number) => `key.${number}`), fc.constantFrom('__proto__', 'constructor', 'length', ''))
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.integer()), { maxLength: 120 }), key, (entries, asked) => {
      const list = AttributeList.of(entries)
      const map = new Map<string, AnyValue>(entries)
      expect([...list]).toEqual([...map])
      expect(seen(list)).toEqual([...map])
      expect([list.size, [...list.keys()]]).toEqual([map.size, [...map.keys()]])
      for (const each of [asked, ...map.keys()]) expect([list.has(each), list.get(each)]).toEqual([map.has(each), map.get(each)])
    }))
  })

  it('takes as many as a request may hold', () => {
    const list = new AttributeList()
    for (let number = 0; number < 200_000; number++) list.set(`key.${number}`, number)
    expect([list.size, list.get('key.199999'), list.get('key.200000')]).toEqual([200_000, 199_999, undefined])
  })
})
