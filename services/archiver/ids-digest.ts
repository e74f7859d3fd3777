import { hash } from 'node:crypto'
import { writeAscii } from '../../schemas/ascii.ts'

const DIGITS = 32
const COMMA = 44

/**
 * SHA-256 of ids with commas between them, 64 hex digits: of `ids.join()`, without making that text, which is hundreds of kilobytes for each batch.
 */
export function digestOfIds(ids: readonly string[]): string {
  return hash('sha256', bytesOf(ids) ?? ids.join(), 'hex')
}

/** Undefined where an id is not one of 32 ASCII characters: then nothing is won. */
function bytesOf(ids: readonly string[]): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(ids.length * (DIGITS + 1))
  let to = 0
  for (const id of ids) {
    if (id.length !== DIGITS || !writeAscii(id, bytes, to)) return undefined
    to += DIGITS
    bytes[to++] = COMMA
  }
  return bytes.subarray(0, Math.max(0, to - 1))
}
