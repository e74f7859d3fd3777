/** Undoes gzip without trusting what it says: never more than `maxBytes` come out, and a bomb never blocks the process. */
import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { Failure } from '../../schemas/failure.ts'
import type { Lease } from './in-flight.ts'
import { undecodable } from './otlp/budget.ts'

/** Smaller bodies are inflated at once (half the cost of doing it elsewhere), if they say that little comes out. */
const SYNC_INPUT = 256 * 1024
const SYNC_OUTPUT = 2 * 1024 * 1024
const CHUNK = 256 * 1024
/** Deflate makes at most 1032 bytes out of one (zlib.net, "Technical Details"). */
const MAX_RATIO = 1032
const NOT_GZIP = 'The body is not gzip, though content-encoding says so'

/** Failure `rejected` with this code is answered 413. */
export const TOO_LARGE = 'otlp.too_large'

export const tooLarge = (maxBytes: number) =>
  new Failure('rejected', TOO_LARGE, `The body is larger than ${maxBytes} bytes after inflating; send smaller batches.`)

/** Failure `unavailable` with this code is back-pressure. */
export const BUSY = 'otlp.busy'

export const busy = () =>
  new Failure('unavailable', BUSY, 'Too many bytes are being worked on; send this again.', { retryAfterSeconds: 1 })

/**
 * `body`: a gzip file; `lease` is grown by what comes out, as it comes. Throws Failure `rejected`: `otlp.too_large` over `maxBytes`,
 * `otlp.undecodable` for what is no whole gzip file; `unavailable` (`otlp.busy`) where the lease cannot grow.
 */
export async function inflate(body: Buffer, maxBytes: number, lease: Lease): Promise<Buffer> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) throw undecodable(NOT_GZIP)
  const said = saidSize(body)
  // A size that gzip cannot reach is no size: the file is cut off, which inflating will tell.
  if (said > maxBytes && said <= body.length * MAX_RATIO) throw tooLarge(maxBytes)
  if (body.length >= SYNC_INPUT || said > SYNC_OUTPUT) return inflateApart(body, maxBytes, lease)
  if (!lease.grow(said)) throw busy()
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, said) })
  } catch (error) {
    // More came out than was said: several files in one, or a lie. Neither is worth blocking for.
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return inflateApart(body, maxBytes, lease)
    throw notGzip(error)
  }
}

/** The last four bytes of a gzip file: size of its (last) content modulo 2^32 (RFC 1952). */
function saidSize(body: Buffer): number {
  return body.length < 18 ? 0 : body.readUInt32LE(body.length - 4)
}

async function inflateApart(body: Buffer, maxBytes: number, lease: Lease): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const gunzip = createGunzip({ chunkSize: CHUNK })
  try {
    for await (const chunk of Readable.from([body]).pipe(gunzip) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      if (!lease.grow(chunk.length)) throw busy()
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof Failure ? error : notGzip(error)
  }
  return Buffer.concat(chunks, size)
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function notGzip(error: unknown): Error {
  const code = codeOf(error)
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error instanceof Error ? error : new Error(String(error))
  return undecodable(code === 'Z_BUF_ERROR' ? 'The gzip body is cut off' : NOT_GZIP, error)
}
