/**
 * Checks the CRC-32C of every whole record batch in the answer to a fetch, version 11 (KIP-392; record batches: KIP-98). The broker checks it when it takes a
 * batch, and its own disk and the way here come after that.
 */
import { crc32c } from '../../schemas/crc32c.ts'
import { checkAttributes } from './compression.ts'

/** Base offset and length come before what a batch calls its length. */
const PREFIX = 12
/** From the batch's start: magic, checksum, and what the checksum is over. */
const MAGIC_AT = 16
const CRC_AT = 17
/** Begins with its attributes, two bytes. */
const BODY_AT = 21
const ATTRIBUTES_BYTES = 2
const MAGIC = 2

/** Throws RangeError where an answer is no answer, or a batch is not what was written, and Failure `misconfigured` where it is, and is compressed in a way that is not known. */
export function checkRecordBatches(answer: Buffer): void {
  // Throttle time, error code, session id.
  let at = 10
  const topics = answer.readInt32BE(at)
  at += 4
  for (let topic = 0; topic < topics; topic++) {
    at += 2 + answer.readInt16BE(at)
    const partitions = answer.readInt32BE(at)
    at += 4
    for (let partition = 0; partition < partitions; partition++) at = checkPartition(answer, at)
  }
}

/** Answers where the next partition begins. */
function checkPartition(answer: Buffer, start: number): number {
  // Partition, error code, high watermark, last stable offset, log start offset.
  let at = start + 4 + 2 + 8 + 8 + 8
  const aborted = answer.readInt32BE(at)
  at += 4 + Math.max(0, aborted) * 16
  // Preferred replica.
  at += 4
  const size = Math.max(0, answer.readInt32BE(at))
  at += 4
  const end = at + size
  if (end > answer.length) throw new RangeError('records run past the end of the answer')
  checkBatches(answer, at, end)
  return end
}

/** The last batch may be cut off: the broker fills what was asked for. */
function checkBatches(answer: Buffer, start: number, end: number): void {
  for (let at = start; at + BODY_AT <= end;) {
    const next = at + PREFIX + answer.readInt32BE(at + 8)
    if (next > end) return
    if (next < at + BODY_AT + ATTRIBUTES_BYTES) throw new RangeError('a record batch has no length')
    if (answer.readInt8(at + MAGIC_AT) === MAGIC) checkBatch(answer, at, next)
    at = next
  }
}

function checkBatch(answer: Buffer, at: number, next: number): void {
  if (crc32c(answer, at + BODY_AT, next) !== answer.readUInt32BE(at + CRC_AT)) throw new RangeError('a record batch is not what was written')
  checkAttributes(answer.readInt16BE(at + BODY_AT))
}
