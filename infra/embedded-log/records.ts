/** Payloads of the log's own small records, as fixed little-endian layouts. Decoders answer undefined for bytes of another shape. */

/** One envelope as its group lists it. */
export interface GroupEntry {
  readonly partition: number
  readonly offset: number
  /** Bytes of its frame, and the frame's CRC-32C. */
  readonly length: number
  readonly crc: number
}

/** What one publish group wrote to one topic; its own frame's CRC covers the CRCs of all its envelopes. */
export interface GroupRecord {
  /** Nanoseconds since 1970. */
  readonly at: bigint
  readonly entries: readonly GroupEntry[]
}
const ENTRY = 16

export function encodeGroup(group: GroupRecord): Buffer {
  const out = Buffer.allocUnsafe(8 + group.entries.length * ENTRY)
  let at = out.writeBigInt64LE(group.at, 0)
  for (const entry of group.entries) {
    at = out.writeUInt16LE(entry.partition, at)
    at = out.writeUIntLE(entry.offset, at, 6)
    at = out.writeUInt32LE(entry.length, at)
    at = out.writeUInt32LE(entry.crc, at)
  }
  return out
}

export function decodeGroup(bytes: Buffer): GroupRecord | undefined {
  if (bytes.length < 8 || (bytes.length - 8) % ENTRY !== 0) return undefined
  const entries: GroupEntry[] = []
  for (let at = 8; at < bytes.length; at += ENTRY) {
    entries.push({
      partition: bytes.readUInt16LE(at), offset: bytes.readUIntLE(at + 2, 6), length: bytes.readUInt32LE(at + 8), crc: bytes.readUInt32LE(at + 12),
    })
  }
  return { at: bytes.readBigInt64LE(0), entries }
}

/** Bounds of a topic after a transaction: retained are groups and, per partition, offsets from `first` to before `next`. */
export interface TopicBounds {
  readonly firstGroup: number
  readonly nextGroup: number
  readonly partitions: readonly { readonly first: number; readonly next: number }[]
}

export function encodeBounds(bounds: TopicBounds): Buffer {
  return encodeNumbers([bounds.firstGroup, bounds.nextGroup, ...bounds.partitions.flatMap(({ first, next }) => [first, next])])
}

export function decodeBounds(bytes: Buffer): TopicBounds | undefined {
  const numbers = decodeNumbers(bytes)
  if (numbers === undefined || numbers.length < 4 || numbers.length % 2 !== 0) return undefined
  const [firstGroup, nextGroup, ...rest] = numbers as [number, number, ...number[]]
  const partitions = Array.from({ length: rest.length / 2 }, (_, partition) => ({ first: rest[partition * 2]!, next: rest[partition * 2 + 1]! }))
  return { firstGroup, nextGroup, partitions }
}

/** Serial of the youngest record of bounds, by topic: tells whether a salvaged one is the youngest there was. */
export function encodeLast(serials: ReadonlyMap<string, number>): Buffer {
  const entries = [...serials].flatMap(([topic, serial]) => [Buffer.from([Buffer.byteLength(topic)]), Buffer.from(topic), encodeNumbers([serial])])
  return Buffer.concat(entries)
}

export function decodeLast(bytes: Buffer): ReadonlyMap<string, number> | undefined {
  const serials = new Map<string, number>()
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes[at]!
    if (end + 8 > bytes.length) return undefined
    serials.set(bytes.toString('utf8', at + 1, end), bytes.readDoubleLE(end))
    at = end + 8
  }
  return serials
}

/** Offsets by partition; -1 where nothing is committed. */
export function encodeNumbers(numbers: readonly number[]): Buffer {
  const out = Buffer.allocUnsafe(numbers.length * 8)
  numbers.forEach((number, at) => out.writeDoubleLE(number, at * 8))
  return out
}

export function decodeNumbers(bytes: Buffer): readonly number[] | undefined {
  if (bytes.length % 8 !== 0) return undefined
  return Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readDoubleLE(at * 8))
}
