import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rootOf, verifyInclusion } from '../../../schemas/merkle.ts'
import { CHUNK, ChunkedTree } from './chunked-tree.ts'

const leaf = (n: number): Buffer => hash('sha256', `leaf ${n}`, 'buffer')

describe('chunked tree', () => {
  it.each([1, 2, 3, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7, 5 * CHUNK + 511, 8 * CHUNK])('proves leaves of a log of %i', (size) => {
    const leaves = Array.from({ length: size }, (_, n) => leaf(n))
    const root = rootOf(leaves)
    const indexes = [...new Set([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3, size >> 1, size - 2, size - 1])].filter((index) => index >= 0 && index < size)
    const tree = new ChunkedTree(size, indexes)
    for (let at = 0; at * CHUNK < size; at++) tree.add(at, Buffer.concat(leaves.slice(at * CHUNK, (at + 1) * CHUNK)))
    for (const index of indexes) {
      expect(verifyInclusion({ index, size, leaf: leaf(index), proof: tree.proof(index), root }), `${index} of ${size}`).toBe(true)
      expect(verifyInclusion({ index, size, leaf: leaf(index + 1), proof: tree.proof(index), root })).toBe(false)
    }
  })

  it('says that leaves are missing', () => {
    const tree = new ChunkedTree(2 * CHUNK, [0])
    tree.add(0, Buffer.alloc(CHUNK * 32))
    expect(() => tree.proof(0)).toThrow(/leaves are missing/)
  })
})
