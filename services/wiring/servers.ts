/** The doors: OTLP over HTTP and gRPC, SQL, API; those of the parts in this process. Every address is checked before anything is opened. */
import { statfs } from 'node:fs/promises'
import { REGISTRY } from '../../detectors/registry.ts'
import type { Engine } from '../../infra/clickhouse/engine.ts'
import { SqlRunner } from '../../infra/clickhouse/sql-runner.ts'
import { startGrpcServer } from '../../infra/grpc/server.ts'
import { startHttpServer } from '../../infra/http/server.ts'
import type { OwnMetrics } from '../../infra/otel/metrics.ts'
import { Failure } from '../../schemas/failure.ts'
import type { HttpHandler } from '../../schemas/http.ts'
import { isLoopback } from '../../schemas/loopback.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { createApi } from '../api/handle.ts'
import type { ApiPorts, Receivers } from '../api/ports.ts'
import { QuarantineDesk } from '../api/quarantine-desk.ts'
import { statusOf } from '../api/status.ts'
import { refuseUnsafeBinding } from '../collector/authenticate.ts'
import { InFlight } from '../collector/in-flight.ts'
import type { Ingest } from '../collector/ingest-port.ts'
import { DECODE_LIMITS } from '../collector/otlp/model.ts'
import { createReceiver, type ReceivePorts } from '../collector/receive.ts'
import { rpcHandlers } from '../collector/receive-rpc.ts'
import { hostPort } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { checkSqlExposure, SqlConfig } from '../sql/config.ts'
import { createSqlEndpoint } from '../sql/endpoint.ts'
import { VERSION } from '../version.ts'
import type { WorkerService } from '../worker/service.ts'
import { systemClock } from './clock.ts'
import type { Edge } from './edge.ts'
import type { Foundation } from './foundation.ts'
import { withPasswordHashes } from './hashes.ts'
import type { Part } from './parts.ts'
import { incidentsPort, openReports, reportsPort } from './reports.ts'
import { removalsPort, resumeErasures } from './retention.ts'
import { receiverEntries } from './receiver-entries.ts'
import { hookEntries } from './response.ts'
import { createQueryAudit, type QueryAudit } from './query-audit.ts'
import { tlsMaterial } from './tls.ts'

export interface ServerParts {
  readonly config: Config
  readonly parts: ReadonlySet<Part>
  readonly foundation: Foundation
  readonly edge: Edge
  /** Where the collector is among the parts. */
  readonly ingest: Ingest | undefined
  readonly metrics: OwnMetrics
  readonly receivers: Receivers
  readonly services: readonly Service[]
  /** Open since the start began. */
  readonly api: ApiDoor
  readonly log: Log
}

/** A door that can be closed again: it answers what is open first. */
export interface OpenServer {
  readonly name: 'otlp_http' | 'otlp_grpc' | 'sql' | 'api'
  /** `HOST:PORT`, the port that it really has. */
  readonly address: string
  stop(): Promise<void>
}

/** Bytes of requests that are worked on at the same time, over all connections. */
const IN_FLIGHT_BYTES = 268_435_456
const API_BODY_BYTES = 65_536
/** Open requests get so long to be finished when the process is to end; then they are answered 503. The whole stop has ten seconds. */
const STOP_MS = 4_000
const STOP_LIMITS = { stopTimeout: STOP_MS, stopGrace: 500 }

/** Whether users are served SQL here: a ClickHouse server serves them itself. */
const hasSqlDoor = ({ store }: Config, parts: ReadonlySet<Part>): boolean => store.clickhouse === undefined && parts.has('archiver')

/** Whether the API is for this machine alone. */
export const onLoopback = ({ api: { listen } }: Config): boolean => isLoopback(hostPort(listen).host)

/** Throws Failure `misconfigured` when an address of one of the parts would be open to strangers. `kept`: tokens of the token file. */
export function refuseUnsafeDoors(config: Config, parts: ReadonlySet<Part>, kept: number): void {
  const { otlp, sql, api } = config
  for (const address of parts.has('collector') ? [otlp.http, otlp.grpc] : []) {
    refuseUnsafeBinding({
      host: hostPort(address).host, tls: otlp.tls !== undefined, tokens: otlp.tokens.length + kept, behindTlsProxy: otlp.behind_tls_proxy,
      clientCertificates: otlp.tls?.client_ca !== undefined,
    })
  }
  if (hasSqlDoor(config, parts)) checkSqlExposure(sqlConfigOf(sql), { host: hostPort(sql.listen).host, tls: sql.tls !== undefined, behindTlsProxy: false })
  if (!onLoopback(config) && api.tls === undefined) {
    throw new Failure(
      'misconfigured', 'api.exposed',
      `The API on ${api.listen} has no TLS: set api.tls (key and cert), or bind api.listen to 127.0.0.1, behind a proxy with TLS where others need it.`,
    )
  }
}

