/** The notice itself as JSON, below the 20 KB that Standard Webhooks 1.0.0 asks for. Pure. */
import type { AlertMessage, Notice } from '../../../schemas/alert-message.ts'

const LARGEST = 20_000

const fits = (body: string): boolean => Buffer.byteLength(body) < LARGEST
const isAlert = (notice: Notice): notice is AlertMessage => notice.type.startsWith('alert.')

/** With so many reasons, of which so many argue their case. What is left out is counted. */
function lesser({ data, ...message }: AlertMessage, reasons: number, argued: number): AlertMessage {
  const why = data.why.slice(0, reasons).map(({ case: argument, ...reason }, at) => (at < argued && argument !== undefined ? { ...reason, case: argument } : reason))
  return { ...message, data: { ...data, why, why_omitted: data.why_omitted + data.why.length - why.length, rules: data.rules.slice(0, argued) } }
}

/** Such as it is. The alerter keeps within the size already; labels and links of the configuration may bring it over. */
export function webhookBody(notice: Notice): string {
  let body = JSON.stringify(notice)
  if (fits(body) || !isAlert(notice)) return body
  for (const [reasons, argued] of [[20, 2], [20, 0], [10, 0], [5, 0], [1, 0]] as const) {
    body = JSON.stringify(lesser(notice, reasons, argued))
    if (fits(body)) return body
  }
  return JSON.stringify({ ...lesser(notice, 0, 0), data: { ...lesser(notice, 0, 0).data, sql: '', interaction_ids: [], evidence_ids: [] } })
}
