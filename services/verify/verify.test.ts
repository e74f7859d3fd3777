import { expect, it } from 'vitest'
import { blanked, keyOf, leafOf, makeLog, type MadeLog, putIn, rewritten, sourceOf, told, topNotes, verifierOfKey, withOwnHashes } from '../../test/verify/made-log.ts'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import { decodeCanonical, encodeCanonical, encodeErased, writeHashes } from '../../schemas/canonical.ts'
import { PackedCursor, packRecord } from '../../schemas/packed-record.ts'
import { packLeaf } from '../../schemas/packed-leaf.ts'
import { ownLane } from './lanes.ts'
import type { Run } from './progress.ts'
import { verify } from './verify.ts'

const SHAPE = { seed: 7, partitions: 3, events: 900, every: 50 }
const KEY = keyOf(SHAPE.seed)
const TRUST = { verifiers: [verifierOfKey(KEY)], anchors: [] as string[] }
const made = makeLog(SHAPE)
const fresh = (): MadeLog => ({
  ...made, rows: [...made.rows], leaves: made.leaves.map((leaves) => [...leaves]), checkpoints: [...made.checkpoints], dropped: [], removals: [], gaps: [],
})
const look = (log: MadeLog, trust = TRUST) => verify({ source: sourceOf(log), trust, lanes: [ownLane(), ownLane()] })
const tombstone = (id: string, events: number): Buffer => told('erasure.done', id, events)

/** The log with such events in it, under a checkpoint. */
function saying(log: MadeLog, ...events: readonly Buffer[]): MadeLog {
  const signed = rewritten({ ...log, rows: [...made.rows, ...events] }, SHAPE.every, KEY)
  return { ...log, rows: [...log.rows, ...events], leaves: signed.leaves, checkpoints: signed.checkpoints }
}

const readOf = (row: Buffer): PackedCursor => {
  const read = new PackedCursor(row)
  read.next()
  return read
}

/** `row` with one byte of a text field made another. */
function altered(row: Buffer, find: string): Buffer {
  const copy = Buffer.from(row)
  const at = copy.indexOf(find)
  copy[at + find.length - 1]! ^= 1
  return copy
}

it('finds nothing in a log that is whole, and says how far it is proved', async () => {
  const report = await look(fresh(), { ...TRUST, anchors: [topNotes(made).at(-10) as string] })
  expect(report).toMatchObject({ verdict: 'ok', exit_code: 0, integrity: 'ok', completeness: 'ok', attribution: 'ok', first_bad: null, leaves: 900, rows: 900, unsealed: 0, faults: [] })
  for (const { leaves, proved, anchored } of report.partitions) {
    expect([leaves, proved]).toEqual([300, 300])
    expect(anchored).toBeGreaterThan(0)
    expect(anchored).toBeLessThan(300)
  }
  expect(report.origins.map(({ credential }) => credential)).toContain('token:gateway-1')
  expect(report.origins.reduce((sum, { rows }) => sum + rows, 0)).toBe(900)
})

it('names the row that was changed, with or without its own hashes', async () => {
  for (const hide of [(row: Buffer) => row, withOwnHashes]) {
    const log = fresh()
    log.rows[400] = hide(altered(log.rows[400] as Buffer, 'user-'.slice(0, 5)))
    const report = await look(log)
    expect(report).toMatchObject({ exit_code: 1, integrity: 'tampered', first_bad: { partition: 400 % 3, index: Math.floor(400 / 3) } })
  }
})

it('names the row that is missing, and lets a declared removal be', async () => {
  const log = fresh()
  const [gone] = log.rows.splice(500, 1) as [Buffer]
  expect(await look(log)).toMatchObject({ exit_code: 2, integrity: 'ok', completeness: 'incomplete', first_bad: { partition: 2, index: 166 } })
  log.dropped.push(packLeaf({ ...leafOf(gone, 0), index: 500 % 3 }))
  // A table can be written to by whoever can delete from it: only the event in the log counts.
  expect(await look(log)).toMatchObject({ exit_code: 2, removed: 1, faults: [{ kind: 'removal-undeclared' }] })
  const fresh1 = { ...log, rows: [...log.rows, tombstone('r1', 1)] }
  expect(await look(fresh1)).toMatchObject({ exit_code: 3, notes: [expect.stringContaining('not yet provable'), expect.anything()] })
  expect(await look(saying(log, tombstone('r1', 1)))).toMatchObject({ exit_code: 0, removed: 1 })
})

