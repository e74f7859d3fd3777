/** OTLP/gRPC without sockets: the Export method of the three services, as bytes in and bytes out. */
import { RPC_STATUS } from '../../schemas/rpc.ts'
import type { RpcAnswer, RpcCall, RpcHandler } from '../../schemas/rpc.ts'
import { exportRequest, outcomeOf } from './export-request.ts'
import type { ExportOutcome } from './export-request.ts'
import { busy, TOO_LARGE, tooLarge } from './inflate.ts'
import type { Signal } from './otlp/model.ts'
import { exportResponse, statusBody } from './otlp/responses.ts'
import type { ReceivePorts } from './receive.ts'

const TRANSPORT = 'otlp/grpc'
const METHODS: readonly (readonly [string, Signal])[] = [
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
]

interface RpcRefusal {
  readonly status: Exclude<RpcAnswer['status'], 0>
  readonly message: string
  /** Tells the sender that it may come again. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** Full method name → handler. Handlers never throw. */
export function rpcHandlers(ports: ReceivePorts): ReadonlyMap<string, RpcHandler> {
  return new Map(METHODS.map(([method, signal]) => [method, (call) => answer(signal, call, ports)]))
}

async function answer(signal: Signal, call: RpcCall, ports: ReceivePorts): Promise<RpcAnswer> {
  const refuse = ({ status, message, retryAfterSeconds, cause }: RpcRefusal): RpcAnswer => {
    ports.untaken({ transport: TRANSPORT, peer: call.peer, signal, status, message, cause })
    return { status, reason: message, details: statusBody('protobuf', { code: status, message, retryAfterSeconds }) }
  }
  const admission = ports.authenticate(call.metadata.get('authorization'))
  if ('refusal' in admission) return refuse({ status: RPC_STATUS.unauthenticated, message: admission.refusal })
  const outcome = await taken(signal, call, admission.tenant, ports)
  if (outcome.kind === 'accepted') return { status: RPC_STATUS.ok, message: exportResponse(signal, 'protobuf', outcome) }
  return refuse(refusalOf(outcome))
}

async function taken(signal: Signal, { message, peer }: RpcCall, tenant: string, ports: ReceivePorts): Promise<ExportOutcome> {
  if (message.length > ports.maxBodyBytes) return outcomeOf(tooLarge(ports.maxBodyBytes))
  const lease = ports.inFlight.lease()
  if (!lease.grow(message.length)) return outcomeOf(busy())
  const arrival = { tenant, transport: TRANSPORT, peer, receivedAt: ports.clock.now() }
  try {
    return await exportRequest({ signal, encoding: 'protobuf', bytes: message, arrival }, ports)
  } finally {
    lease.release()
  }
}

function refusalOf(outcome: Exclude<ExportOutcome, { kind: 'accepted' }>): RpcRefusal {
  const { message, cause } = outcome
  if (outcome.kind === 'later') return { status: RPC_STATUS.unavailable, message, retryAfterSeconds: outcome.retryAfterSeconds, cause }
  return { status: outcome.code === TOO_LARGE ? RPC_STATUS.resourceExhausted : RPC_STATUS.invalidArgument, message, cause }
}
