/**
 * OTLP/HTTP without sockets: one request in, one answer out, by the OTLP specification 1.11 ("OTLP/HTTP"). Never 500: exporters throw
 * their data away on it.
 */
import type { HttpHandler, HttpHead, HttpRequest, HttpResponse } from '../../schemas/http.ts'
import type { Clock } from '../../schemas/ports.ts'
import type { Admission, Admitted, Authenticate } from './authenticate.ts'
import { type Budgets, type OverBudget, overBudgetMessage } from './budget.ts'
import { exportRequest, outcomeOf } from './export-request.ts'
import type { ExportOutcome } from './export-request.ts'
import { busy, inflate, TOO_LARGE, tooLarge } from './inflate.ts'
import type { InFlight, Lease } from './in-flight.ts'
import type { Ingest } from './ingest-port.ts'
import type { Encoding } from './otlp/decode.ts'
import type { DecodeLimits, Signal } from './otlp/model.ts'
import { exportResponse, statusBody } from './otlp/responses.ts'
import { tracedRequest } from './tracing.ts'

/** A request that was not taken: to be counted, and logged where `cause` is ours. */
export interface Untaken {
  readonly transport: string
  readonly peer: string
  /** Empty where the path was not one of ours. */
  readonly signal: Signal | ''
  /** HTTP status, or the gRPC status code. */
  readonly status: number
  readonly message: string
  readonly cause: unknown
}

export interface ReceivePorts {
  readonly ingest: Ingest
  readonly authenticate: Authenticate
  /** Absent: nobody is limited. */
  readonly budgets?: Budgets
  readonly inFlight: InFlight
  readonly clock: Clock
  readonly limits: DecodeLimits
  /** After inflating. */
  readonly maxBodyBytes: number
  untaken(request: Untaken): void
  /** Spans of requests become part of their callers' traces instead of linking to them. */
  readonly joinCallers?: boolean
  /** Whether anybody takes spans; default: yes. Where nobody does none are made. */
  readonly traced?: boolean
}

const PATHS: ReadonlyMap<string, Signal> = new Map([['/v1/traces', 'traces'], ['/v1/logs', 'logs'], ['/v1/metrics', 'metrics']])
const CONTENT_TYPES: ReadonlyMap<string, Encoding> = new Map([['application/x-protobuf', 'protobuf'], ['application/json', 'json']])
const TYPE_OF: Readonly<Record<Encoding, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' }
const TRANSPORT_OF: Readonly<Record<Encoding, string>> = { protobuf: 'otlp/http+protobuf', json: 'otlp/http+json' }
/** google.rpc.Code for the statuses that we give. */
const RPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8, 503: 14 }

/** What the head alone decides. */
interface Judged {
  readonly signal: Signal
  readonly encoding: Encoding
  readonly gzip: boolean
  readonly tenant: string
  readonly who: Admitted
}