it('takes a tombstone for nothing while its own leaf stands under no checkpoint', async () => {
  const log = fresh()
  log.rows[20] = blanked(log.rows[20] as Buffer, 'e1')
  expect(await look(log)).toMatchObject({ exit_code: 1, faults: [{ kind: 'removal-undeclared', question: 'integrity' }] })
  // Whoever can write to the tables adds the row of a tombstone, and a leaf to it.
  const event = tombstone('e1', 1)
  const forged = { ...log, rows: [...log.rows, event] }
  expect(await look(forged)).toMatchObject({ exit_code: 3, integrity: 'unverifiable', erased: 1, notes: [expect.stringContaining('not yet provable'), expect.anything()] })
  const withLeaf = { ...forged, leaves: log.leaves.map((leaves, partition) => (partition === 0 ? [...leaves, packLeaf(leafOf(event, leaves.length))] : leaves)) }
  expect(await look(withLeaf)).toMatchObject({ exit_code: 3, erased: 1 })
  // Among the others, where it has no leaf.
  expect(await look({ ...log, rows: [...log.rows, told('erasure.done', 'e1', 1, 4)] })).toMatchObject({ exit_code: 1 })
  // One of another removal, and a row in the table of removals from long ago, are none.
  expect(await look(saying(log, tombstone('e2', 1)))).toMatchObject({ exit_code: 1 })
  expect(await look({ ...log, removals: [{ id: 'e1', kind: 'erasure', detail: '', at: 1_000 }] })).toMatchObject({ exit_code: 1 })
  expect(await look(saying(log, event))).toMatchObject({ exit_code: 0, erased: 1 })
})

it('says of a removal that is under way that it cannot be proved yet, whatever stands there twice', async () => {
  const log = fresh()
  const begun = told('erasure.begin', 'e1', 0)
  // Blanked copies are written before what they are of is deleted.
  log.rows.push(blanked(log.rows[20] as Buffer, 'e1'))
  expect(await look(log)).toMatchObject({ exit_code: 1 })
  expect(await look(saying(log, begun))).toMatchObject({ exit_code: 3, faults: [] })
  const done = told('erasure.done', 'e1', 1, 1_000_001)
  expect(await look(saying(log, begun, done))).toMatchObject({ exit_code: 1, faults: [{ kind: 'row-twice' }] })
  // What is to be dropped is written down before it is.
  const listed = { ...fresh(), dropped: [packLeaf({ ...leafOf(made.rows[500] as Buffer, 0), index: 500 % 3 })] }
  expect(await look(saying(listed, told('retention.begin', 'r1', 0)))).toMatchObject({ exit_code: 0, faults: [] })
  expect(await look(listed)).toMatchObject({ exit_code: 1 })
  // An earlier end does not speak of what begins again.
  const again = { ...fresh(), rows: made.rows.map((row, at) => (at === 20 ? blanked(row, 'e1') : at === 23 ? blanked(row, 'e1') : row)) }
  expect(await look(saying(again, done))).toMatchObject({ exit_code: 1 })
  expect(await look(saying(again, done, told('erasure.begin', 'e1', 0, 1_000_002)))).toMatchObject({ exit_code: 3 })
})

