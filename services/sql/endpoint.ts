/**
 * ClickHouse's HTTP interface, read-only. A request goes: who, what, session with limits and row filters, the engine's own parse, decision, run.
 * Pure but for its ports: no sockets, no clock of its own.
 */
import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Failure } from '../../schemas/failure.ts'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import type { SqlConfig } from './config.ts'
import type { AuditedQuery } from './audited-query.ts'
import type { EngineCatalogue, SessionSetup, SqlEngine, SqlResult, SqlSession } from './engine-port.ts'
import { contentTypeOf } from './formats.ts'
import { judge, prejudge, type Policy } from './judge.ts'
import { whyForeign } from './origin.ts'
import { policyFor, rowFiltersFor } from './policy.ts'
import { DATABASE, PUBLISHED_TABLES } from './published.ts'
import { Places } from './places.ts'
import { readRequest, type QueryRequest } from './request.ts'
import { TENANT_SETTINGS, acceptSettings, limitSettings, parseSettings, visibleSettings, type SqlLimits } from './settings.ts'
import { SqlError, errorBody, isException, statusOf, type EngineException } from './sql-error.ts'
import { endQuerySpan, querySpan } from './tracing.ts'
import { Users, credentialsOf, type Identity } from './users.ts'

export interface SqlPorts {
  readonly engine: SqlEngine
  /** Bound to a loopback address: then Host and Origin are checked. */
  readonly loopback: boolean
  /** Resolves when it is written down: before that nothing is answered, and where it throws the answer is withheld. */
  audited(query: AuditedQuery): void | Promise<void>
  /** Something went wrong that is not the user's doing; the user is only told that it did. */
  failed(error: unknown): void
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  /** Spans of queries become part of their callers' traces instead of linking to them. */
  readonly joinCallers?: boolean
  /** Default: the published names of this version. */
  readonly published?: readonly string[]
}

export interface SqlEndpoint {
  /** Never throws. */
  handle(request: HttpRequest): Promise<HttpResponse>
  /** Queries that run or wait now. */
  readonly busy: number
}

interface Known {
  readonly catalogue: EngineCatalogue
  /** For who sees all tenants. */
  readonly all: Policy
  /** For who sees one. */
  readonly bound: Policy
}

/** What is known of a query so far. */
type Noted = { -readonly [Field in keyof AuditedQuery]: AuditedQuery[Field] }

interface Answered {
  readonly result: SqlResult
  readonly format: string
}

const OK: HttpResponse = { status: 200, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: 'Ok.\n' }
const NOWHERE = 'There is no handle at this path.\n\nUse / or /ping for health checks, and / with a query to run it.\n'

const limitsOf = (config: SqlConfig): SqlLimits => ({
  maxExecutionSeconds: config.max_execution_seconds, maxMemoryBytes: config.max_memory_bytes, maxResultRows: config.max_result_rows,
  maxResultBytes: config.max_result_bytes, maxThreads: config.max_threads, maxQueryBytes: config.max_query_bytes,
})

/** What the user hears of an error: the engine's own, or that something failed. */
function exceptionOf(error: unknown): EngineException {
  if (isException(error)) return error
  if (error instanceof Failure) return new SqlError('UNKNOWN_EXCEPTION', error.message)
  return new SqlError('UNKNOWN_EXCEPTION', 'The query failed for a reason that is not in the query; it is in the log')
}

class Endpoint implements SqlEndpoint {
  readonly #config: SqlConfig
  readonly #ports: SqlPorts
  readonly #users: Users
  readonly #places: Places
  readonly #limits: SqlLimits
  readonly #published: readonly string[]
  #known: Promise<Known> | undefined

  constructor(config: SqlConfig, ports: SqlPorts) {
    this.#config = config
    this.#ports = ports
    this.#users = new Users(config.users)
    this.#places = new Places(config.max_concurrent_queries, config.max_concurrent_queries_per_user)
    this.#limits = limitsOf(config)
    this.#published = ports.published ?? PUBLISHED_TABLES
  }

  get busy(): number {
    return this.#places.taken
  }

