/** A log made from a seed, as plain lists that a test can alter before they are read as evidence. */
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { dice } from '../../bench/store-rows.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { decodeCanonical, encodeCanonical, encodeCanonicals, encodeErased, HASH_DIGITS, writeHashes } from '../../schemas/canonical.ts'
import { COMMITTED_FIELDS } from '../../schemas/canonical-order.ts'
import { logOrigin, partitionOrigin } from '../../schemas/checkpoint.ts'
import type { DeclaredGap, EvidenceSource, Places, Removal, StoredCheckpoint } from '../../schemas/evidence.ts'
import { CompactRange, leafHash } from '../../schemas/merkle.ts'
import { checkpointBody, rawPublicKey, signNote, type Verifier, verifierOf } from '../../schemas/note.ts'
import { leafData, LeafCursor, packLeaf, type PackedLeaf } from '../../schemas/packed-leaf.ts'
import { FIELD, PackedCursor, packRecord } from '../../schemas/packed-record.ts'

export const NAME = 'log.example'

/** Ed25519 key of a seed. */
export function keyOf(seed: number): KeyObject {
  const secret = createHash('sha256').update(`key ${seed}`).digest()
  return createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]), format: 'der', type: 'pkcs8' })
}
export const signerOf = (key: KeyObject) => ({ name: logOrigin(NAME), privateKey: key })
export const verifierOfKey = (key: KeyObject): Verifier => verifierOf(logOrigin(NAME), rawPublicKey(key))

export interface MadeLog {
  rows: Buffer[]
  /** Of each partition, in order. */
  leaves: Buffer[][]
  checkpoints: StoredCheckpoint[]
  dropped: Buffer[]
  removals: Removal[]
  gaps: DeclaredGap[]
  /** Checkpoints as earlier versions made them: their time is in the row alone. */
  readonly untimed?: boolean
}

export interface LogShape {
  readonly seed: number
  readonly partitions: number
  readonly events: number
  /** A checkpoint of each partition after so many of its events. */
  readonly every: number
  readonly untimed?: boolean
}

/** Place of event `number`: envelopes of some records, and offsets that hold none. */
const placeOf = (number: number) => ({ offset: Math.floor(number / 7) * 3 + 2, offsetIndex: number % 7 })

/** `extra`: rows for the log of `events` more, which no leaf seals yet. */
export function makeLog({ seed, partitions, events, every, untimed = false }: LogShape, key: KeyObject = keyOf(seed)): MadeLog {
  const roll = dice(seed)
  const hex = (digits: number): string => Array.from({ length: digits }, () => roll(16).toString(16)).join('')
  const log: MadeLog = { rows: [], leaves: Array.from({ length: partitions }, () => []), checkpoints: [], dropped: [], removals: [], gaps: [], untimed }
  const trees = log.leaves.map(() => new CompactRange())
  const top = new CompactRange()
  for (let number = 0; number < events; number++) {
    const partition = number % partitions
    const [canonical] = encodeCanonicals([{
      ...exampleAuditEvent, event_id: hex(32), tenant: `tenant-${number % 2}`, salt: hex(32), arguments: hex(roll(60)), principal: `user-${roll(9)}`, credential: `token:gateway-${roll(3)}`,
      sequence: BigInt(Math.floor(number / 2)), conversation: '', started_at: exampleAuditEvent.started_at + BigInt(number) * 1_000_000n,
    }])
    if (canonical === undefined) throw new Error('nothing was encoded')
    const stored = { bytes: canonical.bytes, partition, ...placeOf(Math.floor(number / partitions)), hashes: writeHashes(canonical), hashesAt: 0 }
    const packed = packRecord(stored)
    log.rows.push(packed)
    appendLeaf(log, trees, leafOf(packed, trees[partition]?.size ?? 0))
    if ((trees[partition]?.size ?? 0) % every === 0 || number >= events - partitions) sign(log, { trees, top, partition, key })
  }
  return log
}

