/** ExportTraceServiceRequest (trace.proto). */
import { AttributeList } from '../attribute-list.ts'
import type { DecodeLimits, Span, SpanEvent, Traces } from '../model.ts'
import { readKeyValue } from './any-value.ts'
import { BYTES, FIXED64, VARINT } from './reader.ts'
import type { Reader } from './reader.ts'
import { decodeScoped } from './scoped.ts'

const SPAN = {
  1: 'trace_id', 2: 'span_id', 3: 'trace_state', 4: 'parent_span_id', 5: 'name', 6: 'kind', 7: 'start_time_unix_nano',
  8: 'end_time_unix_nano', 9: 'attributes', 11: 'events', 13: 'links', 15: 'status',
}
const EVENT = { 1: 'time_unix_nano', 2: 'name', 3: 'attributes' }
const LINK = { 1: 'trace_id', 2: 'span_id' }
const STATUS = { 2: 'message', 3: 'code' }

type Open<T> = { -readonly [K in keyof T]: T[K] }
interface OpenSpan extends Omit<Open<Span>, 'attributes' | 'events' | 'links'> {
  attributes: AttributeList
  events: SpanEvent[]
  links: { traceId: string; spanId: string }[]
}

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeTraces(bytes: Buffer, limits: DecodeLimits): Traces {
  return decodeScoped(bytes, limits, { resourceMessage: 'ResourceSpans', scopeMessage: 'ScopeSpans', items: 'Span', counted: true, read: readSpan })
}

function readSpan(reader: Reader): Span {
  reader.budget.item('Span')
  const span: OpenSpan = {
    traceId: '', spanId: '', parentSpanId: '', traceState: '', name: '', kind: 0, startedAt: 0n, endedAt: 0n,
    attributes: new AttributeList(), events: [], links: [], statusCode: 0, statusMessage: '',
  }
  while (reader.pos < reader.limit) readSpanField(reader, span)
  return span
}

function readSpanField(reader: Reader, span: OpenSpan): void {
  const tag = reader.tag('Span')
  switch (tag) {
    case (1 << 3) | BYTES: span.traceId = reader.id(16, 'Span.trace_id'); break
    case (2 << 3) | BYTES: span.spanId = reader.id(8, 'Span.span_id'); break
    case (3 << 3) | BYTES: span.traceState = reader.text('Span.trace_state'); break
    case (4 << 3) | BYTES: span.parentSpanId = reader.id(8, 'Span.parent_span_id'); break
    case (5 << 3) | BYTES: span.name = reader.text('Span.name'); break
    case (6 << 3) | VARINT: span.kind = reader.int32('Span.kind'); break
    case (7 << 3) | FIXED64: span.startedAt = reader.fixed64('Span.start_time_unix_nano'); break
    case (8 << 3) | FIXED64: span.endedAt = reader.fixed64('Span.end_time_unix_nano'); break
    case (9 << 3) | BYTES: readKeyValue(reader, span.attributes, 'Span.attributes'); break
    case (11 << 3) | BYTES: span.events.push(readEvent(reader)); break
    case (13 << 3) | BYTES: span.links.push(readLink(reader)); break
    case (15 << 3) | BYTES: readStatus(reader, span); break
    default: reader.skip(tag, 'Span', SPAN)
  }
}

function readEvent(reader: Reader): SpanEvent {
  reader.budget.part('Span.events')
  const outer = reader.enter('Span.events')
  const attributes = new AttributeList()
  const event = { at: 0n, name: '', attributes }
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Span.Event')
    if (tag === ((1 << 3) | FIXED64)) event.at = reader.fixed64('Span.Event.time_unix_nano')
    else if (tag === ((2 << 3) | BYTES)) event.name = reader.text('Span.Event.name')
    else if (tag === ((3 << 3) | BYTES)) readKeyValue(reader, attributes, 'Span.Event.attributes')
    else reader.skip(tag, 'Span.Event', EVENT)
  }
  reader.leave(outer)
  return event
}

function readLink(reader: Reader): { traceId: string; spanId: string } {
  reader.budget.part('Span.links')
  const outer = reader.enter('Span.links')
  const link = { traceId: '', spanId: '' }
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Span.Link')
    if (tag === ((1 << 3) | BYTES)) link.traceId = reader.id(16, 'Span.Link.trace_id')
    else if (tag === ((2 << 3) | BYTES)) link.spanId = reader.id(8, 'Span.Link.span_id')
    else reader.skip(tag, 'Span.Link', LINK)
  }
  reader.leave(outer)
  return link
}

function readStatus(reader: Reader, span: OpenSpan): void {
  const outer = reader.enter('Span.status')
  while (reader.pos < reader.limit) {
    const tag = reader.tag('Status')
    if (tag === ((2 << 3) | BYTES)) span.statusMessage = reader.text('Status.message')
    else if (tag === ((3 << 3) | VARINT)) span.statusCode = reader.int32('Status.code')
    else reader.skip(tag, 'Status', STATUS)
  }
  reader.leave(outer)
}
