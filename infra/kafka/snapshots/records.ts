/**
 * What is written to the topic of snapshots. Partition 0 is the index: one record for each owner of each name, with its newest two snapshots. The other
 * partitions hold pieces of states too large for it. All records have keys, so that compaction keeps the last of each.
 */
import { Packr } from 'msgpackr'
import { crc32c } from '../../../schemas/crc32c.ts'

/** Where a state lies that is too large for the index. */
export interface Pieces {
  readonly id: string
  readonly partition: number
  /** None of them is before this offset. */
  readonly from: number
  readonly count: number
}

/** One saved snapshot. */
export interface Head {
  readonly version: number
  readonly nextOffset: number
  /** CRC-32C of the state. */
  readonly crc: number
  readonly state: Buffer | Pieces
}

/** What one owner says of one name. */
export interface Claim {
  readonly name: string
  /** A higher one is the owner; of two equal ones the higher writer. So the order on the topic, which compaction changes, does not matter. */
  readonly epoch: number
  /** Random, of one process. */
  readonly writer: string
  /** Which word of this owner it is. */
  readonly serial: number
  /** Newest first, two at most. */
  readonly heads: readonly Head[]
  /** Pieces that are being written, or were when their writer ended: in no head. */
  readonly pending: Pieces | undefined
}

const packr = new Packr({ useRecords: false })
const CRC_BYTES = 4

export const claimKey = ({ name, epoch, writer }: Pick<Claim, 'name' | 'epoch' | 'writer'>): string => JSON.stringify([name, epoch, writer])
export const pieceKey = (id: string, index: number): string => JSON.stringify([id, index])

export function encodeClaim(claim: Claim): Buffer {
  const body = packr.pack(claim)
  const out = Buffer.allocUnsafe(CRC_BYTES + body.length)
  body.copy(out, CRC_BYTES)
  out.writeUInt32BE(crc32c(body), 0)
  return out
}

/** Undefined where the bytes are not a whole claim. */
export function decodeClaim(bytes: Buffer): Claim | undefined {
  if (bytes.length <= CRC_BYTES || crc32c(bytes, CRC_BYTES) !== bytes.readUInt32BE(0)) return undefined
  return packr.unpack(bytes.subarray(CRC_BYTES)) as Claim
}

/** Name of a claim's key, also where its bytes are damaged; undefined for a key that is none. */
export function nameOf(key: string): string | undefined {
  try {
    const parts: unknown = JSON.parse(key)
    return Array.isArray(parts) && parts.length === 3 && typeof parts[0] === 'string' ? parts[0] : undefined
  } catch {
    return undefined
  }
}

/** Whether `a` holds rather than `b`. */
export function outranks(a: Claim, b: Claim | undefined): boolean {
  if (b === undefined || a.epoch !== b.epoch) return b === undefined || a.epoch > b.epoch
  return a.writer === b.writer ? a.serial >= b.serial : a.writer > b.writer
}
