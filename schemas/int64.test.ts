import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInt64, writeInt64 } from './int64.ts'

const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

test('writes and reads what a DataView does, at any place', () => {
  fc.assert(fc.property(fc.bigInt(MIN, MAX), fc.nat(9), (value, at) => {
    const [ours, its] = [new DataView(new ArrayBuffer(17)), new DataView(new ArrayBuffer(17))]
    writeInt64(ours, at, value)
    its.setBigInt64(at, value, true)
    expect(new Uint8Array(ours.buffer)).toEqual(new Uint8Array(its.buffer))
    expect(readInt64(its, at)).toBe(value)
  }), { examples: [[MIN, 0], [MAX, 9], [-1n, 3], [0n, 1], [2n ** 32n, 4], [-(2n ** 31n), 8]] })
})

test('of a wider number it writes the low 64 bits', () => {
  const view = new DataView(new ArrayBuffer(8))
  writeInt64(view, 0, MAX + 1n)
  expect(readInt64(view, 0)).toBe(MIN)
})

test('goes nowhere behind the end', () => {
  const view = new DataView(new ArrayBuffer(8))
  expect(() => writeInt64(view, 1, 1n)).toThrow(RangeError)
  expect(() => readInt64(view, 1)).toThrow(RangeError)
})
