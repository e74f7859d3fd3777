import { createHmac } from 'node:crypto'

/** Header `webhook-signature` of Standard Webhooks 1.0.0. `secret` is `whsec_` and base64; `timestamp` is Unix seconds. */
export function signature(secret: string, { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string }): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