/** The leaf that the row must have. */
export function leafOf(packed: Buffer, index: number): PackedLeaf & { readonly partition: number } {
  const row = new PackedCursor(packed)
  row.next()
  return {
    partition: row.partition, index, offset: row.offset, offsetIndex: row.offsetIndex, tenant: row.text(FIELD.tenant),
    eventId: Buffer.from(row.text(FIELD.event_id), 'hex'), recordHash: Buffer.from(row.hashes().record, 'hex'),
  }
}

function appendLeaf(log: MadeLog, trees: readonly CompactRange[], leaf: PackedLeaf & { readonly partition: number }): void {
  log.leaves[leaf.partition]?.push(packLeaf(leaf))
  trees[leaf.partition]?.append(leafHash(leafData(leaf.eventId, leaf.recordHash)))
}

function sign(log: MadeLog, { trees, top, partition, key }: { trees: readonly CompactRange[]; top: CompactRange; partition: number; key: KeyObject }): void {
  const tree = trees[partition] as CompactRange
  const at = 1_800_000_000_000_000_000n + BigInt(top.size)
  const [madeAt, timed] = [String(at), log.untimed === true ? {} : { madeAt: at }]
  const body = checkpointBody({ origin: partitionOrigin(NAME, partition), size: tree.size, root: tree.root(), ...timed })
  log.checkpoints.push({ partition, size: tree.size, note: signNote(body, signerOf(key)), logIndex: top.size, madeAt })
  top.append(leafHash(Buffer.from(body)))
  log.checkpoints.push({ partition: -1, size: top.size, note: signNote(checkpointBody({ origin: logOrigin(NAME), size: top.size, root: top.root(), ...timed }), signerOf(key)), logIndex: -1, madeAt })
}

/** All leaves and checkpoints again from the rows as they are now: what somebody does who has the signing key. Rows stand in the order of their leaves. */
export function rewritten({ rows, leaves, dropped, removals, gaps }: MadeLog, every: number, key: KeyObject): MadeLog {
  const log: MadeLog = { rows: [...rows], leaves: leaves.map(() => []), checkpoints: [], dropped, removals, gaps }
  const trees = leaves.map(() => new CompactRange())
  const top = new CompactRange()
  for (const packed of rows) {
    const row = new PackedCursor(packed)
    row.next()
    appendLeaf(log, trees, leafOf(packed, trees[row.partition]?.size ?? 0))
    if ((trees[row.partition]?.size ?? 0) % every === 0) sign(log, { trees, top, partition: row.partition, key })
  }
  for (const partition of leaves.keys()) sign(log, { trees, top, partition, key })
  return log
}

export const topNotes = ({ checkpoints }: MadeLog): string[] => checkpoints.filter(({ partition }) => partition === -1).map(({ note }) => note)

