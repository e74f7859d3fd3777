/**
 * Envelopes of topic `interactions`: u8 format (2; 1 had fewer fields), LEB128 count, then the records field by field in the order of their schema, with the
 * primitives of canonical.ts. Envelopes of before this format are msgpack arrays, whose first byte is neither.
 */
import { CanonicalWriter } from './canonical-bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
import type { Interaction } from './interaction.ts'
import { type Generation, readInteraction, writeInteraction } from './interaction-fields.ts'

const FORMAT = 2
const OLDER = 1
const writer = new CanonicalWriter()

export const isInteractions = (bytes: Buffer): boolean => bytes[0] === FORMAT || bytes[0] === OLDER

/** In memory that the next call uses again. */
export function lendInteractions(records: readonly Interaction[]): Buffer {
  writer.restart()
  writer.reserve(6)
  writer.buffer[writer.length++] = FORMAT
  writer.varint(records.length)
  for (const record of records) writeInteraction(writer, record)
  return writer.buffer.subarray(0, writer.length)
}

/** The returned buffer is the caller's own. */
export const encodeInteractions = (records: readonly Interaction[]): Buffer => Buffer.from(lendInteractions(records))

/** An interaction with its bytes as they are written today: who sends it on unchanged need not write it. */
export interface WrittenInteraction {
  readonly interaction: Interaction
  /** They share the envelope's memory. Undefined where the envelope is of before. */
  readonly bytes: Buffer | undefined
}

/** Throws RangeError when the bytes are not a whole envelope of this format. */
export const decodeInteractions = (bytes: Buffer): readonly Interaction[] => decoded(bytes, (reader, generation) => readInteraction(reader, generation))

/** The same, with the bytes of each. */
export const decodeWritten = (bytes: Buffer): readonly WrittenInteraction[] => decoded(bytes, (reader, generation) => {
  const start = reader.position
  const interaction = readInteraction(reader, generation)
  return { interaction, bytes: generation === FORMAT ? bytes.subarray(start, reader.position) : undefined }
})

function decoded<T>(bytes: Buffer, read: (reader: CanonicalReader, generation: Generation) => T): readonly T[] {
  const reader = new CanonicalReader(bytes, 1)
  const generation = bytes[0] === OLDER ? OLDER : FORMAT
  const records: T[] = []
  for (let left = reader.count(); left > 0; left--) records.push(read(reader, generation))
  if (reader.position !== bytes.length) throw new RangeError('envelope of interactions: bytes after its end')
  return records
}
