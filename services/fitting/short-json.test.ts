import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shortJson } from './short-json.ts'

it('cuts strings and nothing else', () => {
  const text = `{"a" : "${'x'.repeat(200)}","n":12345678901234567890, "${'k'.repeat(150)}":"\\"b"}`
  expect(shortJson(text, 350)).toBe(text.replace('x'.repeat(200), 'x'.repeat(87)))
  expect(shortJson(text, 240)).toBeUndefined()
})

it('leaves to others what is no JSON, or long because of many values', () => {
  expect(shortJson('{"a":"b', 100)).toBeUndefined()
  expect(shortJson(`"${'x'.repeat(100)}"`, 50)).toBeUndefined()
  expect(shortJson(JSON.stringify(Array.from({ length: 100 }, (_, at) => at)), 100)).toBeUndefined()
  expect(shortJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 100)).toBeUndefined()
})

it('whatever the JSON, each string begins as it began, and the rest is the same', () => {
  const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('"', '\\', '\n', '\u0001', '😀', 'x', '语')).chain((one) => fc.nat(300).map((times) => one.repeat(times)))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, piece, fc.integer(), fc.boolean(), fc.constant(null), fc.array(tie('tree'), { maxLength: 5 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie('tree'), { maxKeys: 5 })),
  }))
  const skeleton = (before: unknown, after: unknown): unknown => {
    if (typeof before === 'string' && typeof after === 'string') return before.startsWith(after) || before.startsWith(after.replace(/[\ud800-\udbff]$/, ''))
    if (Array.isArray(before) && Array.isArray(after)) return before.length === after.length && before.every((each, at) => skeleton(each, after[at]))
    if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) return before === after
    const [left, right] = [Object.entries(before), Object.entries(after)]
    return left.length === right.length && left.every(([key, value], at) => right[at]![0] === key && skeleton(value, right[at]![1]) === true)
  }
  fc.assert(fc.property(fc.oneof(fc.array(tree), fc.dictionary(fc.string(), tree)), fc.integer({ min: 64, max: 2_000 }), fc.boolean(), (value, characters, spaced) => {
    const text = JSON.stringify(value, undefined, spaced ? 1 : 0)
    const cut = shortJson(text, characters)
    if (cut === undefined) return
    expect(cut.length).toBeLessThanOrEqual(characters)
    expect(skeleton(JSON.parse(text), JSON.parse(cut))).toBe(true)
  }), { numRuns: 300 })
})
