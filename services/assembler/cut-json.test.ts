import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCut } from './cut-json.ts'

describe('readCut', () => {
  it('reads what is whole as it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(readCut(text)).toEqual({ value: JSON.parse(text) as unknown, cut: false })
    }))
  })

  it.each([
    ['[{"role":"user","parts":[{"text":"pay the bil', [{ role: 'user', parts: [{ text: 'pay the bil' }] }]],
    ['[{"a":1},{"b":"x\\', [{ a: 1 }, { b: 'x' }]], ['[{"b":"x\\u00', [{ b: 'x' }]], ['[{"b":"x\\\\', [{ b: 'x\\' }]],
    ['[{"a":"b","c', [{ a: 'b' }]], ['[{"a":"b","c":', [{ a: 'b' }]], ['[{"a":"b","c":tr', [{ a: 'b' }]], ['[{"a":["b",', [{ a: ['b'] }]], ['[{', [{}]], ['[', []],
    ['"text', undefined], ['no list', undefined], ['', undefined], ['[}', undefined],
  ])('%s', (text, value) => {
    expect(readCut(text)).toEqual({ value, cut: true })
  })

  it('takes no longer for deep texts', () => {
    for (const text of ['['.repeat(65_536), '{"a":'.repeat(13_000), '"\\'.repeat(30_000), `["${'\\'.repeat(65_533)}`]) expect(readCut(text).cut).toBe(true)
  })

  it('reads a list up to any cut, and never throws', () => {
    const list = fc.array(fc.record({ role: fc.string(), parts: fc.array(fc.record({ text: fc.string({ unit: 'binary' }), more: fc.jsonValue({ maxDepth: 2 }) }), { maxLength: 4 }) }), { minLength: 1, maxLength: 6 })
    fc.assert(fc.property(list, fc.double({ min: 0, max: 1, noNaN: true }), (messages, share) => {
      const text = JSON.stringify(messages)
      const { value, cut } = readCut(text.slice(0, Math.max(1, Math.floor(text.length * share))))
      expect(Array.isArray(value)).toBe(true)
      if (cut) for (const [index, message] of (value as unknown[]).slice(0, -1).entries()) expect(message).toEqual(JSON.parse(JSON.stringify(messages[index])))
    }), { numRuns: 30 })
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('[', '{', '"', ']', '}', ',', ':', '\\', 'a', '1') }), (text) => {
      expect(() => readCut(text)).not.toThrow()
    }))
  })
})