const sqlConfigOf = ({ listen: _listen, tls: _tls, concurrency: _concurrency, users, ...rest }: Config['sql']): SqlConfig =>
  SqlConfig.parse({ ...rest, users: withPasswordHashes(users) })

function receivePorts(ingest: Ingest, { config, edge: { authenticate, budgets }, log }: ServerParts): ReceivePorts {
  return {
    ingest, authenticate, budgets, inFlight: new InFlight(IN_FLIGHT_BYTES), clock: systemClock, limits: DECODE_LIMITS,
    maxBodyBytes: config.otlp.max_body_bytes,
    joinCallers: config.telemetry.traces.join_callers, traced: config.telemetry.traces.otlp_endpoint !== undefined,
    untaken: ({ cause, ...request }) => log.debug({ ...request, err: cause }, 'a request was not taken'),
  }
}

function sqlHandler(engine: Engine, { config, log }: ServerParts, audit: QueryAudit): HttpHandler {
  const endpoint = createSqlEndpoint(sqlConfigOf(config.sql), {
    engine: new SqlRunner(engine), loopback: isLoopback(hostPort(config.sql.listen).host), now: () => performance.now(),
    joinCallers: config.telemetry.traces.join_callers,
    audited: (query) => {
      const { text: _text, ...plain } = query
      log.info(plain, 'query')
      return audit.record(query)
    },
    failed: (error) => log.error({ err: error }, 'a query failed for a reason of ours'),
  })
  return (request) => endpoint.handle(request)
}

/** The API's door: health is asked for from the first moment on. */
export interface ApiDoor extends OpenServer {
  /** Answers from now on. */
  serve(handler: HttpHandler): void
}

/** Answers with `first` until there is more to serve. Throws Failure `misconfigured` when the address cannot be had. */
export async function openApiDoor({ api: { listen, tls } }: Config, log: Log, first: HttpHandler): Promise<ApiDoor> {
  let handler = first
  const server = await startHttpServer({
    name: 'The API', setting: '--api', ...hostPort(listen), tls: tlsMaterial(tls), maxBodyBytes: API_BODY_BYTES, limits: STOP_LIMITS, handle: (request) => handler(request),
    failed: failedBy({ log }),
  })
  return { ...door('api', server), serve: (next) => { handler = next } }
}

interface Opened {
  readonly address: { readonly host: string; readonly port: number }
  stop(): Promise<void>
}

function door(name: OpenServer['name'], { address: { host, port }, stop }: Opened): OpenServer {
  return { name, address: `${host.includes(':') ? `[${host}]` : host}:${port}`, stop }
}

const failedBy = ({ log }: Pick<ServerParts, 'log'>) => (error: unknown) => log.error({ err: error }, 'a request failed for a reason of ours')

async function openSql(engine: Engine, parts: ServerParts): Promise<OpenServer> {
  const { listen, tls } = parts.config.sql
  const audit = createQueryAudit(parts)
  const { address, stop } = await startHttpServer({
    name: 'SQL', setting: '--sql', ...hostPort(listen), tls: tlsMaterial(tls), maxBodyBytes: 16_777_216, limits: STOP_LIMITS,
    handle: sqlHandler(engine, parts, audit), failed: failedBy(parts),
  })
  return door('sql', { address, stop: async () => { await stop(); await audit.close() } })
}

/** Why this process has no tables to ask, and who has. */
function noTables({ config, parts }: ServerParts): string {
  const who = config.store.clickhouse === undefined
    ? 'only the archiver does, which has them in its process'
    : 'the archiver, the assembler and the scheduler do, as does watchkeeper query'
  return `This process (${[...parts].join(', ')}) reaches no tables: ${who}. Ask one of those with --api HOST:PORT, or with its own --config and --data-dir.`
}

const NO_ALERTER = { none: 'This process has no alerter, so it takes no receivers: ask the one that runs watchkeeper alerter.' }

const isWorker = (service: Service): service is WorkerService => 'held' in service

