/**
 * One value of the log as it lies on disk. A frame says what it is without help from the tree around it, so that a reader can
 * tell damage, and a log whose tree is broken can be gathered from its raw pages.
 *
 * Layout, little-endian: u32 magic, u32 CRC-32C of all that follows, u48 serial of the transaction, u16 key length, u32 payload
 * length, key, payload.
 */
import { crc32c } from '../../schemas/crc32c.ts'

export const FRAME_MAGIC = Buffer.from([0xd7, 0x57, 0x4b, 0x31])
export const FRAME_HEADER = 20

export interface Frame {
  /** Of the transaction that wrote it; of two frames with one key the higher serial is the younger. */
  readonly serial: number
  readonly key: Buffer
  readonly payload: Buffer
}

/** Memory for the frames of one transaction after the other, so that large envelopes are not collected as garbage one by one. */
export class FrameMemory {
  #chunk = Buffer.alloc(0)
  #used = 0

  /** Everything taken so far may be overwritten. */
  reuse(): void {
    this.#used = 0
    if (this.#chunk.length > KEPT_CHUNK) this.#chunk = Buffer.alloc(0)
  }

  take(length: number): Buffer {
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(length, this.#chunk.length * 2, FIRST_CHUNK))
      this.#used = 0
    }
    const taken = this.#chunk.subarray(this.#used, this.#used + length)
    this.#used += (length + 7) & ~7
    return taken
  }
}
const FIRST_CHUNK = 256 * 1024
const KEPT_CHUNK = 8 * 1024 * 1024

export function encodeFrame({ serial, key, payload }: Frame, memory?: FrameMemory): Buffer {
  const length = FRAME_HEADER + key.length + payload.length
  const out = memory?.take(length) ?? Buffer.allocUnsafeSlow(length)
  FRAME_MAGIC.copy(out)
  out.writeUIntLE(serial, 8, 6)
  out.writeUInt16LE(key.length, 14)
  out.writeUInt32LE(payload.length, 16)
  key.copy(out, FRAME_HEADER)
  payload.copy(out, FRAME_HEADER + key.length)
  out.writeUInt32LE(crc32c(out, 8), 4)
  return out
}

/** The length that the header at `at` claims, or undefined where no header is. Nothing is verified. */
export function claimedLength(bytes: Buffer, at: number): number | undefined {
  if (at + FRAME_HEADER > bytes.length || bytes.compare(FRAME_MAGIC, 0, 4, at, at + 4) !== 0) return undefined
  return FRAME_HEADER + bytes.readUInt16LE(at + 14) + bytes.readUInt32LE(at + 16)
}

/** The frame that starts at `at`, sharing memory with `bytes`; undefined when it is not whole. */
export function decodeFrame(bytes: Buffer, at = 0): Frame | undefined {
  const length = claimedLength(bytes, at)
  if (length === undefined || at + length > bytes.length) return undefined
  if (crc32c(bytes, at + 8, at + length) !== bytes.readUInt32LE(at + 4)) return undefined
  const payloadAt = at + FRAME_HEADER + bytes.readUInt16LE(at + 14)
  return { serial: bytes.readUIntLE(at + 8, 6), key: bytes.subarray(at + FRAME_HEADER, payloadAt), payload: bytes.subarray(payloadAt, at + length) }
}

/** The payload of a stored value, or undefined when it is damaged or stands under a key that is not its own. */
export function payloadUnder(key: Buffer, value: Buffer): Buffer | undefined {
  const frame = decodeFrame(value)
  return frame !== undefined && frame.key.equals(key) ? frame.payload : undefined
}
