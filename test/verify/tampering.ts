/** Logs altered at random, one thing at a time, and what the verifier says of each. */
import { dice } from '../../bench/store-rows.ts'
import type { StoredCheckpoint } from '../../schemas/evidence.ts'
import { bodyOf } from '../../schemas/checkpoint.ts'
import { signNote } from '../../schemas/note.ts'
import { LeafCursor, packLeaf } from '../../schemas/packed-leaf.ts'
import { PackedCursor } from '../../schemas/packed-record.ts'
import { ownLane } from '../../services/verify/lanes.ts'
import { notesIn } from '../../services/verify/note-file.ts'
import type { Report } from '../../services/verify/verdict.ts'
import { verify } from '../../services/verify/verify.ts'
import { blanked, keyOf, leafOf, makeLog, type MadeLog, NAME, putIn, rewritten, signerOf, sourceOf, told, topNotes, verifierOfKey, withOwnHashes } from './made-log.ts'

export type Outcome = 'found' | 'after the last anchor' | 'missed'
export interface Tampering {
  /** What was altered, and how. */
  readonly kind: string
  readonly outcome: Outcome
  /** To look into it. */
  readonly number: number
}

type Roll = (limit: number) => number

const SHAPE = { partitions: 2, events: 96, every: 16 }
const OF_ANCHORED = 0.7

/** What is altered: a copy, which the alteration may change as it likes. `at`: the first leaf that it is about, where somebody has the key. */
interface Case {
  readonly log: MadeLog
  anchors: string
  readonly key: ReturnType<typeof keyOf>
  readonly roll: Roll
}
/** Partition and index of the first leaf that is not what it was; undefined where all of it must be found. */
type First = { readonly partition: number; readonly index: number } | undefined

const pick = <T>(list: readonly T[], roll: Roll): number => roll(list.length)

function flip(bytes: Buffer, roll: Roll): Buffer {
  const copy = Buffer.from(bytes)
  copy[roll(copy.length)]! ^= 1 << roll(8)
  return copy
}

function swap<T>(list: T[], roll: Roll): void {
  const one = pick(list, roll)
  const other = (one + 1 + roll(list.length - 1)) % list.length
  ;[list[one], list[other]] = [list[other] as T, list[one] as T]
}

const placeOf = (row: Buffer): { readonly partition: number; readonly offset: number; readonly offsetIndex: number } => {
  const cursor = new PackedCursor(row)
  cursor.next()
  return { partition: cursor.partition, offset: cursor.offset, offsetIndex: cursor.offsetIndex }
}

/** The row as another event says it, with hashes that are right. */
function reworded(row: Buffer, roll: Roll): Buffer {
  const copy = Buffer.from(row)
  const at = copy.indexOf('user-') + 5
  copy[at] = 0x30 + ((copy[at] as number) - 0x30 + 1 + roll(8)) % 9
  return withOwnHashes(copy)
}

/** Two rows change their places on the bus. */
function exchanged(rows: Buffer[], roll: Roll): void {
  const one = pick(rows, roll)
  const other = (one + 1 + roll(rows.length - 1)) % rows.length
  const [a, b] = [Buffer.from(rows[one] as Buffer), Buffer.from(rows[other] as Buffer)]
  const place = Buffer.from(a.subarray(0, 16))
  b.copy(a, 0, 0, 16)
  place.copy(b, 0)
  Object.assign(rows, { [one]: a, [other]: b })
}

const flippedText = (text: string, roll: Roll): string => flip(Buffer.from(text), roll).toString('utf8')

function flippedCheckpoint(checkpoint: StoredCheckpoint, roll: Roll): StoredCheckpoint {
  const bit = 2 ** roll(8)
  const flipped = (number: number): number => (Math.floor(number / bit) % 2 === 1 ? number - bit : number + bit)
  if (roll(4) > 0) return { ...checkpoint, note: flippedText(checkpoint.note, roll) }
  return roll(2) === 0 ? { ...checkpoint, size: flipped(checkpoint.size) } : { ...checkpoint, logIndex: checkpoint.partition < 0 ? -1 : flipped(checkpoint.logIndex), size: checkpoint.partition < 0 ? flipped(checkpoint.size) : checkpoint.size }
}

const leavesOf = ({ log, roll }: Case): Buffer[] => log.leaves[pick(log.leaves, roll)] as Buffer[]
const partitionCheckpoints = ({ log }: Case): StoredCheckpoint[] => log.checkpoints.filter(({ partition }) => partition >= 0)

/** With the key: everything that can be made again is, so that only what is outside tells. */
function withKey(given: Case, alter: (rows: Buffer[]) => number): First {
  const rows = [...given.log.rows]
  const first = alter(rows)
  const { partition } = placeOf(given.log.rows[Math.min(first, given.log.rows.length - 1)] as Buffer)
  const index = given.log.rows.slice(0, first).filter((row) => placeOf(row).partition === partition).length
  Object.assign(given.log, rewritten({ ...given.log, rows }, SHAPE.every, given.key))
  return { partition, index }
}