/** What the API answers: how this process is, and what tables say where it has or reaches them. */
function routesOf(parts: ServerParts): Pick<ApiPorts, 'parts' | 'lag' | 'status' | 'store' | 'bus' | 'clock' | 'quarantine' | 'baselines' | 'reports' | 'incidents' | 'removals'> {
  const { config, foundation: { bus, opened }, services } = parts
  const store = opened.store?.store ?? { none: noTables(parts) }
  const startedAt = systemClock.now()
  const all = [...services, { name: 'bus', notReady: bus.notReady }]
  const lag = () => bus.bus.lag()
  const disk = async () => {
    const { bavail, blocks, bsize } = await statfs(config.data_dir)
    const { bytes, maxBytes } = bus.used()
    return { directory: config.data_dir, free_bytes: bavail * bsize, total_bytes: blocks * bsize, log_bytes: bytes, log_max_bytes: maxBytes }
  }
  return {
    parts: all, lag, store, bus: bus.bus, clock: systemClock,
    status: (tenant) => statusOf({
      parts: all, store, lag, disk, now: () => systemClock.now(), startedAt, versions: { watchkeeper: VERSION, node: process.version.slice(1) },
    }, tenant),
    quarantine: 'none' in store ? store : new QuarantineDesk({ store, bus: bus.bus, clock: systemClock }),
    reports: 'none' in store ? store : reportsPort(openReports(parts, store)),
    incidents: 'none' in store ? store : incidentsPort(parts, store),
    removals: 'none' in store ? store : removalsPort(parts),
    baselines: { detectors: Object.keys(REGISTRY), partitions: bus.partitions, held: services.find(isWorker)?.held },
  }
}

function serveApi(parts: ServerParts): OpenServer {
  const { api, config, foundation, edge, metrics, receivers, log } = parts
  const { handle, close } = createApi({
    receivers: parts.parts.has('alerter') ? receivers : NO_ALERTER, configured: receiverEntries(config.alerting), hooks: hookEntries(config.response.hooks), metrics: () => metrics.render(), openMetrics: onLoopback(config), token: foundation.apiToken,
    apiCaller: (token) => edge.apiCaller(token), audit: edge.audit, failed: (error) => log.error({ err: error }, 'a call of the API could not be written down'),
    ...routesOf(parts),
  })
  api.serve(handle)
  const stopResuming = foundation.opened.store === undefined ? () => undefined : resumeErasures(parts)
  return {
    ...api,
    async stop() {
      stopResuming()
      await api.stop()
      await close()
    },
  }
}

async function* openOtlp(ingest: Ingest, parts: ServerParts): AsyncGenerator<OpenServer> {
  const { config: { otlp }, edge: { connections } } = parts
  const { head_seconds: head, body_seconds: body, idle_seconds: idle, connection_age_seconds: age, streams_per_connection: streams } = otlp.limits
  const ports = receivePorts(ingest, parts)
  const tls = tlsMaterial(otlp.tls)
  const receiver = createReceiver(ports)
  yield door('otlp_grpc', await startGrpcServer({
    name: 'OTLP/gRPC', setting: '--otlp-grpc', ...hostPort(otlp.grpc), tls, maxMessageBytes: otlp.max_body_bytes, stopTimeoutMs: STOP_MS,
    handlers: rpcHandlers(ports), failed: failedBy(parts), connections, limits: { streams, idleMs: idle * 1_000, ageMs: age * 1_000 },
  }))
  yield door('otlp_http', await startHttpServer({
    name: 'OTLP/HTTP', setting: '--otlp-http', ...hostPort(otlp.http), tls, maxBodyBytes: otlp.max_body_bytes, connections, lendBodies: true,
    // The whole request has a little longer than its body, which then is answered 503 and not 408: exporters send it again.
    limits: {
      ...STOP_LIMITS, headersTimeout: head * 1_000, requestTimeout: (head + body + 5) * 1_000, keepAliveTimeout: idle * 1_000,
      silenceTimeout: Math.max(300, idle) * 1_000,
    },
    handle: receiver.handle, admit: receiver.admit, dress: receiver.dress, failed: failedBy(parts),
  }))
}

/** Opens all doors; if one cannot be opened, those that were are closed again. */
export async function openServers(parts: ServerParts): Promise<readonly OpenServer[]> {
  const open: OpenServer[] = []
  const engine = parts.foundation.opened.store?.engine
  try {
    if (engine !== undefined) open.push(await openSql(engine, parts))
    open.push(serveApi(parts))
    if (parts.ingest !== undefined) for await (const opened of openOtlp(parts.ingest, parts)) open.push(opened)
    return open
  } catch (error) {
    await Promise.all(open.map((server) => server.stop()))
    throw error
  }
}
