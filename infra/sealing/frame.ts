/** A sealed envelope: `WKS1`, u32 little-endian bytes behind it, 8 bytes key id, 12 bytes nonce, AES-256-GCM ciphertext, 16 bytes tag. */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

const MAGIC = 0x31534b57
const KEY_ID = 8
const NONCE = 12
const TAG = 16
const HEAD = 8 + KEY_ID + NONCE
const ALGORITHM = 'aes-256-gcm'

export interface DataKey {
  /** 8 bytes. */
  readonly id: Buffer
  /** 32 bytes. */
  readonly key: Buffer
}

/** Whether the bytes begin with a sealed envelope: no codec of ours writes anything that begins so. */
export const isSealed = (bytes: Buffer): boolean => bytes.length >= HEAD + TAG && bytes.readUInt32LE() === MAGIC

/** Random bytes drawn for many envelopes at once: alone they cost as much as encrypting a kilobyte. */
const nonces = Buffer.alloc(256 * NONCE)
let nextNonce = nonces.length

function drawNonce(into: Buffer, at: number): void {
  if (nextNonce === nonces.length) {
    randomFillSync(nonces)
    nextNonce = 0
  }
  nonces.copy(into, at, nextNonce, nextNonce + NONCE)
  // Nothing of it is left behind to be drawn again.
  nonces.fill(0, nextNonce, nextNonce += NONCE)
}

export function sealFrame({ id, key }: DataKey, plain: Buffer, about: string): Buffer {
  const frame = Buffer.allocUnsafe(HEAD + plain.length + TAG)
  frame.writeUInt32LE(MAGIC)
  frame.writeUInt32LE(frame.length - 8, 4)
  id.copy(frame, 8)
  drawNonce(frame, 8 + KEY_ID)
  const cipher = createCipheriv(ALGORITHM, key, frame.subarray(8 + KEY_ID, HEAD))
  cipher.setAAD(Buffer.from(about))
  cipher.update(plain).copy(frame, HEAD)
  cipher.final()
  cipher.getAuthTag().copy(frame, HEAD + plain.length)
  return frame
}

/** 16 hex digits: the key under which the first frame is sealed. */
export const keyIdOf = (frame: Buffer): string => frame.toString('hex', 8, 8 + KEY_ID)

/** The frames that stand one behind the other. Throws RangeError for bytes that are none. */
export function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at)
    if (!isSealed(rest)) throw new RangeError('sealed envelope: it does not begin as one')
    const end = 8 + rest.readUInt32LE(4)
    if (end > rest.length || end < HEAD + TAG) throw new RangeError('sealed envelope: it is cut')
    frames.push(rest.subarray(0, end))
    at += end
  }
  return frames
}

/** What was sealed. Throws RangeError where the key is not known any more, or a byte was changed. */
export function openFrame(frame: Buffer, keyOf: (id: string) => Buffer | undefined, about: string): Buffer {
  const id = keyIdOf(frame)
  const key = keyOf(id)
  if (key === undefined) throw new RangeError(`sealed envelope: key ${id} is gone`)
  const decipher = createDecipheriv(ALGORITHM, key, frame.subarray(8 + KEY_ID, HEAD))
  decipher.setAAD(Buffer.from(about))
  decipher.setAuthTag(frame.subarray(frame.length - TAG))
  const plain = decipher.update(frame.subarray(HEAD, frame.length - TAG))
  try {
    decipher.final()
  } catch {
    throw new RangeError('sealed envelope: it was changed')
  }
  return plain
}
