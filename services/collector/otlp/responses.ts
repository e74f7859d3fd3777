/** Bodies that we answer with: Export…ServiceResponse, google.rpc.Status and google.rpc.RetryInfo, in protobuf and JSON. */
import type { Encoding } from './decode.ts'
import type { Signal } from './model.ts'

const NOTHING = Buffer.alloc(0)
/** The longest message that we send; the specification wants answers to stay small. */
const MAX_MESSAGE = 4096
const REJECTED: Readonly<Record<Signal, string>> = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' }

export interface Acceptance {
  /** Spans, log records or data points that were not taken; the sender must not send them again. */
  readonly rejected: number
  /** Why, or a warning where `rejected` is 0; '' where there is nothing to say. */
  readonly message: string
}

/** A success, whole or partial: `partial_success` is set only where there is something to say. */
export function exportResponse(signal: Signal, encoding: Encoding, { rejected, message }: Acceptance): Buffer {
  const text = message.slice(0, MAX_MESSAGE)
  const quiet = rejected === 0 && text === ''
  if (encoding === 'json') {
    // 64-bit integers are strings in the JSON mapping of proto3.
    return Buffer.from(JSON.stringify(quiet ? {} : { partialSuccess: { [REJECTED[signal]]: String(rejected), errorMessage: text } }))
  }
  return quiet ? NOTHING : bytesField(1, Buffer.concat([varintField(1, rejected), bytesField(2, Buffer.from(text))]))
}

export interface StatusBody {
  /** google.rpc.Code. */
  readonly code: number
  readonly message: string
  /** Adds a RetryInfo with this delay. */
  readonly retryAfterSeconds?: number | undefined
}

/** google.rpc.Status. */
export function statusBody(encoding: Encoding, { code, message, retryAfterSeconds }: StatusBody): Buffer {
  const text = message.slice(0, MAX_MESSAGE)
  if (encoding === 'json') {
    const details = retryAfterSeconds === undefined ? {} : { details: [{ '@type': RETRY_INFO, retryDelay: `${retryAfterSeconds}s` }] }
    return Buffer.from(JSON.stringify({ code, message: text, ...details }))
  }
  const details = retryAfterSeconds === undefined ? NOTHING : bytesField(3, retryInfo(retryAfterSeconds))
  return Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(text)), details])
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

/** RetryInfo within google.protobuf.Any. */
function retryInfo(seconds: number): Buffer {
  const duration = varintField(1, seconds)
  return Buffer.concat([bytesField(1, Buffer.from(RETRY_INFO)), bytesField(2, bytesField(1, duration))])
}

/** `value`: 0 … 2^53. Zero is the default and not written. */
function varintField(number: number, value: number): Buffer {
  return value === 0 ? NOTHING : Buffer.from([number << 3, ...varint(value)])
}

function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes])
}

function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return bytes
}
