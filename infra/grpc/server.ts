/**
 * Unary gRPC methods over @grpc/grpc-js, messages as bytes: no .proto is loaded and nothing is decoded here. The listening socket is our
 * own, so that connections are counted and a failure to bind comes with its error code.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server as SocketServer } from 'node:net'
import { Metadata, Server, ServerCredentials, ServerInterceptingCall, status as STATUS } from '@grpc/grpc-js'
import type { sendUnaryData, ServerInterceptor, ServerUnaryCall } from '@grpc/grpc-js'
import type { Connections } from '../../schemas/connections.ts'
import { Failure } from '../../schemas/failure.ts'
import { RPC_STATUS } from '../../schemas/rpc.ts'
import type { RpcAnswer, RpcHandler, RpcHead, RpcRefusal } from '../../schemas/rpc.ts'
import { Peers } from './peers.ts'

/** Times in milliseconds. */
export interface GrpcLimits {
  /** Calls at the same time on one connection. */
  readonly streams: number
  /** How long a connection may be without a call. */
  readonly idleMs: number
  /** After so long a connection is asked to come anew; calls that are open then have half a minute. */
  readonly ageMs: number
}

export interface GrpcServerOptions {
  /** For messages: `OTLP/gRPC`. */
  readonly name: string
  /** Where the address comes from, for messages: `--otlp-grpc`. */
  readonly setting?: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  /** PEM texts. With `ca`, clients must show a certificate of that authority. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer; readonly ca?: string | Buffer } | undefined
  /** Of one message, after decompression; over it the call ends with RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number
  readonly limits?: Partial<GrpcLimits>
  /** Counts connections, and ends those that never make a call or send their messages too slowly. It is not stopped with the server. */
  readonly connections?: Connections
  /** Full method name (`/package.Service/Method`) → handler. */
  readonly handlers: ReadonlyMap<string, RpcHandler>
  /** How long `stop` waits for open calls before it answers them UNAVAILABLE; default 10 s. A second later what is still open is cut off. */
  readonly stopTimeoutMs?: number
  /** A handler threw, which it should not; the caller hears UNAVAILABLE. */
  failed?(error: unknown): void
}

export interface GrpcServer {
  readonly address: { readonly host: string; readonly port: number }
  /** Takes no more calls, answers what is open, then closes. Safe twice. */
  stop(): Promise<void>
}

const MAX_CONNECTIONS = 256
const LIMITS: GrpcLimits = { streams: 32, idleMs: 300_000, ageMs: 3_600_000 }
const AGE_GRACE_MS = 30_000
const STOP_TIMEOUT_MS = 10_000
const STOP_GRACE_MS = 1_000
const DETAILS = 'grpc-status-details-bin'

/** Throws Failure `misconfigured` when the address cannot be listened on or the TLS material cannot be used. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { streams, idleMs, ageMs } = { ...LIMITS, ...options.limits }
  const peers = new Peers(options.connections)
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_concurrent_streams': streams,
    'grpc.max_connection_idle_ms': idleMs,
    'grpc.max_connection_age_ms': ageMs,
    'grpc.max_connection_age_grace_ms': AGE_GRACE_MS,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc-node.max_session_memory': 64,
    interceptors: [refuseStrangers(options, peers)],
  })
  const open = new Set<() => void>()
  for (const [method, handler] of options.handlers) register(server, method, { handler, open, peers, failed: options.failed })
  const injector = server.createConnectionInjector(credentialsOf(options))
  const sockets = createServer((socket) => {
    // A connection that breaks off is no news; without a listener it would end the process.
    socket.on('error', () => {})
    if (peers.enter(socket)) injector.injectConnection(socket)
  })
  if (options.connections === undefined) sockets.maxConnections = MAX_CONNECTIONS
  await listen(sockets, options)
  const { address, port } = sockets.address() as AddressInfo
  let stopped: Promise<void> | undefined
  const stopping = { open, peers, timeoutMs: options.stopTimeoutMs ?? STOP_TIMEOUT_MS }
  return { address: { host: address, port }, stop: () => (stopped ??= stop(server, sockets, stopping)) }
}

function credentialsOf({ name, tls }: GrpcServerOptions): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const pem = (text: string | Buffer) => Buffer.from(text)
  const { key, cert, ca } = tls
  try {
    return ServerCredentials.createSsl(ca === undefined ? null : pem(ca), [{ private_key: pem(key), cert_chain: pem(cert) }], ca !== undefined)
  } catch (cause) {
    throw new Failure('misconfigured', 'grpc.bad_tls',
      `${name}: the TLS key and certificate cannot be used together; check both PEM files.`, { cause })
  }
}

/**
 * Asks the handler's `admit` when the head is there. The library only begins to read a unary call's message when the head was passed on, so a
 * refused one is never put together: what the sender has already written is thrown away as it comes.
 */
