/**
 * How the observed step ended. Decided on typed facts only: HTTP status, JSON-RPC code, `error.type`, span status, success flags.
 * Words in a status message decide nothing.
 */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { Outcome } from '../../../schemas/vocabulary.ts'
import type { Hints } from './fields.ts'
import type { EmitterTable } from './emitters/table.ts'
import { CANCELLED_TYPES } from './words.ts'

/** 0 unset, 1 ok, 2 error, as in OTLP; undefined for a log, which has no status. */
export type SpanStatus = number | undefined

interface Judged {
  readonly hints: Hints
  readonly status: SpanStatus
  readonly table: EmitterTable
}

const JSONRPC_CODE = /^-32\d{3}$/
const INTEGER = /^-?[1-9]\d{0,9}$/

function jsonRpcCode(event: AuditEventFields, hints: Hints): string {
  if (hints.rpc_status !== '' && INTEGER.test(hints.rpc_status)) return hints.rpc_status
  return event.error_type.startsWith('-32') && JSONRPC_CODE.test(event.error_type) ? event.error_type : ''
}

/** An agent's built-in tool has no method. */
const isToolCall = ({ method, tool }: AuditEventFields): boolean => method === 'tools/call' || (method === '' && tool !== '')

/** A class name, or nothing at all: a tool that failed answers with an error result, everything else with a JSON-RPC error. */
function failure(event: AuditEventFields, { hints, table }: Judged): Outcome {
  const isNoTools = table.resultUnseenBy?.includes(event.vantage) === true || table.namesToolErrorsAt?.includes(event.vantage) === true
  const seesResult = event.vantage !== 'client' && !isNoTools
  return isToolCall(event) && (seesResult || hints.success === 'false') ? 'tool_error' : 'protocol_error'
}

function withoutFailure(event: AuditEventFields, { hints, status, table }: Judged): Outcome {
  const unseen = event.method === 'tools/call' && table.resultUnseenBy?.includes(event.vantage) === true
  if ((table.successIsUnknown === true || unseen) && hints.success !== 'true') return 'unknown'
  return status !== undefined || hints.success === 'true' ? 'ok' : 'unknown'
}

const failed = (event: AuditEventFields, hints: Hints, status: SpanStatus): boolean =>
  status === 2 || (event.error_type !== '' && status !== 1) || hints.success === 'false'

/** Sets `outcome`, and `error_code` where a code decided. */
export function judge(event: AuditEventFields, hints: Hints, status: SpanStatus, table: EmitterTable): void {
  event.outcome = outcomeOf(event, hints, status, table)
}

function outcomeOf(event: AuditEventFields, hints: Hints, status: SpanStatus, table: EmitterTable): Outcome {
  const rule = table.outcomes?.find(({ name = event.name, field = 'status', is }) =>
    name === event.name && (is === undefined || is === (field === 'status' || field === 'success' ? hints[field] : event[field])))
  if (rule !== undefined) return rule.outcome
  if (CANCELLED_TYPES.has(event.error_type)) return 'cancelled'
  if (event.error_type === 'tool_error') return 'tool_error'
  const code = jsonRpcCode(event, hints)
  const http = hints.http_status !== '' && INTEGER.test(hints.http_status) ? Number(hints.http_status) : 0
  event.error_code ||= code !== '' ? code : http >= 400 ? hints.http_status : ''
  if (http === 401) return 'unauthenticated'
  if (http === 403) return 'denied'
  if (code !== '' || http >= 400) return 'protocol_error'
  const judged = { hints, status, table }
  return failed(event, hints, status) ? failure(event, judged) : withoutFailure(event, judged)
}
