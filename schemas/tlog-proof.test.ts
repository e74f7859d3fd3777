import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inclusionProof, leafHash, rootOf } from './merkle.ts'
import { checkpointBody, signNote, verifierOf } from './note.ts'
import { formatProof, parseProof, whyNotProved } from './tlog-proof.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const origin = 'log.example/events/0'
const verifiers = [verifierOf(origin, publicKey)]
const leaves = Array.from({ length: 21 }, (_, at) => leafHash(Buffer.from(`${at}`)))
const note = signNote(checkpointBody({ origin, size: leaves.length, root: rootOf(leaves) }), { name: origin, privateKey })
const proofOf = (index: number, extra = Buffer.alloc(0)): string => formatProof({ extra, index, hashes: inclusionProof(leaves, index), note })

test('what is written is read, and holds for its leaf alone', () => {
  fc.assert(fc.property(fc.nat(20), fc.uint8Array({ maxLength: 60 }), (index, extra) => {
    const text = proofOf(index, Buffer.from(extra))
    expect(parseProof(text)).toEqual({ extra: Buffer.from(extra), index, hashes: inclusionProof(leaves, index), note })
    expect(whyNotProved({ text, leaf: leaves[index] as Buffer, origin, verifiers })).toBe('')
    expect(whyNotProved({ text, leaf: leaves[(index + 1) % 21] as Buffer, origin, verifiers })).not.toBe('')
  }))
})

test('any flipped bit but in what is not authenticated is refused', () => {
  const text = Buffer.from(proofOf(7))
  fc.assert(fc.property(fc.nat(text.length * 8 - 1), (bit) => {
    const bytes = Buffer.from(text)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    expect(whyNotProved({ text: bytes.toString('utf8'), leaf: leaves[7] as Buffer, origin, verifiers })).not.toBe('')
  }), { numRuns: 500 })
})

test('hostile proofs are answered', () => {
  const leaf = leaves[0] as Buffer
  const deep = `c2sp.org/tlog-proof@v1\nindex 0\n${`${leaf.toString('base64')}\n`.repeat(100_000)}\n${note}`
  for (const text of ['', '\n\n', 'c2sp.org/tlog-proof@v1\n\n', deep, proofOf(0).replace('index 0', 'index 00'), proofOf(0).replace('index 0', 'index -1'),
    proofOf(0).replace('index 0', 'index 9007199254740993'), proofOf(0).replace(note, 'x\n'), proofOf(0).replace('@v1', '@v2')]) {
    expect(whyNotProved({ text, leaf, origin, verifiers })).not.toBe('')
  }
  expect(whyNotProved({ text: proofOf(0), leaf, origin: 'log.example/events/1', verifiers })).toContain('another log')
  expect(whyNotProved({ text: proofOf(0), leaf, origin, verifiers: [] })).toContain('known key')
})
