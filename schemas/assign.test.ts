import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign } from './assign.ts'

test('every partition has one member, counts differ by one at most, and no more move than must', () => {
  fc.assert(fc.property(fc.array(fc.option(fc.nat(6), { nil: undefined }), { minLength: 1, maxLength: 40 }), fc.uniqueArray(fc.nat(6), { minLength: 1 }), (current, members) => {
    const next = assign(current, members)
    const count = (owners: readonly (number | undefined)[], member: number): number => owners.filter((owner) => owner === member).length
    const counts = members.map((member) => count(next, member))
    expect(next.every((member) => member !== undefined && members.includes(member))).toBe(true)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    // A member keeps all it had, up to its share.
    for (const member of members) {
      const kept = next.filter((owner, partition) => owner === member && current[partition] === member).length
      expect(kept).toBeGreaterThanOrEqual(Math.min(count(current, member), Math.floor(current.length / members.length)))
    }
  }))
})

test('nobody to have them', () => {
  expect(assign(['a', undefined], [])).toEqual([undefined, undefined])
})
