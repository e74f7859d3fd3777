/** A log that is written to while it is read: what moves, and what is on its way, is no tampering. */
import { expect, it, vi } from 'vitest'
import { blanked, keyOf, leafOf, makeLog, type MadeLog, rewritten, sourceOf, told, verifierOfKey, withOwnHashes } from '../../test/verify/made-log.ts'
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

/** One state of the log for each time that all of it is read; the last for all others. */
function passing(states: readonly MadeLog[]): EvidenceSource {
  const sources = states.map((state) => sourceOf(state))
  let now = -1
  const at = (): EvidenceSource => sources[Math.min(now, sources.length - 1)] as EvidenceSource
  return {
    ...sources[0] as EvidenceSource, live: true,
    partitions: async () => {
      now++
      return at().partitions()
    },
    checkpoints: (of) => (sources[Math.min(now + 1, sources.length - 1)] as EvidenceSource).checkpoints(of),
    leaves: (...given) => at().leaves(...given), leavesWithin: (places) => at().leavesWithin(places), rowsWithin: (places) => at().rowsWithin(places),
    pieces: () => at().pieces(), rows: (piece) => at().rows(piece), removals: () => at().removals(), dropped: () => at().dropped(),
  }
}

it('says of what stood there at an earlier look what it can, where erasures follow each other without end', async () => {
  /** Each erasure takes a row, is under way at one look and done at the next, while the one after it is under way. */
  const state = (look: number, undone: readonly number[] = []): MadeLog => {
    const events = Array.from({ length: look }, (_, at) => [
      told('erasure.begin', `e${at}`, 0, 1_000_000 + 2 * at), ...(at === look - 1 || undone.includes(at) ? [] : [told('erasure.done', `e${at}`, 1, 1_000_001 + 2 * at)]),
    ]).flat()
    const signed = rewritten({ ...made, rows: [...made.rows, ...events] }, 40, KEY)
    return { ...signed, rows: [...made.rows.map((row, at) => (at % 2 === 0 && at / 2 < look ? blanked(row, `e${at / 2}`) : row)), ...events] }
  }
  waits.length = 0
  expect(await look(passing([1, 2, 3, 4].map((at) => state(at))))).toMatchObject({ exit_code: 0, faults: [], erased: 1, notes: expect.arrayContaining([expect.stringContaining('at an earlier look')]) as unknown })
  expect(waits).toEqual([10_000])
  // One that does not end is not provable, however many others do; and a row that no tombstone speaks of is none that others' speak of.
  expect(await look(passing([1, 2, 3, 4].map((at) => state(at, [0]))))).toMatchObject({ exit_code: 3 })
  const more = (made: MadeLog): MadeLog => ({ ...made, rows: made.rows.map((row, at) => (at === 101 ? blanked(row, 'e0') : row)) })
  expect((await look(passing([1, 2, 3, 4].map((at) => more(state(at)))))).exit_code).toBe(1)
})
