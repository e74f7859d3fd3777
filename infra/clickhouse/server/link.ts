/**
 * Requests to one ClickHouse server. Everything sent through it can be sent again: reads, statements that can run twice, inserts under a
 * token. So a connection that ended before the answer is tried anew, and an answer counts only whole and from ClickHouse itself.
 */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { ClickHouseLogLevel, type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { fieldOf } from '../bindings.ts'
import { EngineError, engineErrorFrom } from '../engine-error.ts'
import type { StatementRunner } from '../migrate.ts'
import { agentOf, readFile } from './agent.ts'
import { isBroken, notClickHouse, timedOut, transportFailure } from './failures.ts'
import { formOf } from './form.ts'
import type { Settings } from './options.ts'

/** Below 3 s, the shortest time after which any version of the server lets go of an idle connection: a reused one is alive. */
const IDLE_MS = 2_500
const FIRST_PAUSE_MS = 50
const ATTEMPTS = 3

export interface Request {
  readonly sql: string
  /** What follows `FORMAT …` of an insert. */
  readonly body?: readonly Uint8Array[]
  readonly parameters?: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}

const bytesOf = (parts: readonly Uint8Array[]): Readable => Readable.from(parts, { objectMode: false })

const BY_CERTIFICATE = (user: string) => ({
  set_basic_auth_header: false, http_headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-SSL-Certificate-Auth': 'on' },
})

type Answer = Awaited<ReturnType<ClickHouseClient['exec']>>

function clientOf(settings: Settings): ClickHouseClient {
  const { user, passwordFile, tls } = settings
  const byCertificate = passwordFile === undefined && tls?.cert !== undefined
  const password = passwordFile === undefined ? '' : readFile(passwordFile, 'the password').toString('utf8').replace(/\r?\n$/, '')
  return createClient({
    url: settings.url, username: user, password, application: 'watchkeeper', http_agent: agentOf(settings),
    ...(byCertificate ? BY_CERTIFICATE(user) : {}),
    compression: { request: settings.compression === 'gzip' ? { codec: 'gzip', level: 1 } : false, response: false },
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_MS, eagerly_destroy_stale_sockets: true },
    // Ours ends first, and covers the whole answer: the client's counts silence only.
    request_timeout: settings.requestTimeoutMs + 1_000,
    log: { level: ClickHouseLogLevel.OFF },
  })
}

/** Until when one request may take. One timer and one signal each, so that nothing stays behind on a signal that lives as long as the process. */
class Deadline {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  passed = false

  constructor(ms: number) {
    this.#timer = setTimeout(() => {
      this.passed = true
      this.#controller.abort()
    }, ms)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(): void {
    this.#controller.abort()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

async function wholeOf(stream: Readable, deadline: AbortSignal): Promise<Buffer> {
  const stop = (): void => void stream.destroy(new Error('deadline'))
  deadline.addEventListener('abort', stop, { once: true })
  try {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } finally {
    deadline.removeEventListener('abort', stop)
  }
}

const headerOf = ({ response_headers: headers }: Answer, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

export class ServerLink implements StatementRunner {
  readonly #settings: Settings
  readonly #client: ClickHouseClient
  readonly #open = new Set<Deadline>()
  #closed = false

  /** Throws Failure `misconfigured` for files that cannot be read. */
  constructor(settings: Settings) {
    this.#settings = settings
    this.#client = clientOf(settings)
  }

  write(sql: string): Promise<Buffer> {
    return this.send({ sql })
  }

  read: StatementRunner['read'] = (sql, { format, parameters, settings } = {}) =>
    this.send({
      sql: format === undefined ? sql : `${sql}\nFORMAT ${format}`,
      ...(parameters === undefined ? {} : { parameters }),
      settings: {
        cancel_http_readonly_queries_on_client_close: 1, max_execution_time: Math.ceil(this.#settings.requestTimeoutMs / 1_000), ...settings,
      },
    })

  /** The whole answer. Throws EngineError for what the server says, Failure for what happens on the way to it. */
  async send(request: Request): Promise<Buffer> {
    for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause *= 4) {
      try {
        return await this.#once(request)
      } catch (error) {
        if (attempt === ATTEMPTS || !isBroken(error) || this.#closed) throw error
        await wait(pause)
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const deadline of this.#open) deadline.abort()
    await this.#client.close()
  }

  async #once(request: Request): Promise<Buffer> {
    const { url, requestTimeoutMs } = this.#settings
    if (this.#closed) throw transportFailure(new Error('closed'), url)
    const deadline = new Deadline(requestTimeoutMs)
    this.#open.add(deadline)
    const id = randomUUID()
    try {
      const answer = await this.#client.exec(this.#exec(request, id, deadline.signal))
      return this.#judged(answer, await wholeOf(answer.stream as Readable, deadline.signal), id)
    } catch (error) {
      if (error instanceof EngineError) throw error
      throw deadline.passed ? timedOut(url, requestTimeoutMs) : transportFailure(error, url)
    } finally {
      deadline.end()
      this.#open.delete(deadline)
    }
  }

  #exec({ sql, body, parameters = {}, settings }: Request, id: string, deadline: AbortSignal): Parameters<ClickHouseClient['exec']>[0] {
    const texts = new Map(Object.entries(parameters).map(([name, value]) => [name, fieldOf(value)]))
    const form = formOf(texts)
    // The answer is held back until the statement has ended: its status then tells the whole truth.
    const all = { wait_end_of_query: 1, ...settings } as ClickHouseSettings
    const url = Object.fromEntries([...texts].map(([name, text]) => [`param_${name}`, text]))
    return {
      query: sql, query_id: id, abort_signal: deadline, ignore_error_response: true,
      clickhouse_settings: form === undefined ? { ...all, ...url } : all,
      ...(form === undefined ? {} : { http_headers: { 'Content-Type': form.contentType }, values: bytesOf([form.body]) }),
      ...(body === undefined ? {} : { values: bytesOf(body) }),
    }
  }

  #judged(answer: Answer, bytes: Buffer, id: string): Buffer {
    const status = answer.http_status_code ?? 0
    const code = headerOf(answer, 'x-clickhouse-exception-code')
    if (code !== undefined || status !== 200) {
      const error = engineErrorFrom(bytes.toString('utf8', 0, 65_536))
      if (code === undefined && error.code === 1002) throw notClickHouse(this.#settings.url, `HTTP status ${status}`)
      throw code === undefined || error.code === Number(code) ? error : new EngineError(Number(code), error.symbol, error.message)
    }
    if (headerOf(answer, 'x-clickhouse-query-id') !== id) throw notClickHouse(this.#settings.url, 'the answer is to another request')
    return bytes
  }
}
