import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  CompactRange, consistencyProof, emptyRoot, inclusionProof, leafHash, nodeHash, rootOf, verifyConsistency, verifyInclusion,
} from './merkle.ts'

/** The definition of RFC 6962 2.1, word by word. */
function defined(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot()
  if (leaves.length === 1) return leaves[0]!
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return nodeHash(defined(leaves.slice(0, half)), defined(leaves.slice(half)))
}

const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)))
const size = fc.integer({ min: 1, max: 200 })
const two = fc.tuple(fc.nat(200), fc.nat(200)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)

/** Data and roots that implementations of certificate transparency test with. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('roots of the published vectors', () => {
  expect(emptyRoot().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  const leaves = INPUTS.map((input) => leafHash(Buffer.from(input, 'hex')))
  expect(leaves.map((_, at) => rootOf(leaves.slice(0, at + 1)).toString('hex'))).toEqual(ROOTS)
})

test('a compact range has the root of the definition, at every size and after being put away', () => {
  let range = new CompactRange()
  const leaves = leavesOf(130)
  for (const [at, leaf] of leaves.entries()) {
    range.append(leaf)
    range = CompactRange.decode(range.encode())
    expect(range.size).toBe(at + 1)
    expect(range.root()).toEqual(defined(leaves.slice(0, at + 1)))
  }
})

test('bytes that are no compact range are refused', () => {
  const bytes = Buffer.from([...new CompactRange().encode()])
  expect(CompactRange.decode(bytes).size).toBe(0)
  for (const wrong of [Buffer.alloc(0), Buffer.alloc(40), Buffer.concat([bytes, Buffer.alloc(31)]), Buffer.alloc(8, 255)]) {
    expect(() => CompactRange.decode(wrong)).toThrow(RangeError)
  }
})

test('every inclusion proof holds, and for nothing else', () => {
  fc.assert(fc.property(size, fc.nat(), fc.nat(255), (count, any, bit) => {
    const leaves = leavesOf(count)
    const index = any % count
    const claim = { index, size: count, leaf: leaves[index]!, proof: inclusionProof(leaves, index), root: rootOf(leaves) }
    expect(verifyInclusion(claim)).toBe(true)
    const flipped = (hash: Buffer): Buffer => {
      const other = Buffer.from(hash)
      other[bit >> 3]! ^= 1 << (bit & 7)
      return other
    }
    const wrong = [
      { ...claim, leaf: flipped(claim.leaf) }, { ...claim, root: flipped(claim.root) }, { ...claim, index: index + 1 }, { ...claim, index: -1 },
      { ...claim, proof: [...claim.proof, claim.root] }, { ...claim, proof: [claim.root, ...claim.proof] }, { ...claim, index: Number.NaN },
      { ...claim, size: Number.POSITIVE_INFINITY }, { ...claim, size: 0 }, { ...claim, leaf: Buffer.alloc(31) },
      ...claim.proof.map((_, at) => ({ ...claim, proof: claim.proof.filter((__, other) => other !== at) })),
      ...claim.proof.map((_, at) => ({ ...claim, proof: claim.proof.map((hash, other) => (other === at ? flipped(hash) : hash)) })),
    ]
    for (const other of wrong) expect(verifyInclusion(other)).toBe(false)
  }))
})

test('every consistency proof holds, and for nothing else', () => {
  fc.assert(fc.property(two, fc.nat(255), ([oldSize, count], bit) => {
    const leaves = leavesOf(count)
    const oldRoot = rootOf(leaves, 0, oldSize)
    const claim = { oldSize, oldRoot, size: count, root: rootOf(leaves), proof: consistencyProof(leaves, oldSize) }
    expect(verifyConsistency(claim)).toBe(true)
    const flipped = Buffer.from(oldRoot)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const wrong = [
      { ...claim, oldRoot: flipped }, { ...claim, size: oldSize - 1 }, { ...claim, oldSize: -1 }, { ...claim, oldSize: 0.5 },
      { ...claim, proof: [...claim.proof, flipped] }, { ...claim, oldRoot: Buffer.alloc(0) },
      ...claim.proof.map((_, at) => ({ ...claim, proof: claim.proof.filter((__, other) => other !== at) })),
    ]
    for (const other of wrong) expect(verifyConsistency(other)).toBe(false)
    if (oldSize > 0) expect(verifyConsistency({ ...claim, root: flipped })).toBe(false)
  }))
})

test('hostile proofs are answered, never thrown at', () => {
  const anything = fc.array(fc.uint8Array({ minLength: 30, maxLength: 34 }).map((bytes) => Buffer.from(bytes)), { maxLength: 70 })
  fc.assert(fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), anything, (index, count, proof) => {
    const root = leafHash(Buffer.from('x'))
    expect(verifyInclusion({ index, size: count, leaf: root, proof, root: Buffer.alloc(32) })).toBe(false)
    expect(verifyConsistency({ oldSize: index, oldRoot: root, size: count, root: Buffer.alloc(32), proof })).toBe(false)
  }))
})

test('asking for what is not there is an error of the caller', () => {
  const leaves = leavesOf(3)
  expect(() => inclusionProof(leaves, 3)).toThrow(RangeError)
  expect(() => inclusionProof(leaves, 1, 4)).toThrow(RangeError)
  expect(() => consistencyProof(leaves, 4)).toThrow(RangeError)
})