it('lets rows be that an erasure blanked, and no others', async () => {
  const unsaid = fresh()
  unsaid.rows[20] = blanked(unsaid.rows[20] as Buffer, 'e1')
  const log = saying(unsaid, tombstone('e1', 1))
  expect(await look(log)).toMatchObject({ exit_code: 0, erased: 1 })
  // It came by a credential, which an erasure leaves; without one only the address told where from.
  expect((await look(log)).attribution).toBe('ok')
  const { partition: of, offset: at, offsetIndex: place, canonical: bytes } = readOf(made.rows[20] as Buffer)
  const anonymous = encodeCanonical({ ...decodeCanonical(bytes), credential: '' })
  const bare = packRecord({ bytes: anonymous.bytes, partition: of, offset: at, offsetIndex: place, hashes: writeHashes(anonymous), hashesAt: 0 })
  const signed = rewritten({ ...fresh(), rows: [...made.rows.with(20, bare), tombstone('e1', 1)] }, SHAPE.every, KEY)
  expect(await look(signed)).toMatchObject({ exit_code: 0, attribution: 'ok' })
  signed.rows[20] = blanked(bare, 'e1')
  expect(await look(signed)).toMatchObject({ exit_code: 0, attribution: 'incomplete', notes: expect.arrayContaining([expect.stringContaining('attribution of these is gone')]) as unknown })
  // The tombstone speaks of the row that was blanked: another one that is gone is not declared by it.
  const gone = { ...log, rows: log.rows.toSpliced(500, 1), dropped: [packLeaf({ ...leafOf(log.rows[500] as Buffer, 0), index: 500 % 3 })] }
  expect(await look(gone)).toMatchObject({ exit_code: 2, removed: 1, erased: 1, faults: [{ kind: 'removal-undeclared' }] })
  // Marked as erased, so that its content is believed, and another content put in.
  const { partition, offset, offsetIndex, storedContentHash, storedRecordHash, canonical } = readOf(made.rows[20] as Buffer)
  const other = encodeCanonical({ ...decodeCanonical(canonical), principal: 'somebody-else' }).bytes
  log.rows[20] = packRecord({ bytes: other, partition, offset, offsetIndex, hashes: Buffer.from(storedContentHash + storedRecordHash, 'latin1'), hashesAt: 0 }, 'e1')
  expect(await look(log)).toMatchObject({ exit_code: 1, integrity: 'tampered' })
  // A retention of content leaves who it was; nothing proves that any more, but content there is none.
  const kept = saying(unsaid, told('retention.done', 'e1', 1))
  const read = decodeCanonical(canonical)
  const lessOf = (event: AuditEvent): Buffer => packRecord({ bytes: encodeErased(event, storedContentHash).bytes, partition, offset, offsetIndex, hashes: Buffer.from(storedContentHash + storedRecordHash, 'latin1'), hashesAt: 0 }, 'e1')
  const less = { ...read, salt: '', name: '', resource: '', arguments: '', arguments_hash: '', result: '', result_hash: '', status_message: '', attributes: new Map(), resource_attributes: new Map() }
  kept.rows[20] = lessOf(less)
  expect(await look(kept)).toMatchObject({ exit_code: 0, notes: expect.arrayContaining([expect.stringContaining('not proved any more')]) as unknown })
  kept.rows[20] = lessOf({ ...less, arguments: '{"amount":1}' })
  expect(await look(kept)).toMatchObject({ exit_code: 1, faults: [{ kind: 'row-changed' }] })
  // That it was a retention is said by the event, not by a table.
  expect(await look({ ...log, removals: [{ id: 'e1', kind: 'retention', detail: '' }] })).toMatchObject({ exit_code: 1, integrity: 'tampered' })
})

it('finds rows that were put in, doubled, or moved', async () => {
  const doubled = fresh()
  doubled.rows.push(doubled.rows[10] as Buffer)
  expect(await look(doubled)).toMatchObject({ exit_code: 1, first_bad: { partition: 1, index: 3 } })
  const added = fresh()
  added.rows.push(withOwnHashes(altered(added.rows[10] as Buffer, 'user-')))
  expect((await look(added)).faults.map(({ kind }) => kind)).toContain('row-twice')
  const moved = fresh()
  const [one, other] = [Buffer.from(moved.rows[30] as Buffer), Buffer.from(moved.rows[60] as Buffer)]
  const place = Buffer.from(one.subarray(0, 16))
  other.copy(one, 0, 0, 16)
  place.copy(other, 0)
  Object.assign(moved.rows, { 30: one, 60: other })
  expect(await look(moved)).toMatchObject({ exit_code: 1, first_bad: { partition: 0 } })
})

