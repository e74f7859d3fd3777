/** Reads a request body into one buffer, never more of it than allowed. */
import type { IncomingMessage } from 'node:http'

const FIRST_CHUNKED_BYTES = 16_384

/** The body; `too_large` as soon as that is certain; `cut` when the client went away before its end. */
export function readBody(message: IncomingMessage, limit: number): Promise<Buffer | 'too_large' | 'cut'> {
  const announced = Number(message.headers['content-length'] ?? Number.NaN)
  if (announced > limit) return Promise.resolve('too_large')
  return new Promise((resolve) => {
    // Announced bytes are only believed up to what has come so far, else a thousand idle clients could claim all memory.
    let buffer = Buffer.allocUnsafe(Math.min(Number.isNaN(announced) ? FIRST_CHUNKED_BYTES : announced, 1_048_576))
    let length = 0
    const done = (result: Buffer | 'too_large' | 'cut') => {
      message.removeAllListeners('data')
      resolve(result)
    }
    message.on('data', (chunk: Buffer) => {
      if (length + chunk.length > limit) return done('too_large')
      if (length + chunk.length > buffer.length) {
        const grown = Buffer.allocUnsafe(Math.min(limit, Math.max(buffer.length * 2, length + chunk.length)))
        buffer.copy(grown, 0, 0, length)
        buffer = grown
      }
      length += chunk.copy(buffer, length)
    })
    message.on('end', () => done(buffer.subarray(0, length)))
    message.on('error', () => done('cut'))
    message.on('close', () => done('cut'))
  })
}
