/** One span for each query: what the audit of the audit says of it, and so never its text, nor an error's message, which repeats parts of it. */
import { type Span, SpanKind, trace } from '@opentelemetry/api'
import { failSpan, parentageOf } from '../../schemas/traced.ts'
import type { AuditedQuery } from './audited-query.ts'

/** `traceparent`: as the caller wrote it, if at all. */
export function querySpan(traceparent: string | undefined, joinCallers = false): Span {
  const { parent, links } = parentageOf(traceparent, joinCallers)
  return trace.getTracer('watchkeeper.sql').startSpan('SQL query', { kind: SpanKind.SERVER, links }, parent)
}

export function endQuerySpan(span: Span, { user, tenant, queryId, queryHash, verdict, rowsRead, bytes }: AuditedQuery): void {
  span.setAttributes({
    'watchkeeper.user': user, 'watchkeeper.tenant': tenant, 'watchkeeper.query_id': queryId, 'watchkeeper.query_hash': queryHash,
    'watchkeeper.verdict': verdict, 'watchkeeper.rows_read': rowsRead, 'watchkeeper.bytes': bytes,
  })
  if (verdict !== 'ok') failSpan(span, verdict)
  span.end()
}
