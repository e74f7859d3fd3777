/** The doors: OTLP over HTTP and gRPC, SQL, API. Every address is checked before anything is opened. */
import { SqlRunner } from '../../infra/clickhouse/sql-runner.ts'
import { startGrpcServer } from '../../infra/grpc/server.ts'
import { startHttpServer } from '../../infra/http/server.ts'
import type { OwnMetrics } from '../../infra/otel/metrics.ts'
import { Failure } from '../../schemas/failure.ts'
import type { HttpHandler } from '../../schemas/http.ts'
import { isLoopback } from '../../schemas/loopback.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { createApi, type Receivers } from '../api/handle.ts'
import { authenticator, refuseUnsafeBinding } from '../collector/authenticate.ts'
import { InFlight } from '../collector/in-flight.ts'
import type { Ingest } from '../collector/ingest-port.ts'
import { DECODE_LIMITS } from '../collector/otlp/model.ts'
import { createReceiver, type ReceivePorts } from '../collector/receive.ts'
import { rpcHandlers } from '../collector/receive-rpc.ts'
import { hostPort } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { checkSqlExposure, SqlConfig } from '../sql/config.ts'
import { createSqlEndpoint } from '../sql/endpoint.ts'
import { type Foundation, systemClock } from './foundation.ts'
import { tlsMaterial } from './tls.ts'

export interface ServerParts {
  readonly config: Config
  readonly foundation: Foundation
  readonly ingest: Ingest
  readonly metrics: OwnMetrics
  readonly receivers: Receivers
  readonly services: readonly Service[]
  readonly log: Log
}

/** A door that can be closed again: it answers what is open first. */
export interface OpenServer {
  stop(): Promise<void>
}

/** Bytes of requests that are worked on at the same time, over all connections. */
const IN_FLIGHT_BYTES = 268_435_456
const API_BODY_BYTES = 65_536

/** Throws Failure `misconfigured` when an address would be open to strangers. */
export function refuseUnsafeDoors({ otlp, sql, api }: Config): void {
  for (const address of [otlp.http, otlp.grpc]) {
    refuseUnsafeBinding({
      host: hostPort(address).host, tls: otlp.tls !== undefined, tokens: otlp.tokens.length, behindTlsProxy: otlp.behind_tls_proxy,
      clientCertificates: otlp.tls?.client_ca !== undefined,
    })
  }
  checkSqlExposure(sqlConfigOf(sql), { host: hostPort(sql.listen).host, tls: sql.tls !== undefined, behindTlsProxy: false })
  if (!isLoopback(hostPort(api.listen).host)) {
    throw new Failure(
      'misconfigured', 'api.exposed',
      `The API on ${api.listen} has no TLS of its own: bind api.listen to 127.0.0.1 and put a proxy with TLS in front of it.`,
    )
  }
}

const sqlConfigOf = ({ listen: _listen, tls: _tls, concurrency: _concurrency, ...rest }: Config['sql']): SqlConfig => SqlConfig.parse(rest)

function receivePorts({ config, ingest, log }: ServerParts): ReceivePorts {
  return {
    ingest, authenticate: authenticator({ tokens: () => config.otlp.tokens, now: () => systemClock.now() }), inFlight: new InFlight(IN_FLIGHT_BYTES), clock: systemClock, limits: DECODE_LIMITS,
    maxBodyBytes: config.otlp.max_body_bytes,
    joinCallers: config.telemetry.traces.join_callers,
    untaken: ({ cause, ...request }) => log.debug({ ...request, err: cause }, 'a request was not taken'),
  }
}

function sqlHandler({ config, foundation, log }: ServerParts): HttpHandler {
  const endpoint = createSqlEndpoint(sqlConfigOf(config.sql), {
    engine: new SqlRunner(foundation.store.engine), loopback: isLoopback(hostPort(config.sql.listen).host), now: () => performance.now(),
    joinCallers: config.telemetry.traces.join_callers,
    audited: (query) => log.info({ ...query }, 'query'), failed: (error) => log.error({ err: error }, 'a query failed for a reason of ours'),
  })
  return (request) => endpoint.handle(request)
}

/** Opens all doors; if one cannot be opened, those that were are closed again. */
export async function openServers(parts: ServerParts): Promise<readonly OpenServer[]> {
  const { config, foundation, metrics, receivers, services, log } = parts
  const failed = (error: unknown) => log.error({ err: error }, 'a request failed for a reason of ours')
  const ports = receivePorts(parts)
  const tls = tlsMaterial(config.otlp.tls)
  const receiver = createReceiver(ports)
  const api = createApi({
    parts: [...services, { name: 'log', notReady: () => foundation.bus.stats().notReady }], receivers, metrics: () => metrics.render(),
    lag: () => foundation.bus.lag(), token: foundation.apiToken,
  })
  const open: OpenServer[] = []
  try {
    open.push(await startHttpServer({
      name: 'SQL', setting: '--sql', ...hostPort(config.sql.listen), tls: tlsMaterial(config.sql.tls), maxBodyBytes: 16_777_216,
      handle: sqlHandler(parts), failed,
    }))
    open.push(await startHttpServer({
      name: 'The API', setting: '--api', ...hostPort(config.api.listen), maxBodyBytes: API_BODY_BYTES, handle: api, failed,
    }))
    open.push(await startGrpcServer({
      name: 'OTLP/gRPC', setting: '--otlp-grpc', ...hostPort(config.otlp.grpc), tls, maxMessageBytes: config.otlp.max_body_bytes,
      handlers: rpcHandlers(ports), failed,
    }))
    open.push(await startHttpServer({
      name: 'OTLP/HTTP', setting: '--otlp-http', ...hostPort(config.otlp.http), tls, maxBodyBytes: config.otlp.max_body_bytes,
      handle: receiver.handle, admit: receiver.admit, failed,
    }))
    return open
  } catch (error) {
    await Promise.all(open.map((server) => server.stop()))
    throw error
  }
}
