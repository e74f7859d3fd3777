/** Unary gRPC on @grpc/grpc-js for handlers of raw messages: no generated code, no message classes. */
import { readFileSync } from 'node:fs'
import { Metadata, Server, ServerCredentials, type handleUnaryCall, type ServerUnaryCall } from '@grpc/grpc-js'
import { Failure } from '../../schemas/failure.ts'
import { RPC_STATUS, type RpcCall, type RpcHandler } from '../../schemas/rpc.ts'

export interface GrpcServerOptions {
  readonly name: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly tls?: { readonly key: string; readonly cert: string; readonly client_ca?: string | undefined } | undefined
  /** After decompression; larger messages are answered with RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number
  /** Full method name → handler. */
  readonly handlers: ReadonlyMap<string, RpcHandler>
  failed(error: unknown): void
}

export interface GrpcServer {
  readonly address: string
  /** Takes no new calls, answers those that are open, then lets go. Safe twice. */
  stop(): Promise<void>
}

const STOP_WAIT_MS = 8_000
const same = (bytes: Buffer): Buffer => bytes

function pem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Failure('misconfigured', 'grpc.tls', `The TLS file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
}

function credentials(tls: GrpcServerOptions['tls']): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure()
  const ca = tls.client_ca === undefined ? null : pem(tls.client_ca)
  return ServerCredentials.createSsl(ca, [{ private_key: pem(tls.key), cert_chain: pem(tls.cert) }], ca !== null)
}

/** `ipv4:127.0.0.1:1234` or `[::1]:1234` without its port. */
const addressOf = (peer: string): string => peer.replace(/^ipv[46]:/, '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

function callOf(call: ServerUnaryCall<Buffer, Buffer>): RpcCall {
  const metadata = new Map(Object.entries(call.metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  return { metadata, message: call.request, peer: addressOf(call.getPeer()) }
}

function unary(handler: RpcHandler, failed: (error: unknown) => void): handleUnaryCall<Buffer, Buffer> {
  return (call, reply) => {
    handler(callOf(call)).then(
      (answer) => {
        if (answer.status === RPC_STATUS.ok) return reply(null, answer.message)
        const metadata = new Metadata()
        if (answer.details.length > 0) metadata.set('grpc-status-details-bin', answer.details)
        reply({ code: answer.status, details: answer.reason, metadata })
      },
      (error: unknown) => {
        failed(error)
        reply({ code: RPC_STATUS.unavailable, details: 'The request could not be worked on; send it again.' })
      },
    )
  }
}

function addHandlers(server: Server, { handlers, failed }: GrpcServerOptions): void {
  for (const [path, handler] of handlers) {
    const definition = { path, requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same }
    server.addService({ [path]: definition }, { [path]: unary(handler, failed) })
  }
}

/** Throws Failure `misconfigured` when the address or the TLS files cannot be used. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { name, host, port, maxMessageBytes } = options
  const server = new Server({ 'grpc.max_receive_message_length': maxMessageBytes, 'grpc.max_concurrent_streams': 128, 'grpc.keepalive_timeout_ms': 20_000 })
  addHandlers(server, options)
  const authority = host.includes(':') ? `[${host}]` : host
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${authority}:${port}`, credentials(options.tls), (error, number) => {
      if (error === null) resolve(number)
      else reject(new Failure('misconfigured', 'grpc.address', `${name} cannot listen on ${authority}:${port}: another program listens there, or the address is not this machine's. Stop that program, or choose another address.`, { cause: error }))
    })
  })
  let stopped: Promise<void> | undefined
  return {
    address: `${authority}:${bound}`,
    stop() {
      stopped ??= new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), STOP_WAIT_MS)
        server.tryShutdown(() => {
          clearTimeout(force)
          resolve()
        })
      })
      return stopped
    },
  }
}