it('finds leaves that were changed with their rows, cut off, or left out', async () => {
  const both = fresh()
  both.rows[400] = withOwnHashes(altered(both.rows[400] as Buffer, 'user-'))
  ;(both.leaves[1] as Buffer[])[133] = packLeaf(leafOf(both.rows[400] as Buffer, 133))
  expect(await look(both)).toMatchObject({ exit_code: 1, first_bad: { partition: 1, index: 100 } })
  const cut = fresh()
  cut.leaves[0]?.splice(290)
  cut.rows = cut.rows.filter((row) => { const read = new PackedCursor(row); read.next(); return read.partition !== 0 || leafOf(row, 0).offset < 120 })
  expect(await look(cut)).toMatchObject({ exit_code: 2, completeness: 'incomplete' })
  const hole = fresh()
  hole.leaves[0]?.splice(10, 1)
  expect(await look(hole)).toMatchObject({ exit_code: 1, first_bad: { partition: 0, index: 10 } })
})

it('finds what was written anew with the stolen key only by an anchor, and says so', async () => {
  const log = fresh()
  log.rows[400] = withOwnHashes(altered(log.rows[400] as Buffer, 'user-'))
  const forged = rewritten(log, SHAPE.every, KEY)
  const unanchored = await look(forged)
  expect(unanchored.exit_code).toBe(0)
  expect(unanchored.notes.join()).toContain('No anchor was given')
  expect(unanchored.partitions.every(({ anchored }) => anchored === 0)).toBe(true)
  expect(await look(forged, { ...TRUST, anchors: [topNotes(made).at(-1) as string] })).toMatchObject({ exit_code: 1, integrity: 'tampered' })
  // An anchor from before the change does not see it, and the report says how far it reaches.
  const early = await look(forged, { ...TRUST, anchors: [topNotes(made)[2] as string] })
  expect(early.exit_code).toBe(0)
  expect(early.partitions[1]?.anchored).toBeLessThanOrEqual(133)
})

it('cannot say anything without a key, or with another', async () => {
  expect(await look(fresh(), { verifiers: [], anchors: [] })).toMatchObject({ exit_code: 3, verdict: 'unverifiable', integrity: 'unverifiable' })
  expect(await look(fresh(), { verifiers: [verifierOfKey(keyOf(8))], anchors: [] })).toMatchObject({ exit_code: 3 })
})

it('takes a log without leaves and checkpoints for none that was proved', async () => {
  const bare = { ...fresh(), leaves: [[], [], []] as Buffer[][], checkpoints: [] }
  expect(await look(bare)).toMatchObject({ exit_code: 3, verdict: 'unverifiable', unsealed: 900, notes: [expect.stringContaining('no checkpoint'), expect.anything()] })
  expect(await look({ ...bare, rows: [] })).toMatchObject({ exit_code: 3 })
  expect(await look({ ...fresh(), checkpoints: [] })).toMatchObject({ exit_code: 3 })
  expect(await look(bare, { ...TRUST, anchors: [topNotes(made)[3] as string] })).toMatchObject({ exit_code: 2 })
})

it('follows the log over a change of keys, and says where a key is missing', async () => {
  const next = keyOf(8)
  const [own, newer] = [makeLog(SHAPE), rewritten(makeLog(SHAPE), SHAPE.every, next)]
  const old = rewritten(own, SHAPE.every, KEY)
  // From some place on everything is signed with the other key.
  const turned: MadeLog = { ...old, checkpoints: old.checkpoints.map((row, at) => (at < 20 ? row : newer.checkpoints[at] as MadeLog['checkpoints'][number])) }
  const both = [verifierOfKey(KEY), verifierOfKey(next)]
  for (const verifiers of [both, both.toReversed()]) expect(await look(turned, { verifiers, anchors: [] })).toMatchObject({ exit_code: 0, faults: [] })
  for (const verifier of both) expect(await look(turned, { verifiers: [verifier], anchors: [] })).toMatchObject({ exit_code: 3, notes: expect.arrayContaining([expect.stringContaining('signed by none of the keys')]) as unknown })
})

