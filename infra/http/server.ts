/** HTTP and HTTPS listeners on node:http: the one place where requests become `HttpRequest` and answers go out. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Server as NetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Failure } from '../../schemas/failure.ts'
import type { Connections } from '../../schemas/connections.ts'
import type { HttpHandler, HttpHead, HttpResponse } from '../../schemas/http.ts'
import { SpareMemory } from '../../schemas/spare-memory.ts'
import { answer, drain, PLAIN } from './answer.ts'
import { bindFailure } from './bind-failure.ts'
import { readBody } from './read-body.ts'
import type { BodyLimits, HeldBytes, ReadOutcome } from './read-body.ts'
import { headOf, Received } from './received.ts'

/** PEM texts. With `ca`, clients must show a certificate of that authority. */
export interface TlsMaterial {
  readonly key: string | Buffer
  readonly cert: string | Buffer
  readonly ca?: string | Buffer
}

/** Times in milliseconds. */
export interface HttpLimits {
  readonly maxConnections: number
  /** Bytes of all bodies that are being read or worked on; over it new ones are answered 503. */
  readonly maxHeldBytes: number
  /** Until the head is there, counted from its first byte. */
  readonly headersTimeout: number
  /** Until the whole request is there. */
  readonly requestTimeout: number
  /** How long a connection may be without any traffic, even while an answer is being made. */
  readonly silenceTimeout: number
  /** How long a connection may be without a request. */
  readonly keepAliveTimeout: number
  /** How long `stop` waits for open requests; those that are left are then answered 503, */
  readonly stopTimeout: number
  /** and what is still open so long after that is cut off. */
  readonly stopGrace: number
}

export interface HttpServerOptions {
  /** For messages: `OTLP/HTTP`. */
  readonly name: string
  /** Where the address comes from, for messages: `--otlp-http`. */
  readonly setting?: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly tls?: TlsMaterial | undefined
  /** As sent, before any content-encoding is undone. */
  readonly maxBodyBytes: number
  readonly limits?: Partial<HttpLimits>
  /** Counts connections in place of `maxConnections`, and gives up bodies that come too slowly. It is not stopped with the server. */
  readonly connections?: Connections
  /** Nobody looks at a body any more once its request is answered: then the next may stand in the same memory. Default: it is the handler's own. */
  readonly lendBodies?: boolean
  /** Refuses on the head alone, before the body is read; undefined = go on. */
  admit?(head: HttpHead): HttpResponse | undefined
  /** Should not throw; if it does, the client hears 503 and `failed` is called. */
  readonly handle: HttpHandler
  /** Puts a refusal of the server's own (413, 503; text) into the form of the protocol that is spoken here. Must not throw. */
  dress?(head: HttpHead, refusal: HttpResponse): HttpResponse
  failed?(error: unknown): void
}

export interface HttpServer {
  readonly address: { readonly host: string; readonly port: number }
  /** Takes no more connections, answers what is open, then closes. Safe twice. */
  stop(): Promise<void>
}

const DEFAULTS: Omit<HttpLimits, 'maxHeldBytes'> = {
  maxConnections: 1024, headersTimeout: 10_000, requestTimeout: 30_000, silenceTimeout: 300_000, stopTimeout: 10_000,
  // Longer than the usual export interval, so that a sender's connection is not closed in its face.
  stopGrace: 1_000, keepAliveTimeout: 75_000,
}
const CHECK_MS = 1_000
/** How long connections that wait for their next request are kept at a stop: each answer says that it is the last. */
const FAREWELL_MS = 300
const BUSY: HttpResponse = { status: 503, headers: { ...PLAIN, 'retry-after': '1' }, body: 'busy; send this again\n' }
const STOPPING: HttpResponse = { status: 503, headers: { ...PLAIN, 'retry-after': '1' }, body: 'stopping; send this again\n' }
const TOO_SLOW: HttpResponse = { ...BUSY, body: 'the body came too slowly; send this again\n' }
const TOO_LARGE: HttpResponse = { status: 413, headers: PLAIN, body: 'the body is too large\n' }

/** Throws Failure `misconfigured` when the address cannot be listened on or the TLS material cannot be used. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...DEFAULTS, maxHeldBytes: options.maxBodyBytes * 4, ...options.limits }
  const state: ServerState = {
    options, held: { max: limits.maxHeldBytes, used: 0 }, bodies: bodyLimits(options), stopping: false, late: false, open: new Set(),
  }
  const server = makeServer(options, limits)
  if (options.connections === undefined) server.maxConnections = limits.maxConnections
  server.on('connection', (socket: Socket) => void options.connections?.enter(socket, false))
  server.setTimeout(limits.silenceTimeout)
  server.on('request', (request, response) => void serve(state, { request, response, expectsContinue: false }))
  server.on('checkContinue', (request, response) => void serve(state, { request, response, expectsContinue: true }))
  await listen(server, options)
  const { address, port } = server.address() as AddressInfo
  let stopped: Promise<void> | undefined
  return { address: { host: address, port }, stop: () => (stopped ??= stop(server, state, limits)) }
}

const bodyLimits = ({ maxBodyBytes, connections, lendBodies = false }: HttpServerOptions): BodyLimits => ({
  maxBodyBytes, ...(connections === undefined ? {} : { connections }), ...(lendBodies ? { spare: new SpareMemory() } : {}),
})

interface ServerState {
  readonly options: HttpServerOptions
  readonly held: HeldBytes
  readonly bodies: BodyLimits
  stopping: boolean
  /** The wait for open exchanges is over. */
  late: boolean
  /** One for each exchange whose answer is not decided yet: decides that it is too late. */
  readonly open: Set<() => void>
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly expectsContinue: boolean
}