  async handle(request: HttpRequest): Promise<HttpResponse> {
    const foreign = this.#ports.loopback ? whyForeign(request.headers) : ''
    if (foreign !== '') return this.#refuse(new SqlError('ACCESS_DENIED', foreign), '')
    const query = new URLSearchParams(request.query)
    if (['/ping', '/replicas_status'].includes(request.path)) return OK
    if (request.path !== '/' && request.path !== '/query') return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: NOWHERE }
    if (!['GET', 'POST', 'HEAD'].includes(request.method)) return { status: 405, headers: { Allow: 'GET, POST' }, body: '' }
    if (!query.has('query') && request.body.length === 0) return OK
    return this.#answer(request, query)
  }

  async #answer(request: HttpRequest, query: URLSearchParams): Promise<HttpResponse> {
    const began = this.#ports.now()
    const span = querySpan(request.headers.get('traceparent'), this.#ports.joinCallers)
    const noted: Noted = {
      user: '', tenant: '', queryId: randomUUID(), queryHash: '', text: '', identified: false, peer: request.peer, verdict: 'ok', rowsRead: 0, bytes: 0, milliseconds: 0,
    }
    const answer = await this.#attempt(request, query, noted)
    noted.milliseconds = this.#ports.now() - began
    endQuerySpan(span, noted)
    try {
      await this.#ports.audited(noted)
      return answer
    } catch (error) {
      this.#ports.failed(error)
      return this.#refuse(new SqlError('UNKNOWN_EXCEPTION', 'There is no answer, because the query could not be written down in the audit log; try again'), noted.queryId)
    }
  }

  /** Notes what comes to be known on the way. */
  async #attempt(request: HttpRequest, query: URLSearchParams, noted: Noted): Promise<HttpResponse> {
    try {
      const identity = await this.#users.identify(credentialsOf(request.headers, query))
      Object.assign(noted, { user: identity.name, tenant: identity.tenant, identified: this.#config.users.length > 0 })
      const asked = readRequest(request, query, this.#config.max_query_bytes)
      if (asked.queryId !== '') noted.queryId = asked.queryId
      noted.queryHash = createHash('sha256').update(asked.text).digest('hex')
      noted.text = asked.text
      const answered = await this.#places.hold(identity.name, () => this.#run(asked, identity, request.signal))
      Object.assign(noted, { rowsRead: answered.result.rowsRead, bytes: answered.result.bytes.length })
      return await this.#respond(answered, asked, { identity, queryId: noted.queryId })
    } catch (error) {
      const exception = exceptionOf(error)
      if (exception !== error) this.#ports.failed(error)
      noted.verdict = exception.symbol
      return this.#refuse(exception, noted.queryId)
    }
  }

  async #run(asked: QueryRequest, identity: Identity, signal: AbortSignal | undefined): Promise<Answered> {
    contentTypeOf(asked.defaultFormat)
    const { catalogue, all, bound } = await this.#knowing()
    const setup = this.#setup(asked, identity, catalogue)
    const { canonical, format } = await this.#judged(asked, identity.tenant === '*' ? all : bound, signal)
    return this.#ports.engine.session(setup, async (session) => ({ result: await this.#bounded(session, canonical, format), format }), signal)
  }

  /** On a session of its own: what the request sets (a limit of one row, say) must not bear on how its parse is read. */
  #judged(asked: QueryRequest, policy: Policy, signal: AbortSignal | undefined): Promise<{ canonical: string; format: string }> {
    const setup = { database: DATABASE, parameters: asked.parameters, settings: parseSettings(this.#limits), rowFilters: new Map() }
    return this.#ports.engine.session(setup, async (session) => {
      const canonical = await session.canonical(asked.text)
      prejudge(canonical, policy)
      const allowed = judge(canonical, await session.explainAst(canonical), policy)
      const format = allowed.format === '' ? asked.defaultFormat : allowed.format
      contentTypeOf(format)
      return { canonical, format }
    }, signal)
  }

  async #bounded(session: SqlSession, canonical: string, format: string): Promise<SqlResult> {
    const result = await session.run(canonical, format)
    const most = this.#limits.maxResultBytes
    if (result.bytes.length <= most) return result
    throw new SqlError('TOO_MANY_ROWS_OR_BYTES', `Limit for result exceeded, max bytes: ${most}, current bytes: ${result.bytes.length}`)
  }

  #setup(asked: QueryRequest, identity: Identity, catalogue: EngineCatalogue): SessionSetup {
    const bound = identity.tenant === '*' ? [] : TENANT_SETTINGS
    return {
      database: DATABASE,
      parameters: asked.parameters,
      settings: new Map([...limitSettings(this.#limits), ...acceptSettings(asked.settings, this.#limits), ...bound]),
      rowFilters: rowFiltersFor(catalogue, this.#published, identity.tenant, visibleSettings(this.#limits)),
    }
  }

  /** Read once: migrations have run before the endpoint listens, and nothing else changes tables. */
  #knowing(): Promise<Known> {
    this.#known ??= this.#learn().catch((error: unknown) => {
      this.#known = undefined
      throw error
    })
    return this.#known
  }

  async #learn(): Promise<Known> {
    const catalogue = await this.#ports.engine.catalogue(DATABASE)
    const policy = (tenantBound: boolean): Policy => policyFor(catalogue, this.#published, tenantBound)
    return { catalogue, all: policy(false), bound: policy(true) }
  }

  async #respond(answered: Answered, asked: QueryRequest, who: { identity: Identity; queryId: string }): Promise<HttpResponse> {
    const { result, format } = answered
    const { catalogue } = await this.#knowing()
    const counted = who.identity.tenant === '*'
    const summary = {
      read_rows: counted ? String(result.rowsRead) : '0', read_bytes: counted ? String(result.bytesRead) : '0', written_rows: '0', written_bytes: '0',
      total_rows_to_read: '0', result_rows: '0', result_bytes: String(result.bytes.length),
    }
    const headers = {
      ...this.#headers(who.queryId), 'Content-Type': contentTypeOf(format), 'X-ClickHouse-Format': format,
      'X-ClickHouse-Timezone': catalogue.timezone, 'X-ClickHouse-Summary': JSON.stringify(summary),
    }
    if (!asked.gzipAnswer) return { status: 200, headers, body: result.bytes }
    return { status: 200, headers: { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }, body: gzipSync(result.bytes, { level: 1 }) }
  }

  #headers(queryId: string): Readonly<Record<string, string>> {
    return {
      'X-ClickHouse-Query-Id': queryId, 'X-ClickHouse-Server-Display-Name': 'watchkeeper', 'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    }
  }

  async #refuse(exception: EngineException, queryId: string): Promise<HttpResponse> {
    const status = statusOf(exception.code)
    const version = await this.#knowing().then((known) => known.catalogue.version, () => 'unknown')
    return {
      status,
      headers: {
        ...this.#headers(queryId), 'Content-Type': 'text/plain; charset=UTF-8', 'X-ClickHouse-Exception-Code': String(exception.code),
        ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
        ...(status === 503 ? { 'Retry-After': '1' } : {}),
      },
      body: errorBody(exception, version),
    }
  }
}

/** Makes the endpoint. Call `checkSqlExposure` before listening. */
export const createSqlEndpoint = (config: SqlConfig, ports: SqlPorts): SqlEndpoint => new Endpoint(config, ports)
