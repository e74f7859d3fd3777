/** Our two OTLP doors, open on loopback, with an ingest that keeps what it was given. */
import { startGrpcServer } from '../../infra/grpc/server.ts'
import type { GrpcServerOptions } from '../../infra/grpc/server.ts'
import { startHttpServer } from '../../infra/http/server.ts'
import { authenticator } from '../../services/collector/authenticate.ts'
import type { ClientEntry, TokenEntry } from '../../services/collector/authenticate.ts'
import type { Arrival } from '../../services/collector/contracts.ts'
import type { Budgets } from '../../services/collector/budget.ts'
import { InFlight } from '../../services/collector/in-flight.ts'
import type { Ingest, IngestResult } from '../../services/collector/ingest-port.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import type { DecodeLimits, Logs, Metrics, Span, Traces } from '../../services/collector/otlp/model.ts'
import { createReceiver } from '../../services/collector/receive.ts'
import type { ReceivePorts, Untaken } from '../../services/collector/receive.ts'
import { rpcHandlers } from '../../services/collector/receive-rpc.ts'

export interface OtlpRig {
  readonly http: string
  /** `host:port` */
  readonly grpc: string
  readonly traces: readonly { readonly data: Traces; readonly arrival: Arrival }[]
  readonly logs: readonly { readonly data: Logs; readonly arrival: Arrival }[]
  readonly metrics: readonly { readonly data: Metrics; readonly arrival: Arrival }[]
  readonly untaken: readonly Untaken[]
  spans(): readonly Span[]
  stop(): Promise<void>
}

export interface OtlpRigOptions {
  readonly tokens?: readonly TokenEntry[]
  readonly clients?: readonly ClientEntry[]
  readonly tls?: GrpcServerOptions['tls']
  /** Nobody is limited where it is absent. */
  readonly budgets?: Budgets
  /** Of one request; default 64 MiB. */
  readonly maxBytes?: number
  readonly limits?: DecodeLimits
  /** Default: free ones. */
  readonly ports?: { readonly http: number; readonly grpc: number }
  /** Called before a request is kept; may throw what ingest would. */
  answer?(): IngestResult
}

const MAX_BYTES = 64 * 1024 * 1024

export async function openOtlp(
  {
    tokens = [], clients = [], tls, budgets, maxBytes = MAX_BYTES, limits = DECODE_LIMITS, ports: at = { http: 0, grpc: 0 }, answer = () => ({ accepted: 1, own: false, rejected: 0, message: '' }),
  }: OtlpRigOptions = {},
): Promise<OtlpRig> {
  const kept = {
    traces: [] as { data: Traces; arrival: Arrival }[], logs: [] as { data: Logs; arrival: Arrival }[],
    metrics: [] as { data: Metrics; arrival: Arrival }[],
  }
  const untaken: Untaken[] = []
  const keep = <T>(into: { data: T; arrival: Arrival }[]) => async (data: T, arrival: Arrival) => {
    const result = answer()
    into.push({ data, arrival })
    return Promise.resolve(result)
  }
  const ingest: Ingest = { traces: keep(kept.traces), logs: keep(kept.logs), metrics: keep(kept.metrics) }
  const ports: ReceivePorts = {
    ingest, authenticate: authenticator({ tokens: () => tokens, clients, now: () => BigInt(Date.now()) * 1_000_000n }), inFlight: new InFlight(4 * maxBytes), clock: { now: () => BigInt(Date.now()) * 1_000_000n },
    limits, maxBodyBytes: maxBytes, untaken: (request) => void untaken.push(request),
    ...(budgets === undefined ? {} : { budgets }),
  }
  const { admit, handle, dress } = createReceiver(ports)
  const http = await startHttpServer({ name: 'OTLP/HTTP', host: '127.0.0.1', port: at.http, maxBodyBytes: maxBytes, tls, admit, handle, dress })
  const grpc = await startGrpcServer({ name: 'OTLP/gRPC', host: '127.0.0.1', port: at.grpc, maxMessageBytes: maxBytes, tls, handlers: rpcHandlers(ports) })
  return {
    http: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${http.address.port}`,
    grpc: `127.0.0.1:${grpc.address.port}`,
    ...kept,
    untaken,
    spans: () => kept.traces.flatMap(({ data }) => data.flatMap(({ items }) => items)),
    stop: async () => void await Promise.all([http.stop(), grpc.stop()]),
  }
}
