/**
 * One snapshot as a file. Layout, little-endian: 4 bytes magic, u32 CRC-32C of all that follows, u32 version, f64 next offset, u32
 * length of the state, state.
 */
import { crc32c } from '../../schemas/crc32c.ts'
import type { Snapshot } from '../../schemas/ports.ts'

const MAGIC = Buffer.from('WKS1')
const HEADER = 24

export function encodeSnapshot({ version, nextOffset, state }: Snapshot): Buffer {
  const out = Buffer.allocUnsafe(HEADER + state.length)
  MAGIC.copy(out)
  out.writeUInt32LE(version, 8)
  out.writeDoubleLE(nextOffset, 12)
  out.writeUInt32LE(state.length, 20)
  state.copy(out, HEADER)
  out.writeUInt32LE(crc32c(out, 8), 4)
  return out
}

/** Undefined when the bytes are not one whole snapshot. */
export function decodeSnapshot(bytes: Buffer): Snapshot | undefined {
  if (bytes.length < HEADER || bytes.compare(MAGIC, 0, 4, 0, 4) !== 0 || bytes.length !== HEADER + bytes.readUInt32LE(20)) return undefined
  if (crc32c(bytes, 8) !== bytes.readUInt32LE(4)) return undefined
  return { version: bytes.readUInt32LE(8), nextOffset: bytes.readDoubleLE(12), state: bytes.subarray(HEADER) }
}
