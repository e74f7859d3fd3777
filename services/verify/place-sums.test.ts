import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KEY_BYTES, type Placed, PlaceSums } from './place-sums.ts'

const placed: fc.Arbitrary<Placed> = fc.record({
  partition: fc.nat(3), offset: fc.nat(3_000), offsetIndex: fc.nat(3), eventId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  recordHash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  tenant: fc.constantFrom('a', 'b'),
})
const many = fc.array(placed, { minLength: 1, maxLength: 1_500 })

const sumsOf = (key: Buffer, members: readonly Placed[]): PlaceSums => {
  const sums = new PlaceSums(key)
  for (const member of members) sums.add(member)
  return sums
}
const differ = (one: PlaceSums, other: PlaceSums): number[] => [0, 1, 2, 3].flatMap((partition) => one.differences(other, partition))

it('are equal in any order and in any parts', () => {
  fc.assert(fc.property(many, fc.nat(), (members, any) => {
    const key = randomBytes(KEY_BYTES)
    const parts = new PlaceSums(key)
    const middle = any % members.length
    parts.merge(sumsOf(key, members.slice(middle)).data())
    parts.merge(sumsOf(key, members.slice(0, middle)).data())
    expect(differ(sumsOf(key, members), parts)).toEqual([])
    expect(differ(sumsOf(key, [...members].reverse()), parts)).toEqual([])
  }), { numRuns: 40 })
})

it('differ in the bucket of whatever is other: one less, one twice, one bit, another tenant', () => {
  fc.assert(fc.property(many, fc.nat(), fc.nat(255), (members, any, bit) => {
    const key = randomBytes(KEY_BYTES)
    const at = any % members.length
    const member = members[at] as Placed
    const recordHash = Buffer.from(member.recordHash)
    recordHash[bit >> 3]! ^= 1 << (bit & 7)
    const eventId = Buffer.from(member.eventId)
    eventId[bit >> 4]! ^= 1 << (bit & 7)
    const others: readonly (readonly Placed[])[] = [
      members.filter((_, index) => index !== at), [...members, member], members.with(at, { ...member, recordHash }), members.with(at, { ...member, eventId }),
      members.with(at, { ...member, tenant: member.tenant === 'a' ? 'b' : 'a' }), members.with(at, { ...member, offsetIndex: 9 }),
    ]
    for (const other of others) expect(differ(sumsOf(key, members), sumsOf(key, other))).toEqual([Math.floor(member.offset / 256)])
  }), { numRuns: 40 })
})
