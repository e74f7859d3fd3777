/** One span for each attempt to tell a receiver. Its URL is not among the attributes: it may be a secret. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Answer } from '../../schemas/ports.ts'
import { failSpan, traced } from '../../schemas/traced.ts'
import { verdictOn } from './deliver.ts'
import type { Pending } from './state.ts'

/** An answer other than 2xx makes the span an error; status 0 is no answer at all. */
export function tracedDelivery({ messageId, receiver, attempts, tenant }: Pending, send: () => Promise<Answer>): Promise<Answer> {
  const attributes = {
    'watchkeeper.receiver': receiver, 'watchkeeper.message_id': messageId, 'watchkeeper.attempt': attempts + 1, 'watchkeeper.tenant': tenant,
    'http.request.method': 'POST',
  }
  return traced(trace.getTracer('watchkeeper.alerter'), { name: 'deliver alert', kind: SpanKind.CLIENT, attributes }, async (span) => {
    const answer = await send()
    if (answer.status > 0) span.setAttribute('http.response.status_code', answer.status)
    if (verdictOn(answer) !== 'delivered') failSpan(span, answer.status > 0 ? String(answer.status) : 'no_answer')
    return answer
  })
}
