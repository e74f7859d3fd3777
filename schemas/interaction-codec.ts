/**
 * Envelopes of topic `interactions`: u8 format (2; 1 had fewer fields), LEB128 count, then the records field by field in the order of their schema, with the
 * primitives of canonical.ts. Envelopes of before this format are msgpack arrays, whose first byte is neither.
 */
import { CanonicalWriter } from './canonical-bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
import type { Interaction } from './interaction.ts'
import { readInteraction, writeInteraction } from './interaction-fields.ts'

const FORMAT = 2
const OLDER = 1
const writer = new CanonicalWriter()

export const isInteractions = (bytes: Buffer): boolean => bytes[0] === FORMAT || bytes[0] === OLDER

/** The returned buffer is the caller's own. */
export function encodeInteractions(records: readonly Interaction[]): Buffer {
  writer.restart()
  writer.reserve(6)
  writer.buffer[writer.length++] = FORMAT
  writer.varint(records.length)
  for (const record of records) writeInteraction(writer, record)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

/** Throws RangeError when the bytes are not a whole envelope of this format. */
export function decodeInteractions(bytes: Buffer): readonly Interaction[] {
  const reader = new CanonicalReader(bytes, 1)
  const generation = bytes[0] === OLDER ? 1 : 2
  const records: Interaction[] = []
  for (let left = reader.count(); left > 0; left--) records.push(readInteraction(reader, generation))
  if (reader.position !== bytes.length) throw new RangeError('envelope of interactions: bytes after its end')
  return records
}
