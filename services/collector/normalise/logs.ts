/** One log record → one record. Dated by its end: a log is written when the thing is over. */
import type { Attribute, AuditEventFields } from '../../../schemas/audit-event.ts'
import type { LogRecord } from '../otlp/model.ts'
import { clampTime, durationOf } from './clock.ts'
import type { PlaceRules } from './client-address.ts'
import type { Emitter } from './compile.ts'
import { type Filler, openDraft } from './draft.ts'
import { finish } from './finish.ts'
import type { Group } from './group.ts'
import { LOG_BODY, LOG_SEVERITY, LOG_SEVERITY_NUMBER } from './own-names.ts'
import { plainText } from './readings.ts'
import { isSpanId, isTraceId } from './spans.ts'
import { attributeOf } from './values.ts'

const EVENT_NAME = 'event.name'

function prefixed(record: LogRecord, { key, prefix }: { readonly key: string; readonly prefix: string }): string {
  const body = typeof record.body === 'string' && record.body.startsWith(prefix) ? record.body : ''
  const name = plainText(record.attributes.get(key)) || record.eventName || body
  return name === '' || name.startsWith(prefix) ? name : prefix + name
}

/** The event's name: by the emitter's rule, else OTLP's event name, else the attribute that came before it. */
export function logName(record: LogRecord, emitter: Emitter | undefined): string {
  const rule = emitter?.table.eventName
  return rule === undefined ? record.eventName || plainText(record.attributes.get(EVENT_NAME)) : prefixed(record, rule)
}

function keepRest(event: AuditEventFields, kept: Map<string, Attribute>, record: LogRecord): void {
  if (record.body !== null && record.body !== event.name) kept.set(LOG_BODY, attributeOf(record.body))
  if (record.severityText !== '') kept.set(LOG_SEVERITY, { type: 'string', text: record.severityText })
  if (record.severityNumber !== 0) kept.set(LOG_SEVERITY_NUMBER, { type: 'int', text: String(record.severityNumber) })
}

function setTimes(event: AuditEventFields, record: LogRecord, duration: bigint | undefined): void {
  const at = clampTime(record.at === 0n ? record.observedAt : record.at)
  event.ended_at = at
  event.duration_ns = duration ?? 0n
  event.started_at = at > event.duration_ns ? at - event.duration_ns : at
  event.observed_at = clampTime(record.observedAt)
}

export interface LogContext {
  readonly emitter: Emitter
  readonly group: Group
  readonly eventId: string
  readonly filler: Filler
  readonly place: PlaceRules
}

export function eventOfLog(record: LogRecord, { emitter, group, eventId, filler, place }: LogContext): AuditEventFields {
  const draft = openDraft(group.template)
  const { event, kept, hints } = draft
  event.event_id = eventId
  event.signal = 'log'
  event.name = logName(record, emitter)
  event.emitter = emitter.table.id
  event.mapping_version = emitter.table.version
  event.vantage = emitter.table.logs ?? 'log'
  event.trace_id = isTraceId(record.traceId) ? record.traceId : ''
  event.span_id = event.trace_id !== '' && isSpanId(record.spanId) ? record.spanId : ''
  filler.fill(draft, record.attributes, emitter.plans.log)
  setTimes(event, record, durationOf(hints.duration_ms))
  keepRest(event, kept, record)
  finish(draft, { emitter, group, attributes: record.attributes, status: undefined, place })
  return event
}
