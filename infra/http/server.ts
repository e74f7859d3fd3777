/**
 * node:http(s) for handlers that know no sockets. A body goes into one buffer of the announced length; slow and oversized clients are cut off; stop
 * answers what is open.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Failure } from '../../schemas/failure.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { readBody } from './body.ts'

export interface TlsFiles {
  readonly key: string
  readonly cert: string
  /** PEM of the authority whose client certificates are required. */
  readonly client_ca?: string | undefined
}

export interface HttpServerOptions {
  /** For error messages: `OTLP/HTTP`, `SQL`. */
  readonly name: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  /** As sent; a larger body is answered with 413. */
  readonly maxBodyBytes: number
  readonly handle: HttpHandler
  /** What a handler threw: the client is told 503 and to come again. */
  failed(error: unknown): void
}

export interface HttpServer {
  /** `host:port` as bound. */
  readonly address: string
  /** Takes no new connections, answers what is open, then lets go. Safe twice. */
  stop(): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const MAX_CONNECTIONS = 1_024
const STOP_WAIT_MS = 8_000

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Failure('misconfigured', 'http.tls', `The TLS file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
}

function createServer(tls: TlsFiles | undefined, listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  if (tls === undefined) return createHttpServer(listener)
  const ca = tls.client_ca === undefined ? {} : { ca: readPem(tls.client_ca), requestCert: true, rejectUnauthorized: true }
  try {
    return createHttpsServer({ key: readPem(tls.key), cert: readPem(tls.cert), minVersion: 'TLSv1.2', ...ca }, listener)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('misconfigured', 'http.tls', `The TLS key and certificate (${tls.key}, ${tls.cert}) cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

function bindFailure({ name, host, port }: HttpServerOptions, error: NodeJS.ErrnoException): Failure {
  const where = `${name} cannot listen on ${host}:${port}`
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there (perhaps another watchkeeper). Stop it, or choose another address.',
    EACCES: 'that needs rights which this user does not have. Choose a port above 1023.',
    EADDRNOTAVAIL: 'this machine has no such address.',
    ENOTFOUND: 'the host name is not known.',
  }
  return new Failure('misconfigured', 'http.address', `${where}: ${why[error.code ?? ''] ?? error.message}`, { cause: error })
}

function headersOf(message: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(message.headers)) if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  return headers
}

function requestOf(message: IncomingMessage, body: Buffer, signal: AbortSignal): HttpRequest {
  const url = message.url ?? '/'
  const at = url.indexOf('?')
  return {
    method: (message.method ?? '').toUpperCase(), path: at === -1 ? url : url.slice(0, at), query: at === -1 ? '' : url.slice(at + 1),
    headers: headersOf(message), body, peer: message.socket.remoteAddress ?? '', signal,
  }
}

async function answer(response: ServerResponse, { status, headers, body }: HttpResponse): Promise<void> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const hasBody = status !== 204 && status !== 304
    response.writeHead(status, { ...headers, ...(hasBody ? { 'content-length': bytes.length } : {}) }).end(hasBody ? bytes : undefined)
    return
  }
  response.writeHead(status, headers)
  for await (const chunk of body) if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  response.end()
}

const plain = (status: number, text: string, headers: Record<string, string> = {}): HttpResponse => ({ status, headers: { 'content-type': 'text/plain', ...headers }, body: `${text}\n` })

async function respond({ maxBodyBytes, handle, failed }: HttpServerOptions, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  try {
    const body = await readBody(message, maxBodyBytes)
    if (body === 'too_large') return await answer(response, plain(413, `The body is larger than ${maxBodyBytes} bytes; send smaller batches.`, { connection: 'close' }))
    if (body === 'cut') return
    await answer(response, await handle(requestOf(message, body, gone.signal)))
  } catch (error) {
    failed(error)
    if (response.headersSent) response.destroy()
    else await answer(response, plain(503, 'The request could not be worked on; send it again.', { 'retry-after': '2' }))
  }
}

/** Throws Failure `misconfigured` when the address or the TLS files cannot be used. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(options.tls, (message, response) => void respond(options, message, response))
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(bindFailure(options, error)))
    server.listen(options.port, options.host, resolve)
  })
  server.on('error', options.failed)
  const { address, port } = server.address() as AddressInfo
  let stopped: Promise<void> | undefined
  return {
    address: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), STOP_WAIT_MS).unref()
      })
      return stopped
    },
  }
}