function refuseStrangers({ handlers, failed }: GrpcServerOptions, peers: Peers): ServerInterceptor {
  return ({ path }, call) => {
    let arrived: (() => void) | undefined
    return new ServerInterceptingCall(call, {
      start: (next) => next({
        onReceiveMetadata(metadata, goOn) {
          const peer = call.getPeer()
          const head = { metadata: textOf(metadata), peer: addressOf(peer), certificate: peers.certificateOf(call) }
          const refusal = admitted(handlers.get(path), head, failed)
          if (refusal !== undefined) return call.sendStatus(statusOf(refusal))
          arrived = peers.awaitMessage(peer)
          goOn(metadata)
        },
        onReceiveMessage(message, goOn) {
          arrived?.()
          goOn(message)
        },
        // However a call ends, it ends with this.
        onCancel: () => arrived?.(),
      }),
    })
  }
}

function admitted(handler: RpcHandler | undefined, head: RpcHead, failed: Bound['failed']): RpcRefusal | undefined {
  try {
    return handler?.admit(head)
  } catch (error) {
    failed?.(error)
    return UNAVAILABLE
  }
}

const asSent = (bytes: Buffer): Buffer => bytes

interface Bound {
  readonly handler: RpcHandler
  readonly peers: Peers
  /** One for each call whose answer is not decided yet: decides that it is too late. */
  readonly open: Set<() => void>
  readonly failed: ((error: unknown) => void) | undefined
}

function register(server: Server, method: string, bound: Bound): void {
  const call = (unary: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void reply(unary, done, bound)
  server.register(method, call, asSent, asSent, 'unary')
}

async function reply(unary: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>, bound: Bound): Promise<void> {
  const answer = await orTooLate(bound.open, answered(unary, bound))
  if (answer.status === RPC_STATUS.ok) done(null, answer.message)
  else done(statusOf(answer))
}

function statusOf({ status, reason, details }: RpcRefusal): { code: STATUS; details: string; metadata: Metadata } {
  const metadata = new Metadata()
  metadata.set(DETAILS, details)
  // The library percent-encodes it, which half a surrogate pair would break.
  return { code: status as number as STATUS, details: Buffer.from(reason).toString(), metadata }
}

async function answered(unary: ServerUnaryCall<Buffer, Buffer>, { handler, peers, failed }: Bound): Promise<RpcAnswer> {
  try {
    const head = { metadata: textOf(unary.metadata), peer: addressOf(unary.getPeer()), certificate: peers.certificateOf(unary) }
    return await handler.answer({ ...head, message: unary.request })
  } catch (error) {
    failed?.(error)
    return UNAVAILABLE
  }
}

function orTooLate(open: Set<() => void>, answer: Promise<RpcAnswer>): Promise<RpcAnswer> {
  return new Promise((resolve) => {
    const tooLate = () => resolve(STOPPING)
    open.add(tooLate)
    void answer.then(resolve).finally(() => open.delete(tooLate))
  })
}

const STOPPING: RpcRefusal = { status: RPC_STATUS.unavailable, reason: 'The server is stopping; send this again.', details: Buffer.alloc(0) }
const UNAVAILABLE: RpcRefusal = { status: RPC_STATUS.unavailable, reason: 'The call could not be worked on; send it again.', details: Buffer.alloc(0) }

function textOf(metadata: Metadata): ReadonlyMap<string, string> {
  return new Map(Object.entries(metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** `127.0.0.1:4317` and `[::1]:4317` without the port. */
function addressOf(peer: string): string {
  const host = peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return host.replace(/^::ffff:(?=[0-9.]+$)/, '')
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program uses that port. Stop it, or choose another port'],
  ['EACCES', 'this user may not open that port. Choose one above 1023'],
  ['EADDRNOTAVAIL', 'this machine has no such address. Choose one that it has, such as 127.0.0.1'],
  ['ENOTFOUND', 'there is no host of that name. Choose an address of this machine, such as 127.0.0.1'],
])

function listen(sockets: SocketServer, { name, setting, host, port }: GrpcServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    sockets.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code ?? 'no reason given'
      const reason = REASONS.get(code) ?? `the system refuses it (${code}). Choose another address`
      const where = setting === undefined ? '' : ` (${setting})`
      reject(new Failure('misconfigured', 'grpc.cannot_listen', `${name} cannot listen on ${host}:${port}: ${reason}${where}.`, { cause }))
    })
    sockets.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, resolve)
  })
}

interface Stopping {
  readonly open: ReadonlySet<() => void>
  readonly peers: Peers
  readonly timeoutMs: number
}

async function stop(server: Server, sockets: SocketServer, { open, peers, timeoutMs }: Stopping): Promise<void> {
  const closed = new Promise<void>((resolve) => sockets.close(() => resolve()))
  peers.endUnused()
  const late = setTimeout(() => open.forEach((tooLate) => tooLate()), timeoutMs)
  const timer = setTimeout(() => server.forceShutdown(), timeoutMs + STOP_GRACE_MS)
  // When it is done is not awaited: it is never told of a session whose socket closed a moment ago. Without sockets nothing is open.
  server.tryShutdown(() => {})
  await closed
  clearTimeout(late)
  clearTimeout(timer)
}
