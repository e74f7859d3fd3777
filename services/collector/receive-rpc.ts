/** OTLP/gRPC without sockets: the Export method of the three services, as bytes in and bytes out. */
import { RPC_STATUS } from '../../schemas/rpc.ts'
import type { RpcCall, RpcHandler, RpcHead, RpcRefusal, RpcStatus } from '../../schemas/rpc.ts'
import type { Admission, Admitted } from './authenticate.ts'
import { type OverBudget, overBudgetMessage } from './budget.ts'
import { exportRequest, outcomeOf } from './export-request.ts'
import type { ExportOutcome } from './export-request.ts'
import { busy, TOO_LARGE, tooLarge } from './inflate.ts'
import type { Signal } from './otlp/model.ts'
import { exportResponse, statusBody } from './otlp/responses.ts'
import type { ReceivePorts } from './receive.ts'
import { tracedRequest } from './tracing.ts'

const TRANSPORT = 'otlp/grpc'
const METHODS: readonly (readonly [string, Signal])[] = [
  ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'traces'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
]

interface Reason {
  readonly status: Exclude<RpcStatus, 0>
  readonly message: string
  /** Tells the sender that it may come again. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** Full method name → handler. Handlers never throw. */
export function rpcHandlers(ports: ReceivePorts): ReadonlyMap<string, RpcHandler> {
  return new Map(METHODS.map(([method, signal]) => [method, handlerOf(signal, ports)]))
}

function handlerOf(signal: Signal, ports: ReceivePorts): RpcHandler {
  const refuse = ({ peer }: RpcHead, { status, message, retryAfterSeconds, cause }: Reason): RpcRefusal => {
    ports.untaken({ transport: TRANSPORT, peer, signal, status, message, cause })
    return { status, reason: message, details: statusBody('protobuf', { code: status, message, retryAfterSeconds }) }
  }
  const judge = ({ metadata, certificate }: RpcHead) => ports.authenticate({ authorization: metadata.get('authorization'), certificate })
  return {
    admit(head) {
      const admission = judge(head)
      if ('refusal' in admission) return refuse(head, stranger(admission))
      const over = ports.budgets?.over(admission)
      return over === undefined ? undefined : refuse(head, overBudget(over))
    },
    async answer(call) {
      const admission = judge(call)
      if ('refusal' in admission) return refuse(call, stranger(admission))
      const over = ports.budgets?.begin(admission)
      if (over !== undefined) return refuse(call, overBudget(over))
      const { tenant } = admission
      const head = { signal, encoding: 'protobuf', transport: TRANSPORT, tenant, traceparent: call.metadata.get('traceparent') } as const
      const outcome = await tracedRequest(head, ports, () => taken(call, { signal, who: admission }, ports))
      if (outcome.kind === 'accepted') return { status: RPC_STATUS.ok, message: exportResponse(signal, 'protobuf', outcome) }
      return refuse(call, refusalOf(outcome))
    },
  }
}

const stranger = ({ refusal, forbidden }: Extract<Admission, { refusal: string }>): Reason =>
  ({ status: forbidden === true ? RPC_STATUS.permissionDenied : RPC_STATUS.unauthenticated, message: refusal })

/** With RetryInfo, without which a sender may not come again (OTLP specification, "OTLP/gRPC Throttling"). */
const overBudget = (over: OverBudget): Reason =>
  ({ status: RPC_STATUS.resourceExhausted, message: overBudgetMessage(over), retryAfterSeconds: over.seconds })

interface Taking {
  readonly signal: Signal
  readonly who: Admitted
}

async function taken({ message, peer }: RpcCall, { signal, who }: Taking, ports: ReceivePorts): Promise<ExportOutcome> {
  ports.budgets?.spendBytes(who, message.length)
  if (message.length > ports.maxBodyBytes) return outcomeOf(tooLarge(ports.maxBodyBytes))
  const lease = ports.inFlight.lease()
  if (!lease.grow(message.length)) return outcomeOf(busy())
  const arrival = { tenant: who.tenant, transport: TRANSPORT, peer, credential: who.credential, receivedAt: ports.clock.now() }
  try {
    return await exportRequest({ signal, encoding: 'protobuf', bytes: message, arrival }, ports)
  } finally {
    lease.release()
  }
}

function refusalOf(outcome: Exclude<ExportOutcome, { kind: 'accepted' }>): Reason {
  const { message, cause } = outcome
  if (outcome.kind === 'later') return { status: RPC_STATUS.unavailable, message, retryAfterSeconds: outcome.retryAfterSeconds, cause }
  return { status: outcome.code === TOO_LARGE ? RPC_STATUS.resourceExhausted : RPC_STATUS.invalidArgument, message, cause }
}