async function* cut(parts: readonly Buffer[], size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.concat(parts)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const within = ({ first, next }: Places, { offset }: { readonly offset: number }): boolean => offset >= first && offset < next

/** The row with its stored hashes made anew from its fields, as somebody alters it who does not want to be seen. */
export function withOwnHashes(packed: Buffer): Buffer {
  const row = new PackedCursor(packed)
  row.next()
  const hashes = Buffer.from(row.hashes().content + row.hashes().record, 'latin1')
  if (hashes.length !== 2 * HASH_DIGITS) throw new Error('a hash has another length')
  return packRecord({ bytes: row.canonical, partition: row.partition, offset: row.offset, offsetIndex: row.offsetIndex, hashes, hashesAt: 0 }, row.erasure)
}

/** An event of the product itself about a removal, behind the last leaf. */
export function told(step: string, id: string, events: number, offset = 1_000_000): Buffer {
  const [canonical] = encodeCanonicals([{
    ...exampleAuditEvent, event_id: offset.toString(16).padStart(32, 'f'), emitter: 'watchkeeper', method: `watchkeeper/${step}`, resource: `removal/${id}`, outcome: 'ok',
    arguments: JSON.stringify(step.endsWith('done') ? { events: String(events), events_digest: '' } : {}), received_at: exampleAuditEvent.received_at + BigInt(offset) * 1_000_000n,
  }])
  if (canonical === undefined) throw new Error('nothing was encoded')
  return packRecord({ bytes: canonical.bytes, partition: 0, offset, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 })
}

/** A row of an hour earlier behind the last one of a partition, where it has no leaf. */
export function putIn(row: Buffer, partition: number): Buffer {
  const read = new PackedCursor(row)
  read.next()
  const event = decodeCanonical(read.canonical)
  const canonical = encodeCanonical({ ...event, event_id: 'e'.repeat(32), received_at: event.received_at - 3_600_000_000_000n })
  return packRecord({ bytes: canonical.bytes, partition, offset: 2_000_000, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 })
}

/** The row as a removal leaves it. */
export function blanked(row: Buffer, erasure: string): Buffer {
  const read = new PackedCursor(row)
  read.next()
  const { content, record } = read.hashes()
  const event = { ...decodeCanonical(read.canonical), ...Object.fromEntries(COMMITTED_FIELDS.map(({ name, kind }) => [name, kind === 'map' ? new Map() : ''])) } as AuditEvent
  const { bytes } = encodeErased(event, content)
  return packRecord({ bytes, partition: read.partition, offset: read.offset, offsetIndex: read.offsetIndex, hashes: Buffer.from(content + record, 'latin1'), hashesAt: 0 }, erasure)
}

/** The lists as evidence, in pieces of `chunk` bytes and of some hundred rows. */
export function sourceOf(log: MadeLog, { chunk = 4096, pieceRows = 300 } = {}): EvidenceSource {
  // Read as bytes: the rest of the row may be damaged.
  const places = log.rows.map((bytes) => ({ partition: bytes.readUInt32LE(0), offset: Number(bytes.readBigInt64LE(4)), bytes }))
  const leafPlaces = (partition: number) => (log.leaves[partition] ?? []).map((bytes) => {
    const leaf = new LeafCursor(bytes)
    leaf.next()
    return { index: leaf.index, offset: leaf.offset, bytes }
  })
  return {
    name: 'a log that was made', tenants: undefined, keeps: 'all', mostRanges: 50, notes: () => [],
    partitions: async () => new Map(log.leaves.map((_, partition) => [partition, Math.max(-1, ...leafPlaces(partition).map(({ index }) => index)) + 1])),
    async* checkpoints(of) {
      const [wanted, by] = of === 'log' ? [(partition: number) => partition === -1, 'size' as const] : [(partition: number) => partition >= 0, 'logIndex' as const]
      yield log.checkpoints.filter(({ partition }) => wanted(partition)).sort((a, b) => a[by] - b[by])
    },
    leaves: (partition, from, count) => cut(leafPlaces(partition).filter(({ index }) => index >= from && index < from + count).sort((a, b) => a.index - b.index).map(({ bytes }) => bytes), chunk),
    pieces: async () => Array.from({ length: Math.ceil(log.rows.length / pieceRows) }, (_, at) => ({ id: String(at), rows: Math.min(pieceRows, log.rows.length - at * pieceRows) })),
    rows: ({ id }) => cut(log.rows.slice(Number(id) * pieceRows, (Number(id) + 1) * pieceRows), chunk),
    dropped: () => cut(log.dropped, chunk),
    anchored: async () => [],
    removals: async () => log.removals,
    gaps: async () => log.gaps,
    leavesWithin: (asked) => cut(leafPlaces(asked.partition).filter((leaf) => within(asked, leaf)).map(({ bytes }) => bytes), chunk),
    rowsWithin: (asked) => cut(places.filter((row) => row.partition === asked.partition && within(asked, row)).map(({ bytes }) => bytes), chunk),
    async find(eventId) {
      for (const [partition, leaves] of log.leaves.entries()) {
        const index = leaves.findIndex((leaf) => leaf.includes(Buffer.from(eventId, 'hex')))
        if (index >= 0) return { partition, index }
      }
      return undefined
    },
    faults: () => [],
    close: async () => undefined,
  }
}