/** Everything behind a leaf goes: rows, leaves, checkpoints. */
function cutEverything({ log, roll }: Case): First {
  const partition = pick(log.leaves, roll)
  const leaves = log.leaves[partition] as Buffer[]
  const keep = roll(leaves.length)
  const gone = leaves.splice(keep).map((bytes) => {
    const leaf = new LeafCursor(bytes)
    leaf.next()
    return `${leaf.offset} ${leaf.offsetIndex}`
  })
  log.rows = log.rows.filter((row) => {
    const place = placeOf(row)
    return place.partition !== partition || !gone.includes(`${place.offset} ${place.offsetIndex}`)
  })
  const first = Math.min(...log.checkpoints.filter((one) => one.partition === partition && one.size > keep).map(({ logIndex }) => logIndex))
  log.checkpoints = log.checkpoints.filter((one) => (one.partition < 0 ? one.size <= first : one.logIndex < first))
  return { partition, index: keep }
}

const ALTERATIONS: readonly (readonly [string, (given: Case) => First | void])[] = [
  ['row: bit', ({ log, roll }) => { const at = pick(log.rows, roll); log.rows[at] = flip(log.rows[at] as Buffer, roll) }],
  ['row: reworded, hashes made right', ({ log, roll }) => { const at = pick(log.rows, roll); log.rows[at] = reworded(log.rows[at] as Buffer, roll) }],
  ['row: deleted', ({ log, roll }) => { log.rows.splice(pick(log.rows, roll), 1) }],
  ['row: doubled', ({ log, roll }) => { log.rows.push(log.rows[pick(log.rows, roll)] as Buffer) }],
  ['row: inserted', ({ log, roll }) => { log.rows.splice(pick(log.rows, roll), 0, reworded(log.rows[pick(log.rows, roll)] as Buffer, roll)) }],
  ['row: places exchanged', ({ log, roll }) => exchanged(log.rows, roll)],
  ['row: put in behind the last leaf', ({ log, roll }) => { log.rows.push(putIn(log.rows[pick(log.rows, roll)] as Buffer, roll(4))) }],
  ['row: moved to another partition', ({ log, roll }) => {
    const at = pick(log.rows, roll)
    const copy = Buffer.from(log.rows[at] as Buffer)
    copy.writeUInt32LE((copy.readUInt32LE(0) + 1 + roll(3)) % (SHAPE.partitions + 2), 0)
    log.rows[at] = copy
  }],
  ['row: under another tenant', ({ log, roll }) => {
    const at = pick(log.rows, roll)
    const copy = Buffer.from(log.rows[at] as Buffer)
    copy[copy.indexOf('tenant-') + 7]! ^= 1
    log.rows[at] = roll(2) === 0 ? copy : withOwnHashes(copy)
  }],
  ['row: blanked', ({ log, roll }) => { const at = pick(log.rows, roll); log.rows[at] = blanked(log.rows[at] as Buffer, 'e1') }],
  ['row: blanked, tombstone put in', ({ log, roll }) => {
    const at = pick(log.rows, roll)
    log.rows[at] = blanked(log.rows[at] as Buffer, 'e1')
    const offset = roll(2) === 0 ? roll(40) : 1_000 + roll(1_000)
    log.rows.push(told('erasure.done', 'e1', 1, offset))
    if (roll(2) === 0) log.leaves[0]?.push(packLeaf(leafOf(log.rows.at(-1) as Buffer, log.leaves[0].length)))
  }],
  ['row: deleted, told to be dropped', ({ log, roll }) => {
    const [gone] = log.rows.splice(pick(log.rows, roll), 1) as [Buffer]
    const { partition, ...leaf } = leafOf(gone, 0)
    log.dropped = [packLeaf({ ...leaf, index: partition })]
    if (roll(2) === 0) log.rows.push(told('retention.done', 'r1', 1, 1_000))
  }],
  ['rows: last ones cut', ({ log, roll }) => { log.rows.splice(1 + roll(log.rows.length - 1)) }],
  ['leaf: bit', (given) => { const leaves = leavesOf(given); const at = pick(leaves, given.roll); leaves[at] = flip(leaves[at] as Buffer, given.roll) }],
  ['leaf: deleted', (given) => { const leaves = leavesOf(given); leaves.splice(pick(leaves, given.roll), 1) }],
  ['leaf: inserted', (given) => { const leaves = leavesOf(given); const at = pick(leaves, given.roll); leaves.splice(at, 0, flip(leaves[at] as Buffer, given.roll)) }],
  ['leaf: order', (given) => {
    const leaves = leavesOf(given)
    swap(leaves, given.roll)
    for (const [index, leaf] of leaves.entries()) leaves[index] = Buffer.concat([Buffer.from(new BigUint64Array([BigInt(index)]).buffer), leaf.subarray(8)])
  }],
  ['leaves: last ones cut', (given) => { const leaves = leavesOf(given); leaves.splice(given.roll(leaves.length)) }],
  ['checkpoint: bit', ({ log, roll }) => { const at = pick(log.checkpoints, roll); log.checkpoints[at] = flippedCheckpoint(log.checkpoints[at] as StoredCheckpoint, roll) }],
  ['checkpoint: deleted', (given) => { 
    const own = partitionCheckpoints(given)
    const gone = own[pick(own.slice(0, -1), given.roll)]
    given.log.checkpoints = given.log.checkpoints.filter((one) => one !== gone)
  }],
  ['checkpoint: deleted, renumbered', (given) => {
    const own = partitionCheckpoints(given)
    const gone = own[pick(own.slice(0, -1), given.roll)] as StoredCheckpoint
    const rest = given.log.checkpoints.filter((one) => one !== gone)
    given.log.checkpoints = rest.map((one) => (one.logIndex > gone.logIndex ? { ...one, logIndex: one.logIndex - 1 } : one))
  }],
  ['checkpoint over all: deleted', ({ log, roll }) => {
    const own = log.checkpoints.filter(({ partition }) => partition < 0)
    const gone = own[pick(own.slice(0, -1), roll)]
    log.checkpoints = log.checkpoints.filter((one) => one !== gone)
  }],
  ['checkpoint: order', (given) => {
    const own = partitionCheckpoints(given)
    const [one, other] = [own[0], own[1 + pick(own.slice(1), given.roll)]] as [StoredCheckpoint, StoredCheckpoint]
    given.log.checkpoints = given.log.checkpoints.map((row) => (row === one ? { ...row, logIndex: other.logIndex } : row === other ? { ...row, logIndex: one.logIndex } : row))
  }],
  ['checkpoint: of another log', (given) => {
    const at = pick(given.log.checkpoints, given.roll)
    const { note, ...row } = given.log.checkpoints[at] as StoredCheckpoint
    const [origin = '', ...rest] = bodyOf(note).split('\n')
    const other = given.roll(2) === 0 ? origin.replace(NAME, 'other.example') : origin.replace(/\d+$/, '9')
    given.log.checkpoints = given.log.checkpoints.with(at, { ...row, note: other === origin ? '' : signNote([other, ...rest].join('\n'), signerOf(given.key)) })
  }],
  ['everything that is signed: deleted', ({ log }) => { log.leaves = log.leaves.map(() => []); log.checkpoints = [] }],
  ['anchor: bit', (given) => { given.anchors = flippedText(given.anchors, given.roll) }],
  ['everything: end cut', cutEverything],
  ['stolen key: row reworded', (given) => withKey(given, (rows) => { const at = pick(rows, given.roll); rows[at] = reworded(rows[at] as Buffer, given.roll); return at })],
  ['stolen key: row deleted', (given) => withKey(given, (rows) => { const at = pick(rows, given.roll); rows.splice(at, 1); return at })],
  ['stolen key: row inserted', (given) => withKey(given, (rows) => { const at = pick(rows, given.roll); rows.splice(at, 0, moved(reworded(rows[at] as Buffer, given.roll))); return at })],
  ['stolen key: end cut', (given) => withKey(given, (rows) => { const at = 1 + given.roll(rows.length - 2); rows.splice(at); return at })],
]

