/** ExportTraceServiceRequest in JSON. */
import type { Budget } from '../budget.ts'
import type { DecodeLimits, Span, SpanEvent, Traces } from '../model.ts'
import { keyValues } from './any-value.ts'
import { asEnum, asId, asList, asNanos, asObject, asText, field } from './fields.ts'
import type { JsonObject } from './fields.ts'
import { decodeScopedJson } from './scoped.ts'
import type { UnknownKeys } from './unknown-keys.ts'

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeTracesJson(bytes: Buffer, limits: DecodeLimits, unknown?: UnknownKeys): Traces {
  return decodeScopedJson({ bytes, limits, unknown }, { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans', read: readSpan })
}

function readSpan(span: JsonObject, budget: Budget): Span {
  budget.item('spans')
  const status = asObject(field(span, 'status'), 'span.status')
  return {
    traceId: asId(field(span, 'traceId'), 32, 'span.traceId'),
    spanId: asId(field(span, 'spanId'), 16, 'span.spanId'),
    parentSpanId: asId(field(span, 'parentSpanId'), 16, 'span.parentSpanId'),
    traceState: asText(field(span, 'traceState'), 'span.traceState'),
    name: asText(field(span, 'name'), 'span.name'),
    kind: asEnum(field(span, 'kind'), 'span.kind'),
    startedAt: asNanos(field(span, 'startTimeUnixNano'), 'span.startTimeUnixNano'),
    endedAt: asNanos(field(span, 'endTimeUnixNano'), 'span.endTimeUnixNano'),
    attributes: keyValues(field(span, 'attributes'), budget, 'span.attributes'),
    events: asList(field(span, 'events'), 'span.events').map((event) => readEvent(event, budget)),
    links: asList(field(span, 'links'), 'span.links').map((link) => readLink(link, budget)),
    statusCode: asEnum(field(status, 'code'), 'span.status.code'),
    statusMessage: asText(field(status, 'message'), 'span.status.message'),
  }
}

function readEvent(json: unknown, budget: Budget): SpanEvent {
  budget.part('span.events')
  const event = asObject(json, 'span.events')
  return {
    at: asNanos(field(event, 'timeUnixNano'), 'span.events.timeUnixNano'),
    name: asText(field(event, 'name'), 'span.events.name'),
    attributes: keyValues(field(event, 'attributes'), budget, 'span.events.attributes'),
  }
}

function readLink(json: unknown, budget: Budget): { readonly traceId: string; readonly spanId: string } {
  budget.part('span.links')
  const link = asObject(json, 'span.links')
  return { traceId: asId(field(link, 'traceId'), 32, 'span.links.traceId'), spanId: asId(field(link, 'spanId'), 16, 'span.links.spanId') }
}
