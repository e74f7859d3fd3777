/** ExportLogsServiceRequest in JSON. */
import type { Budget } from '../budget.ts'
import type { DecodeLimits, LogRecord, Logs } from '../model.ts'
import { anyValue, keyValues } from './any-value.ts'
import { asEnum, asId, asNanos, asText, field } from './fields.ts'
import type { JsonObject } from './fields.ts'
import { decodeScopedJson } from './scoped.ts'
import type { UnknownKeys } from './unknown-keys.ts'

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeLogsJson(bytes: Buffer, limits: DecodeLimits, unknown?: UnknownKeys): Logs {
  return decodeScopedJson({ bytes, limits, unknown }, { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords', read: readLogRecord })
}

function readLogRecord(record: JsonObject, budget: Budget): LogRecord {
  budget.item('logRecords')
  return {
    at: asNanos(field(record, 'timeUnixNano'), 'logRecord.timeUnixNano'),
    observedAt: asNanos(field(record, 'observedTimeUnixNano'), 'logRecord.observedTimeUnixNano'),
    severityNumber: asEnum(field(record, 'severityNumber'), 'logRecord.severityNumber'),
    severityText: asText(field(record, 'severityText'), 'logRecord.severityText'),
    body: anyValue(field(record, 'body'), budget),
    eventName: asText(field(record, 'eventName'), 'logRecord.eventName'),
    attributes: keyValues(field(record, 'attributes'), budget, 'logRecord.attributes'),
    traceId: asId(field(record, 'traceId'), 32, 'logRecord.traceId'),
    spanId: asId(field(record, 'spanId'), 16, 'logRecord.spanId'),
  }
}
