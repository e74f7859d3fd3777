/**
 * ClickHouse's HTTP interface in front of the engine in the process, as far as our client uses it, with faults on demand. No server runs on
 * the machines that test: this proves our side of the wire, on the real engine; it proves nothing about a server's HTTP.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import { EngineError } from '../../infra/clickhouse/engine-error.ts'
import { execute } from './execute.ts'
import { type Fault, Faults } from './faults.ts'
import { bodyOf, type Received, received } from './request.ts'

export interface ShimOptions {
  readonly engine: Engine
  /** Asked of every request where given. */
  readonly password?: string
  /** PEM texts; with `ca` clients must show a certificate of it. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer; readonly ca?: Buffer }
  /** After so long without a request a connection is let go; default 5 s. */
  readonly keepAliveMs?: number
  /** Of loopback; default a free one. */
  readonly port?: number
  /** Keeps no request in `seen`: for a long run, whose inserts would all stay in memory. */
  readonly forgets?: boolean
}

export interface Shim {
  readonly url: string
  readonly faults: Faults
  /** Every request that was read in full, in order; none where it `forgets`. */
  readonly seen: Received[]
  /** How many connections were opened. */
  readonly connections: number
  /** Resolves when what is being handled now has ended, whether answered or not. */
  idle(): Promise<void>
  stop(): Promise<void>
}

/** As a server answers them (`exceptionCodeToHTTPStatus`), for the codes of these tests. */
const STATUS: ReadonlyMap<number, number> = new Map([[62, 400], [60, 404], [81, 404], [497, 403], [516, 403], [252, 500]])

class HttpShim implements Shim {
  readonly faults = new Faults()
  readonly seen: Received[] = []
  connections = 0
  readonly #options: ShimOptions
  readonly #server: Server
  readonly #handling = new Set<Promise<void>>()

  constructor(options: ShimOptions) {
    this.#options = options
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      const handling = this.#handle(request, response)
      this.#handling.add(handling)
      void handling.finally(() => this.#handling.delete(handling))
    }
    const limits = { maxHeaderSize: 1_048_576, keepAliveTimeout: options.keepAliveMs ?? 5_000 }
    const asksForCertificate = options.tls?.ca !== undefined
    this.#server = options.tls === undefined
      ? createServer(limits, listener)
      : createTlsServer({ ...limits, ...options.tls, requestCert: asksForCertificate, rejectUnauthorized: asksForCertificate }, listener)
    this.#server.on('connection', () => this.connections++)
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.#options.port ?? 0, 'localhost', resolve))
  }

  async idle(): Promise<void> {
    await Promise.all(this.#handling)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = new URL(request.url ?? '/', 'http://shim').searchParams.get('query') ?? ''
    const early = sent === '' ? undefined : this.faults.take(sent)
    if (early?.kind === 'reset' && early.when === 'reading') return void request.socket.destroy()
    const asked = await bodyOf(request).then((body) => received(request, body), () => undefined)
    if (asked === undefined) return
    if (this.#options.forgets !== true) this.seen.push(asked)
    const fault = early ?? (sent === '' ? this.faults.take(asked.sql) : undefined)
    if (await instead(fault, response)) return
    try {
      this.#authenticate(asked)
      const bytes = await execute(this.#options.engine, { ...asked, sql: this.faults.rewrite(asked.sql) })
      await finish(response, { fault, queryId: asked.queryId, bytes })
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      if (fault?.kind !== 'silence' && fault?.kind !== 'reset') answerError(response, error, asked.queryId)
    }
  }

  #authenticate({ password }: Received): void {
    const wanted = this.#options.password
    if (wanted !== undefined && password !== wanted) throw new EngineError(516, 'AUTHENTICATION_FAILED', 'Authentication failed')
  }
}

/** True when the statement is not to run. */
async function instead(fault: Fault | undefined, response: ServerResponse): Promise<boolean> {
  if (fault?.kind === 'silence') await fault.until
  if (fault?.kind === 'reset' && fault.when === 'before') response.socket?.destroy()
  else if (fault?.kind === 'answer' && fault.when === 'before') response.writeHead(fault.status).end(fault.body)
  else if (fault?.kind === 'exception') answerError(response, new EngineError(fault.code, fault.symbol, 'made up for a test'), '')
  else return false
  return true
}

function answerError(response: ServerResponse, { code, symbol, message }: EngineError, queryId: string): void {
  response.writeHead(STATUS.get(code) ?? 500, { 'X-ClickHouse-Exception-Code': String(code), 'X-ClickHouse-Query-Id': queryId })
  response.end(`Code: ${code}. DB::Exception: ${message}. (${symbol}) (version 26.7.2.1 (official build))\n`)
}

interface Finish {
  readonly fault: Fault | undefined
  readonly queryId: string
  readonly bytes: Buffer
}

async function finish(response: ServerResponse, { fault, queryId, bytes }: Finish): Promise<void> {
  if (fault?.kind === 'silence') return
  if (fault?.kind === 'reset') return void response.socket?.destroy()
  if (fault?.kind === 'answer') return void response.writeHead(fault.status).end(fault.body)
  response.writeHead(200, { 'X-ClickHouse-Query-Id': queryId, 'X-ClickHouse-Server-Display-Name': 'shim', 'X-ClickHouse-Summary': '{}' })
  if (fault?.kind === 'cut') {
    response.write(bytes.subarray(0, fault.bytes))
    return void setImmediate(() => response.socket?.destroy())
  }
  if (fault?.kind === 'drip') return drip(response, bytes, fault.everyMs)
  response.end(bytes)
}

async function drip(response: ServerResponse, bytes: Buffer, everyMs: number): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at++) {
    response.write(bytes.subarray(at, at + 1))
    await wait(everyMs)
  }
  response.end()
}

/** Listens on loopback. The engine stays the caller's. */
export async function startShim(options: ShimOptions): Promise<Shim> {
  const shim = new HttpShim(options)
  await shim.listen()
  return shim
}
