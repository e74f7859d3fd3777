import { hash } from 'node:crypto'

const DIGITS = 32
const COMMA = 44
const MOST_ASCII = 127

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
    if (id.length !== DIGITS) return undefined
    for (let at = 0; at < DIGITS; at++) {
      const code = id.charCodeAt(at)
      if (code > MOST_ASCII) return undefined
      bytes[to++] = code
    }
    bytes[to++] = COMMA
  }
  return bytes.subarray(0, Math.max(0, to - 1))
}
