/** A log that is written to while it is read: what moves, and what is on its way, is no tampering. */
import { expect, it, vi } from 'vitest'
import { keyOf, leafOf, makeLog, type MadeLog, sourceOf, verifierOfKey, withOwnHashes } from '../../test/verify/made-log.ts'
import type { EvidenceSource } from '../../schemas/evidence.ts'
import { packLeaf } from '../../schemas/packed-leaf.ts'
import { ownLane } from './lanes.ts'
import type { Report } from './verdict.ts'
import { verify } from './verify.ts'

const waits: number[] = []
vi.mock('node:timers/promises', () => ({ setTimeout: async (pause: number) => void waits.push(pause) }))

const KEY = keyOf(5)
const made = makeLog({ seed: 5, partitions: 2, events: 400, every: 40 }, KEY)
const look = (source: EvidenceSource): Promise<Report> => verify({ source, trust: { verifiers: [verifierOfKey(KEY)], anchors: [] }, lanes: [ownLane()] })

/** Rows are those of `first` when all are read the first time; when ranges are compared, leaves and rows are `first`'s for so many looks. */
function moving(first: MadeLog, then: MadeLog, looks = 0): EvidenceSource {
  const [early, late] = [sourceOf(first, { pieceRows: 1_000 }), sourceOf(then, { pieceRows: 1_000 })]
  let [runs, left] = [1, looks]
  return {
    ...late, live: true,
    rows: (piece) => (runs-- > 0 ? early.rows(piece) : late.rows(piece)),
    leavesWithin: (places) => (left-- > 0 ? early : late).leavesWithin(places),
    rowsWithin: (places) => (left >= 0 ? early : late).rowsWithin(places),
  }
}

it('looks again where a row was read in two places, or in none', async () => {
  for (const rows of [[...made.rows, made.rows[10] as Buffer], made.rows.toSpliced(10, 1)]) {
    expect(await look(moving({ ...made, rows }, made))).toMatchObject({ exit_code: 0, faults: [] })
    // A folder does not move.
    expect((await look({ ...moving({ ...made, rows }, made), live: false })).exit_code).toBe(1)
  }
})

it('waits for the leaf of a replayed record, and not for ever', async () => {
  const replayed = Buffer.from(made.rows[10] as Buffer)
  replayed.writeUInt32LE(900, 12)
  const row = withOwnHashes(replayed)
  const [before, after] = [{ ...made, rows: [...made.rows, row] }, { ...made, rows: [...made.rows, row], leaves: made.leaves.map((leaves, partition) => (partition === 0 ? [...leaves, packLeaf(leafOf(row, leaves.length))] : leaves)) }]
  const source = (looks: number): EvidenceSource => ({ ...moving(before, after, looks), partitions: sourceOf(before).partitions, leaves: sourceOf(before).leaves })
  waits.length = 0
  expect(await look(source(3))).toMatchObject({ exit_code: 0, faults: [] })
  expect(waits).toEqual([1_000, 2_000, 4_000])
  expect(await look(source(1_000))).toMatchObject({ exit_code: 1, faults: [{ kind: 'row-extra' }] })
})
