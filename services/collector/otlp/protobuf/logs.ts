/** ExportLogsServiceRequest (logs.proto). */
import { AttributeList } from '../attribute-list.ts'
import type { DecodeLimits, LogRecord, Logs } from '../model.ts'
import { readAnyValue, readKeyValue } from './any-value.ts'
import { BYTES, FIXED64, VARINT } from './reader.ts'
import type { Reader } from './reader.ts'
import { decodeScoped } from './scoped.ts'

const LOG_RECORD = {
  1: 'time_unix_nano', 2: 'severity_number', 3: 'severity_text', 5: 'body', 6: 'attributes', 9: 'trace_id', 10: 'span_id',
  11: 'observed_time_unix_nano', 12: 'event_name',
}

type OpenLogRecord = { -readonly [K in keyof LogRecord]: K extends 'attributes' ? AttributeList : LogRecord[K] }

/** `bytes`: the body, inflated. Throws Failure `rejected` with a sentence that names the field. */
export function decodeLogs(bytes: Buffer, limits: DecodeLimits): Logs {
  return decodeScoped(bytes, limits, { resourceMessage: 'ResourceLogs', scopeMessage: 'ScopeLogs', items: 'LogRecord', counted: true, read: readLogRecord })
}

function readLogRecord(reader: Reader): LogRecord {
  reader.budget.item('LogRecord')
  const record: OpenLogRecord = {
    at: 0n, observedAt: 0n, severityNumber: 0, severityText: '', body: null, eventName: '', attributes: new AttributeList(), traceId: '', spanId: '',
  }
  while (reader.pos < reader.limit) readLogRecordField(reader, record)
  return record
}

function readLogRecordField(reader: Reader, record: OpenLogRecord): void {
  const tag = reader.tag('LogRecord')
  switch (tag) {
    case (1 << 3) | FIXED64: record.at = reader.fixed64('LogRecord.time_unix_nano'); break
    case (2 << 3) | VARINT: record.severityNumber = reader.int32('LogRecord.severity_number'); break
    case (3 << 3) | BYTES: record.severityText = reader.text('LogRecord.severity_text'); break
    case (5 << 3) | BYTES: record.body = readAnyValue(reader, 'LogRecord.body'); break
    case (6 << 3) | BYTES: readKeyValue(reader, record.attributes, 'LogRecord.attributes'); break
    case (9 << 3) | BYTES: record.traceId = reader.id(16, 'LogRecord.trace_id'); break
    case (10 << 3) | BYTES: record.spanId = reader.id(8, 'LogRecord.span_id'); break
    case (11 << 3) | FIXED64: record.observedAt = reader.fixed64('LogRecord.observed_time_unix_nano'); break
    case (12 << 3) | BYTES: record.eventName = reader.text('LogRecord.event_name'); break
    default: reader.skip(tag, 'LogRecord', LOG_RECORD)
  }
}