/** At a place of its own. */
function moved(row: Buffer): Buffer {
  const copy = Buffer.from(row)
  copy.writeUInt32LE(900, 12)
  return copy
}

function outcomeOf(report: Report, given: Case, first: First): Outcome {
  if (report.exit_code !== 0) return 'found'
  if (notesIn(given.anchors).length > report.anchors.used) return 'found'
  if (first === undefined) return 'missed'
  const { anchored = 0 } = report.partitions.find(({ partition }) => partition === first.partition) ?? {}
  return first.index >= anchored ? 'after the last anchor' : 'missed'
}

/** `count` alterations from number `from` on; the same seed makes the same ones. */
export async function* tamper(seed: number, count: number, from = 0): AsyncGenerator<Tampering> {
  const key = keyOf(seed)
  const made = makeLog({ seed, ...SHAPE }, key)
  const notes = topNotes(made)
  const anchors = [notes[1], notes[Math.floor(notes.length * OF_ANCHORED)]].join('\n')
  for (let number = from; number < from + count; number++) {
    const log: MadeLog = { ...made, rows: [...made.rows], leaves: made.leaves.map((leaves) => [...leaves]), checkpoints: [...made.checkpoints] }
    const given: Case = { log, anchors, key, roll: dice(seed * 1_000_003 + number) }
    const [kind, alter] = ALTERATIONS[number % ALTERATIONS.length] as (typeof ALTERATIONS)[number]
    const first = alter(given) ?? undefined
    const report = await verify({ source: sourceOf(log, { chunk: 1 << 20 }), trust: { verifiers: [verifierOfKey(key)], anchors: notesIn(given.anchors) }, lanes: [ownLane()] })
    yield { kind, outcome: outcomeOf(report, given, first), number }
  }
}

/** Whether the log that all alterations begin with is found to be whole. */
export async function isWhole(seed: number): Promise<Report> {
  const key = keyOf(seed)
  return await verify({ source: sourceOf(makeLog({ seed, ...SHAPE }, key)), trust: { verifiers: [verifierOfKey(key)], anchors: [] }, lanes: [ownLane()] })
}
