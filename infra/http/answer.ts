/** Sends an answer, and reads on where a request was refused before its end. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connections } from '../../schemas/connections.ts'
import type { HttpResponse } from '../../schemas/http.ts'

/** What a client may still send after it has been refused: most write everything before they read, and would only see a reset. */
const MAX_DRAINED = 128 * 1024 * 1024

export const PLAIN = { 'content-type': 'text/plain; charset=utf-8' }

/** Resolves when everything is handed to the system, or the connection is gone. Throws only for what cannot be sent (a bad header). */
export async function answer(response: ServerResponse, { status, headers, body }: HttpResponse, close: boolean): Promise<void> {
  if (response.destroyed) return
  const connection = close ? { connection: 'close' } : {}
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
    response.writeHead(status, { ...headers, ...connection })
    // A body that breaks off destroys the connection: a part never looks like the whole.
    await pipeline(Readable.from(body, { objectMode: false }), response).catch(() => response.destroy())
    return
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...connection })
  await new Promise<void>((resolve) => {
    response.on('finish', resolve).on('close', resolve)
    // An empty body given as one goes out as a piece of its own behind the head: two writes to gather for nothing.
    if (body.length === 0) response.end()
    else response.end(body)
  })
}

/** Reads on and forgets, up to a limit, and only what comes fast enough. */
export function drain(request: IncomingMessage, connections: Connections | undefined): void {
  let size = 0
  const done = connections?.await({ bytes: () => size, tooSlow: () => void request.destroy() })
  if (done !== undefined) {
    request.once('end', done)
    request.once('close', done)
  }
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_DRAINED) request.destroy()
  })
  request.on('error', () => {})
  request.resume()
}
