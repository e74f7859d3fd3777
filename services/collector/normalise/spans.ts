/** One span → one record. */
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import { isHex } from '../../../schemas/hex.ts'
import type { Span } from '../otlp/model.ts'
import { clampTime, durationBetween, durationOf, LAST_TIME } from './clock.ts'
import type { PlaceRules } from './client-address.ts'
import type { Emitter } from './compile.ts'
import { type Filler, openDraft } from './draft.ts'
import { SPAN_KINDS, type SpanKind } from './emitters/table.ts'
import { finish } from './finish.ts'
import type { Group } from './group.ts'
import { spanEventId } from './identity.ts'
import { SENT_ENDED_AT, SENT_STARTED_AT, SENT_TRACE_STATE } from './own-names.ts'
import { vantageOf } from './recognise.ts'
import { keepEvents, readEvents } from './span-events.ts'

const TRACE_DIGITS = 32
const SPAN_DIGITS = 16
const NO_TRACE = '0'.repeat(TRACE_DIGITS)
const NO_SPAN = '0'.repeat(SPAN_DIGITS)

/** Spans of one trace follow each other, so the answer of the last one mostly holds. */
let lastTraceId = ''

export function isTraceId(id: string): boolean {
  if (id === lastTraceId && id !== '') return true
  if (!isHex(id, TRACE_DIGITS) || id === NO_TRACE) return false
  lastTraceId = id
  return true
}
export const isSpanId = (id: string): boolean => isHex(id, SPAN_DIGITS) && id !== NO_SPAN

export const kindOf = (span: Span): SpanKind => SPAN_KINDS[span.kind] ?? ''

/** Why a span cannot be a record; '' when it can. Without ids it has no identity. */
export function refusal(span: Span): string {
  if (!isTraceId(span.traceId)) return 'trace_id must be 16 bytes that are not all zero'
  return isSpanId(span.spanId) ? '' : 'span_id must be 8 bytes that are not all zero'
}

function setTimes(event: AuditEventFields, kept: Map<string, Attribute>, span: Span): void {
  event.started_at = clampTime(span.startedAt)
  event.ended_at = clampTime(span.endedAt)
  event.duration_ns = durationBetween(event.started_at, event.ended_at)
  if (span.startedAt > LAST_TIME) kept.set(SENT_STARTED_AT, { type: 'int', text: String(span.startedAt) })
  if (span.endedAt > LAST_TIME) kept.set(SENT_ENDED_AT, { type: 'int', text: String(span.endedAt) })
}

function setPlace(event: AuditEventFields, span: Span): void {
  event.trace_id = span.traceId
  event.span_id = span.spanId
  event.parent_span_id = isSpanId(span.parentSpanId) ? span.parentSpanId : ''
  if (span.links.length > 0) event.links = span.links.map(({ traceId, spanId }) => `${traceId}:${spanId}`)
}

const isInternal = (event: AuditEventFields, emitter: Emitter): boolean =>
  (emitter.table.internal ?? []).some(
    ({ kind, method, parentless, name = event.name, given }) =>
      kind === event.span_kind && method === event.method && name === event.name && (!parentless || event.parent_span_id === '') &&
      (given === undefined || event.attributes.has(given)),
  )

export interface SpanContext {
  readonly emitter: Emitter
  readonly group: Group
  /** The tenant as a part of an identity. */
  readonly tenantPart: string
  readonly filler: Filler
  readonly place: PlaceRules
}

/** The record of a span whose ids `refusal` accepts. */
export function eventOfSpan(span: Span, { emitter, group, tenantPart, filler, place }: SpanContext): AuditEventFields {
  const draft = openDraft(group.template)
  const { event, kept, hints } = draft
  const kind = kindOf(span)
  event.event_id = spanEventId(tenantPart, span.traceId, span.spanId)
  event.name = span.name
  event.span_kind = kind
  event.emitter = emitter.table.id
  event.mapping_version = emitter.table.version
  event.vantage = vantageOf(emitter.table, kind, span.name, span.attributes)
  event.status_message = span.statusMessage
  setPlace(event, span)
  filler.fill(draft, span.attributes, emitter.plans[event.vantage])
  setTimes(event, kept, span)
  // OpenTelemetry's samplers say there how many spans one stands for.
  if (span.traceState !== '' && span.traceState.includes('ot=')) kept.set(SENT_TRACE_STATE, { type: 'string', text: span.traceState })
  event.duration_ns = durationOf(hints.duration_ms) ?? event.duration_ns
  if (span.events.length > 0) {
    keepEvents(event, kept, span.events, span.statusCode === 2)
    readEvents(event, emitter.table, span.events)
  }
  finish(draft, { emitter, group, attributes: span.attributes, status: span.statusCode, place })
  if (emitter.table.internal !== undefined) event.server_internal = isInternal(event, emitter)
  return event
}
