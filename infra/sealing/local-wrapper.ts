/** The key of keys in a file: whoever can read that file can read the log. A key management service takes its place by the same port. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { KeyWrapper } from '../../schemas/sealing.ts'

const NONCE = 12
const TAG = 16
const ALGORITHM = 'aes-256-gcm'

/** What a key of keys is called; no secret. */
export const masterId = (master: Buffer): string => createHash('sha256').update('watchkeeper key of keys\0').update(master).digest('hex').slice(0, 16)

/** Undefined where it was wrapped with another one. */
function opened(wrapped: Buffer, master: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv(ALGORITHM, master, wrapped.subarray(0, NONCE))
    decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG))
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE, wrapped.length - TAG)), decipher.final()])
  } catch {
    return undefined
  }
}

/** `master`: 32 random bytes; `path`: the file that they came from, to be named where they are the wrong ones; `others`: keys of keys that open as well, while one takes the place of another. */
export const localWrapper = (master: Buffer, path: string, others: readonly Buffer[] = []): KeyWrapper => ({
  id: masterId(master),
  async wrap(key) {
    const nonce = randomBytes(NONCE)
    const cipher = createCipheriv(ALGORITHM, master, nonce)
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
  },
  async unwrap(wrapped) {
    for (const one of [master, ...others]) {
      const key = opened(wrapped, one)
      if (key !== undefined) return key
    }
    throw new Failure('misconfigured', 'sealing.master', `A key of the log cannot be opened with ${path}: restore that file, or the log cannot be read.`)
  },
})
