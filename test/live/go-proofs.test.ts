/** Our proofs, judged by Go's checksum database library and by that of certificate transparency; their proofs, held against ours. */
import { describe, expect, it } from 'vitest'
import { dice } from '../../bench/store-rows.ts'
import { consistencyProof, inclusionProof, leafHash, rootOf, verifyConsistency, verifyInclusion } from '../../schemas/merkle.ts'
import { verifierKey } from '../../schemas/note.ts'
import { whyNotProved } from '../../schemas/tlog-proof.ts'
import { proveEvent } from '../../services/verify/prove.ts'
import { keyOf, makeLog, sourceOf, verifierOfKey } from '../verify/made-log.ts'
import { LeafCursor, leafData } from '../../schemas/packed-leaf.ts'
import { askGo, goMissing } from './go-proofs.ts'

const missing = await goMissing()
const PAIRS = 1_000
const LARGEST = 2_000
const SEED = Number(process.env['WATCHKEEPER_SEED'] ?? 20_261_121)
const leaves = Array.from({ length: LARGEST }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)))
const roots = new Map<number, Buffer>()
const rootAt = (size: number): Buffer => {
  const root = roots.get(size) ?? rootOf(leaves, 0, size)
  roots.set(size, root)
  return root
}

/** `proof` as somebody sends it who wants to be believed: a bit another, a hash less, twice, or of elsewhere. */
function hostile(proof: readonly Buffer[], roll: (limit: number) => number): Buffer[] {
  const copy: Buffer[] = proof.map((hash) => Buffer.from(hash))
  const at = roll(Math.max(1, copy.length))
  const kind = roll(5)
  if (kind === 0 && copy.length > 0) copy[at]![roll(32)]! ^= 1 << roll(8)
  else if (kind === 1 && copy.length > 0) copy.splice(at, 1)
  else if (kind === 2 && copy.length > 1) [copy[0], copy[copy.length - 1]] = [copy.at(-1) as Buffer, copy[0] as Buffer]
  else copy.splice(at, 0, leaves[roll(LARGEST)] as Buffer)
  return copy
}

describe.skipIf(missing !== '')(`proofs beside Go's libraries, seed ${SEED}${missing === '' ? '' : ` (${missing})`}`, () => {
  it('inclusion: the same proofs, believed by all; hostile ones by none', { timeout: 120_000 }, async () => {
    const roll = dice(SEED)
    const claims = Array.from({ length: PAIRS }, () => {
      const size = 1 + roll(LARGEST)
      const index = roll(size)
      return { index, size, leaf: leaves[index] as Buffer, proof: inclusionProof(leaves, index, size), root: rootAt(size) }
    })
    const theirs = await askGo(claims.map(({ index, size }) => ({ kind: 'prove-inclusion', index, size })))
    const judged = await askGo(claims.map((claim) => ({ kind: 'inclusion', ...claim })))
    for (const [at, claim] of claims.entries()) {
      expect((theirs[at]?.proof ?? []).map((hash) => Buffer.from(hash, 'base64')), JSON.stringify(claim)).toEqual(claim.proof)
      expect(judged[at]).toMatchObject({ tlog: true, merkle: true })
      expect(verifyInclusion(claim)).toBe(true)
    }
    const bad = claims.map((claim) => (roll(4) === 0 && claim.size > 1 ? { ...claim, index: (claim.index + 1) % claim.size } : { ...claim, proof: hostile(claim.proof, roll) }))
    const refused = await askGo(bad.map((claim) => ({ kind: 'inclusion', ...claim })))
    for (const [at, claim] of bad.entries()) expect([verifyInclusion(claim), refused[at]?.tlog, refused[at]?.merkle], JSON.stringify(claim)).toEqual([false, false, false])
  })

  it('consistency: the same', { timeout: 120_000 }, async () => {
    const roll = dice(SEED + 1)
    const claims = Array.from({ length: PAIRS }, () => {
      const size = 2 + roll(LARGEST - 1)
      const oldSize = 1 + roll(size - 1)
      return { oldSize, oldRoot: rootAt(oldSize), size, root: rootAt(size), proof: consistencyProof(leaves, oldSize, size) }
    })
    const asked = (kind: string, claim: typeof claims[number]) => ({ kind, size: claim.size, old: claim.oldSize, root: claim.root, from: claim.oldRoot, proof: claim.proof })
    const theirs = await askGo(claims.map((claim) => asked('prove-consistency', claim)))
    const judged = await askGo(claims.map((claim) => asked('consistency', claim)))
    for (const [at, claim] of claims.entries()) {
      expect((theirs[at]?.proof ?? []).map((hash) => Buffer.from(hash, 'base64')), `${claim.oldSize} of ${claim.size}`).toEqual(claim.proof)
      expect(judged[at]).toMatchObject({ tlog: true, merkle: true })
      expect(verifyConsistency(claim)).toBe(true)
    }
    const bad = claims.map((claim) => ({ ...claim, proof: hostile(claim.proof, roll) }))
    const refused = await askGo(bad.map((claim) => asked('consistency', claim)))
    for (const [at, claim] of bad.entries()) expect([verifyConsistency(claim), refused[at]?.tlog, refused[at]?.merkle], JSON.stringify(claim)).toEqual([false, false, false])
  })

  it('a .tlog-proof file of an event, and of its checkpoint in the log over all', { timeout: 60_000 }, async () => {
    const key = keyOf(5)
    const log = makeLog({ seed: 5, partitions: 2, events: 200, every: 30 })
    const source = sourceOf(log)
    const line = verifierKey(verifierOfKey(key).name, verifierOfKey(key).publicKey)
    for (const [partition, index] of [[0, 0], [1, 42], [0, 99]] as const) {
      const leaf = new LeafCursor(log.leaves[partition]?.[index] as Buffer)
      leaf.next()
      const proof = await proveEvent(source, leaf.eventId.toString('hex'))
      expect(proof).toMatchObject({ partition, index })
      const [event, own, changed] = await askGo([proof.event, proof.log, proof.event.replace(/extra ../, 'extra BQ')].map((text) => ({ kind: 'tlog-proof', text, key: line })))
      expect([event, own]).toMatchObject([{ tlog: true, merkle: true, why: '' }, { tlog: true, merkle: true, why: '' }])
      expect(changed).toMatchObject({ tlog: false, merkle: false })
      const claim = { text: proof.event, leaf: leafHash(leafData(leaf.eventId, leaf.recordHash)), origin: `log.example/events/${partition}`, verifiers: [verifierOfKey(key)] }
      expect(whyNotProved(claim)).toBe('')
    }
  })
})
