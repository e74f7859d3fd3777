import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, decodeAssigned, decodeClaim, encodeAssigned, encodeClaim, type Member, share } from './group-protocol.ts'

const member = (memberId: string, owned: readonly number[], generation = 1, instance = '', process = memberId): Member =>
  ({ memberId, claim: { owned, generation, instance, process } })

test('one that joins gets nothing before the owner has let go, and half of it after', () => {
  const first = share([member('a', [0, 1, 2, 3]), member('b', [], -1)], 4)
  expect(first.get('b')!.partitions).toEqual([])
  const kept = first.get('a')!.partitions
  expect(kept).toHaveLength(2)
  const second = share([member('a', kept, 2), member('b', [], 2)], 4)
  expect([...second.get('b')!.partitions, ...kept].sort()).toEqual([0, 1, 2, 3])
})

test('nobody is given what another living member claims; in a few rounds all is shared out evenly and stays so', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 32 }), fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 32 }), (count, partitions, owners) => {
    const owned = new Map(Array.from({ length: count }, (_, at) => [`m${at}`, [] as number[]]))
    owners.slice(0, partitions).forEach((owner, partition) => owned.get(`m${owner}`)?.push(partition))
    for (let generation = 1; generation <= 3; generation++) {
      const shares = share([...owned].map(([id, mine]) => member(id, mine, generation)), partitions)
      for (const [id, { partitions: given }] of shares) {
        for (const [other, mine] of owned) if (other !== id) expect(given.filter((partition) => mine.includes(partition))).toEqual([])
      }
      for (const [id, { partitions: given }] of shares) owned.set(id, [...given])
    }
    const sizes = [...owned.values()].map((mine) => mine.length)
    expect([...owned.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, at) => at))
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  }))
})

test('of two claims the later generation is right', () => {
  const shares = share([member('back', [0, 1], 3), member('since', [0, 1], 5)], 2)
  expect(shares.get('back')!.partitions).toEqual([])
})

test('of two processes with one instance name the newcomer is refused; members of one process are not', () => {
  const elder = member('a', [0, 1], 4, 'assembler-1', 'one')
  const shares = share([elder, member('b', [], -1, 'assembler-1', 'two'), member('c', [], -1, 'assembler-2', 'three')], 2)
  expect([...shares].map(([id, { refused }]) => [id, refused])).toEqual([['a', false], ['b', true], ['c', false]])
  expect(shares.get('b')!.partitions).toEqual([])
  expect([...share([elder, member('d', [], -1, 'assembler-1', 'one')], 2).values()].some(({ refused }) => refused)).toBe(false)
  expect([...share([member('a', []), member('b', [])], 2).values()].some(({ refused }) => refused)).toBe(false)
})

test('claims and assignments come back as they went', () => {
  const claim: Claim = { owned: [3, 1], generation: 7, instance: 'x', process: 'y' }
  expect(decodeClaim(encodeClaim('topic', claim))).toEqual(claim)
  expect(decodeClaim(Buffer.from('nonsense')).owned).toEqual([])
  expect(decodeAssigned('topic', encodeAssigned('topic', { partitions: [2, 0], refused: true }))).toEqual({ partitions: [2, 0], refused: true })
  expect(decodeAssigned('topic', Buffer.alloc(0))).toEqual({ partitions: [], refused: false })
})