interface Refusal {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
  /** Tells the sender that it may come again, and when. */
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

export interface Receiver {
  /** What can be refused before the body is read; undefined = read it. */
  admit(head: HttpHead): HttpResponse | undefined
  /** Never throws. Checks the head too. */
  readonly handle: HttpHandler
  /** A refusal that the server made in plain text, as OTLP wants it: "the response body MUST be a Protobuf-encoded Status" (or JSON). */
  dress(head: HttpHead, refusal: HttpResponse): HttpResponse
}

export function createReceiver(ports: ReceivePorts): Receiver {
  const refuse = (head: HttpHead, refusal: Refusal): HttpResponse => {
    const encoding = encodingOf(head)
    const { status, message, cause } = refusal
    ports.untaken({ transport: transportOf(encoding), peer: head.peer, signal: PATHS.get(head.path) ?? '', status, message, cause })
    return refusalResponse(encoding, refusal)
  }
  return {
    admit(head) {
      const admitted = judge(head, ports)
      if ('status' in admitted) return refuse(head, admitted)
      const over = ports.budgets?.over(admitted.who)
      return over === undefined ? undefined : refuse(head, overBudget(over))
    },
    async handle(request) {
      const admitted = judge(request, ports)
      if ('status' in admitted) return refuse(request, admitted)
      const over = ports.budgets?.begin(admitted.who)
      if (over !== undefined) return refuse(request, overBudget(over))
      const { signal, encoding, tenant } = admitted
      const head = { signal, encoding, tenant, transport: transportOf(encoding), traceparent: request.headers.get('traceparent') }
      const outcome = await tracedRequest(head, ports, () => taken(request, admitted, ports))
      return outcome.kind === 'accepted'
        ? success(admitted, exportResponse(signal, encoding, outcome))
        : refuse(request, refusalOf(outcome))
    },
    dress: (head, { status, headers, body }) => refuse(head, { status, headers, message: typeof body === 'string' ? body.trim() : '' }),
  }
}

/** Whether the head is one of an export request that may be sent. */
function judge(head: HttpHead, { authenticate, maxBodyBytes }: ReceivePorts): Judged | Refusal {
  const signal = PATHS.get(head.path)
  if (signal === undefined) return { status: 404, message: `Nothing is at this path; there are ${[...PATHS.keys()].join(', ')}.` }
  if (head.method !== 'POST') return { status: 405, message: 'Only POST is understood here.', headers: { allow: 'POST' } }
  // A page that a browser was lured to cannot leave out `Origin`; exporters do not send it, and we answer no preflight.
  if (head.headers.has('origin')) return { status: 403, message: 'Requests from web pages are not taken.' }
  const admission = authenticate({ authorization: head.headers.get('authorization'), certificate: head.certificate })
  if ('refusal' in admission) return stranger(admission)
  const encoding = encodingOf(head)
  if (encoding === undefined) return { status: 415, message: `The content-type must be ${[...CONTENT_TYPES.keys()].join(' or ')}.` }
  const coding = (head.headers.get('content-encoding') ?? '').trim().toLowerCase()
  if (coding !== '' && coding !== 'identity' && coding !== 'gzip') {
    return { status: 415, message: 'The content-encoding must be gzip (once) or absent.', headers: { 'accept-encoding': 'gzip' } }
  }
  if (Number(head.headers.get('content-length') ?? 0) > maxBodyBytes) return { status: 413, message: tooLarge(maxBodyBytes).message }
  return { signal, encoding, gzip: coding === 'gzip', tenant: admission.tenant, who: admission }
}

const stranger = ({ refusal, forbidden }: Extract<Admission, { refusal: string }>): Refusal =>
  forbidden === true ? { status: 403, message: refusal } : { status: 401, message: refusal, headers: { 'www-authenticate': 'Bearer' } }

const overBudget = (over: OverBudget): Refusal =>
  ({ status: 429, message: overBudgetMessage(over), retryAfterSeconds: over.seconds })

/** The media type without its parameters. */
function encodingOf({ headers }: HttpHead): Encoding | undefined {
  const sent = headers.get('content-type') ?? ''
  // Nearly all send it as it stands here.
  return CONTENT_TYPES.get(sent) ?? CONTENT_TYPES.get((sent.split(';', 1)[0] ?? '').trim().toLowerCase())
}

const transportOf = (encoding: Encoding | undefined): string => (encoding === undefined ? 'otlp/http' : TRANSPORT_OF[encoding])

async function taken(request: HttpRequest, admitted: Judged, ports: ReceivePorts): Promise<ExportOutcome> {
  const lease = ports.inFlight.lease()
  try {
    const bytes = await bodyOf(request, admitted, ports, lease)
    const arrival = {
      tenant: admitted.tenant, transport: transportOf(admitted.encoding), peer: request.peer, credential: admitted.who.credential, receivedAt: ports.clock.now(),
    }
    return await exportRequest({ signal: admitted.signal, encoding: admitted.encoding, bytes, arrival }, ports)
  } catch (error) {
    return outcomeOf(error)
  } finally {
    lease.release()
  }
}

async function bodyOf({ body }: HttpRequest, { gzip, who }: Judged, { maxBodyBytes, budgets }: ReceivePorts, lease: Lease): Promise<Buffer> {
  budgets?.spendBytes(who, body.length)
  if (body.length > maxBodyBytes) throw tooLarge(maxBodyBytes)
  if (!lease.grow(body.length)) throw busy()
  if (!gzip) return body
  const inflated = await inflate(body, maxBodyBytes, lease)
  budgets?.spendBytes(who, inflated.length - body.length)
  return inflated
}

function refusalOf(outcome: Exclude<ExportOutcome, { kind: 'accepted' }>): Refusal {
  const { message, cause } = outcome
  if (outcome.kind === 'refused') return { status: outcome.code === TOO_LARGE ? 413 : 400, message, cause }
  return { status: 503, message, cause, retryAfterSeconds: outcome.retryAfterSeconds }
}

function success({ encoding }: Judged, body: Buffer): HttpResponse {
  return { status: 200, headers: { 'content-type': TYPE_OF[encoding] }, body }
}

/** A google.rpc.Status in the request's encoding; plain text where that is unknown. */
function refusalResponse(encoding: Encoding | undefined, { status, message, headers: own = {}, retryAfterSeconds }: Refusal): HttpResponse {
  const headers = retryAfterSeconds === undefined ? own : { ...own, 'retry-after': String(retryAfterSeconds) }
  if (encoding === undefined) return { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: `${message}\n` }
  const body = statusBody(encoding, { code: RPC_CODES[status] ?? 2, message })
  return { status, headers: { ...headers, 'content-type': TYPE_OF[encoding] }, body }
}