it('finds checkpoints that were changed, exchanged or left out', async () => {
  const bit = fresh()
  const at = bit.checkpoints.findIndex(({ partition, size }) => partition === 1 && size === 100)
  const note = bit.checkpoints[at]?.note ?? ''
  bit.checkpoints[at] = { ...bit.checkpoints[at] as MadeLog['checkpoints'][number], note: note.replace(/.(?==*\n$)/, (letter) => (letter === 'A' ? 'Q' : 'A')) }
  expect((await look(bit)).exit_code).toBe(1)
  const gone = fresh()
  gone.checkpoints.splice(at, 1)
  expect((await look(gone)).exit_code).toBe(1)
  const over = fresh()
  over.checkpoints = over.checkpoints.filter(({ partition, size }) => partition !== -1 || size !== 8)
  expect(await look(over)).toMatchObject({ exit_code: 2, faults: [{ kind: 'checkpoint-missing', index: 8 }] })
  const cut = fresh()
  cut.checkpoints = cut.checkpoints.filter(({ partition, logIndex }) => partition === -1 || logIndex < 12)
  expect(await look(cut)).toMatchObject({ exit_code: 2 })
})

it('believes the time of a checkpoint that is signed, not the one that its row says', async () => {
  const timesOf = (log: MadeLog, next: number): MadeLog => {
    const [from, to] = [next - 1, next].map((index) => log.checkpoints.findIndex(({ logIndex }) => logIndex === index)) as [number, number]
    const at = log.checkpoints[from]?.madeAt
    return { ...log, checkpoints: log.checkpoints.map((row, place) => (place === to ? { ...row, madeAt: at } : row)) }
  }
  const over = (log: MadeLog): MadeLog => ({ ...log, checkpoints: log.checkpoints.filter(({ partition, size }) => partition !== -1 || size !== 1) })
  // As though the checkpoints of both partitions had been signed together, and none over both between them was ever made.
  expect(await look(over(timesOf(fresh(), 1)))).toMatchObject({ exit_code: 1, faults: expect.arrayContaining([expect.objectContaining({ kind: 'checkpoint-time' }), expect.objectContaining({ kind: 'checkpoint-missing' })]) as unknown })
  expect(await look(over({ ...fresh(), checkpoints: fresh().checkpoints.map((row) => ({ ...row, madeAt: undefined })) }))).toMatchObject({ exit_code: 2, faults: [{ kind: 'checkpoint-missing' }] })
  const before = makeLog({ ...SHAPE, untimed: true }, KEY)
  expect(await look(before)).toMatchObject({ exit_code: 0 })
  expect(await look(timesOf(before, 1))).toMatchObject({ exit_code: 0 })
})

it('tells rows that no leaf seals yet, gaps, sequences and erasures that nobody declared', async () => {
  const log = fresh()
  const last = new PackedCursor(log.rows.at(-1) as Buffer)
  last.next()
  const later = Buffer.from(log.rows.at(-1) as Buffer)
  later.writeBigInt64LE(BigInt(last.offset + 50), 4)
  log.rows.push(later)
  expect(await look(log)).toMatchObject({ exit_code: 0, unsealed: 1 })
  // One that came an hour before the last that has a leaf is none of the last.
  const early = (partition: number): MadeLog => ({ ...fresh(), rows: [...made.rows, putIn(made.rows[0] as Buffer, partition)] })
  for (const partition of [0, 7]) expect(await look(early(partition))).toMatchObject({ exit_code: 3, unsealed: 1, notes: [expect.stringContaining('have no leaf'), expect.anything()] })
  const gap = { partition: 0, first: 1, next: 2, detail: 'lost', explained: '' }
  expect(await look({ ...fresh(), gaps: [gap] })).toMatchObject({ exit_code: 2 })
  expect(await look({ ...fresh(), gaps: [{ ...gap, explained: 'planned work' }] })).toMatchObject({ exit_code: 0 })
})

it('goes on where it was broken off, and comes to the same', async () => {
  const log = fresh()
  log.rows[400] = withOwnHashes(altered(log.rows[400] as Buffer, 'user-'))
  const whole = await look(log)
  for (let stop = 1; stop <= 6; stop++) {
    let [kept, left]: [ReturnType<Run['save']> | undefined, number] = [undefined, stop]
    const keep = (run: Run): void => {
      kept = JSON.parse(JSON.stringify(run.save())) as ReturnType<Run['save']>
      if (--left === 0) throw new Error('broken off')
    }
    await expect(verify({ source: sourceOf(log), trust: TRUST, lanes: [ownLane()], keep })).rejects.toThrow('broken off')
    expect(await verify({ source: sourceOf(log), trust: TRUST, lanes: [ownLane()], saved: kept })).toEqual(whole)
  }
})