function makeServer({ name, tls }: HttpServerOptions, { headersTimeout, requestTimeout, keepAliveTimeout }: HttpLimits): Server {
  const common: ServerOptions = { headersTimeout, requestTimeout, connectionsCheckingInterval: CHECK_MS, keepAliveTimeout }
  if (tls === undefined) return createServer(common)
  const { key, cert, ca } = tls
  try {
    const asked = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
    return createTlsServer({ ...common, handshakeTimeout: headersTimeout, key, cert, ...asked })
  } catch (cause) {
    throw new Failure('misconfigured', 'http.bad_tls',
      `${name}: the TLS key and certificate cannot be used together; check both PEM files.`, { cause })
  }
}

function listen(server: Server, { name, setting, host, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindFailure({ name, setting, address: `${host}:${port}` }, error)))
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, resolve)
  })
}

async function serve(state: ServerState, exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  try {
    await exchangeOnce(state, exchange)
  } catch (error) {
    state.options.failed?.(error)
    if (response.headersSent) response.destroy()
    else await answer(response, dressed(state.options, headOf(request), BUSY), true).catch(() => response.destroy())
  }
  if (state.stopping) request.socket.end()
}

async function exchangeOnce(state: ServerState, { request, response, expectsContinue }: Exchange): Promise<void> {
  const { options, held, bodies } = state
  const head = headOf(request)
  const early = options.admit?.(head)
  const refuse = (refusal: HttpResponse, close = state.stopping) => answer(response, dressed(options, head, refusal), close)
  const refuseUnread = (answered: Promise<void>) => {
    drain(request, options.connections)
    return answered
  }
  if (early !== undefined) return refuseUnread(answer(response, early, state.stopping))
  options.connections?.proven(request.socket)
  if (expectsContinue) response.writeContinue()
  const reading = readBody(request, bodies, held)
  const read = await orTooLate(state, reading)
  if (read === TOO_LATE) {
    void reading.then((late) => giveBack(held, late))
    return refuseUnread(refuse(STOPPING))
  }
  if (read.kind === 'gone') return
  if (read.kind === 'too_slow') return refuse(TOO_SLOW, true)
  if (read.kind !== 'whole') return refuseUnread(refuse(read.kind === 'busy' ? BUSY : TOO_LARGE))
  try {
    const made = await orTooLate(state, Promise.resolve(options.handle(new Received(head, read.body, response))))
    // Who is still at work on it needs the body.
    if (made === TOO_LATE) return await refuse(STOPPING)
    await answer(response, made, state.stopping)
    if (read.memory !== undefined) bodies.spare?.give(read.memory)
  } finally {
    giveBack(held, read)
  }
}

const dressed = ({ dress }: HttpServerOptions, head: HttpHead, refusal: HttpResponse): HttpResponse => dress?.(head, refusal) ?? refusal

const TOO_LATE = Symbol('too late')

/** What `work` comes to, or TOO_LATE when the server can wait no longer. */
function orTooLate<T>({ open, late }: ServerState, work: Promise<T>): Promise<T | typeof TOO_LATE> {
  if (late) return Promise.race([work, Promise.resolve<typeof TOO_LATE>(TOO_LATE)])
  return new Promise((resolve, reject) => {
    const tooLate = () => resolve(TOO_LATE)
    open.add(tooLate)
    const settled = () => void open.delete(tooLate)
    work.then(resolve, reject)
    work.then(settled, settled)
  })
}

function giveBack(held: HeldBytes, read: ReadOutcome): void {
  if (read.kind === 'whole') held.used -= read.body.length
}

async function stop(server: Server, state: ServerState, { stopTimeout, stopGrace }: HttpLimits): Promise<void> {
  state.stopping = true
  // Not the HTTP server's own `close`, which ends idle connections: a request may be on its way on one of them.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const late = setTimeout(() => {
    state.late = true
    for (const tooLate of state.open) tooLate()
  }, stopTimeout)
  const end = setTimeout(() => server.closeAllConnections(), stopTimeout + stopGrace)
  const farewell = setTimeout(() => server.closeIdleConnections(), Math.min(FAREWELL_MS, stopTimeout))
  await closed
  for (const timer of [late, end, farewell]) clearTimeout(timer)
  // What else it does: it no longer looks after connections.
  server.close()
}
