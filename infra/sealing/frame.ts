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

/** Head, ciphertext and tag. What was encrypted is memory of Node's, and whoever takes the pieces has a place for them: it is not copied here. */
export function sealPieces({ id, key }: DataKey, plain: Buffer, about: string): readonly Buffer[] {
  const head = Buffer.allocUnsafe(HEAD)
  head.writeUInt32LE(MAGIC)
  head.writeUInt32LE(HEAD + plain.length + TAG - 8, 4)
  id.copy(head, 8)
  drawNonce(head, 8 + KEY_ID)
  const cipher = createCipheriv(ALGORITHM, key, head.subarray(8 + KEY_ID))
  cipher.setAAD(Buffer.from(about))
  const sealed = cipher.update(plain)
  cipher.final()
  return [head, sealed, cipher.getAuthTag()]
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
