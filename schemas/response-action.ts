/**
 * What somebody wants done because of an alert: a signed message to a hook that revokes a token, quarantines a server, whatever its owner made it for.
 * Orders travel on topic `response-orders`; whoever has an action's partition carries them out and says each step as a new version of the action.
 */
import { z } from 'zod'

const text = z.string()
const id = z.string().regex(/^[0-9a-f]{32}$/)

/** `waiting`: for another person; `approved`: on its way; the others are ends. */
export const ACTION_STATES = ['waiting', 'approved', 'done', 'failed', 'rejected', 'expired'] as const

/** A row of table `response_actions`: newest version counts. */
export const ResponseAction = z.strictObject({
  action_id: id,
  version: z.number().int().min(1),
  tenant: text,
  alert_id: id,
  alert_version: z.number().int().min(0),
  hook: text,
  state: z.enum(ACTION_STATES),
  /** JSON: what the hook is told of the alert and of what to act on. */
  request: text,
  why: text,
  /** Person and token; times in nanoseconds, 0n = not yet. */
  requested_by: text,
  requested_token: text,
  requested_at: z.bigint(),
  decided_by: text,
  decided_why: text,
  decided_at: z.bigint(),
  /** The message as it is sent, each attempt the same; '' before. */
  body: text,
  attempts: z.number().int().min(0),
  /** HTTP status of the last attempt, 0 where none was answered. */
  status: z.number().int(),
  /** First 1,024 bytes of the answer, or why there was none. */
  answer: text,
  updated_at: z.bigint(),
})
export type ResponseAction = Readonly<z.infer<typeof ResponseAction>>

/** What a hook is sent: the same for every attempt. `at`: when it goes on its way, nanoseconds. */
export const responseBody = (
  { action_id, hook, tenant, requested_by, decided_by, why, request }: Pick<ResponseAction, 'action_id' | 'hook' | 'tenant' | 'requested_by' | 'decided_by' | 'why' | 'request'>, at: bigint,
): string => JSON.stringify({
  type: `response.${hook}`, timestamp: new Date(Number(at / 1_000_000n)).toISOString(),
  data: { action_id, hook, tenant, requested_by, approved_by: decided_by, why, ...(JSON.parse(request) as object) },
})

const ordered = {
  order_id: id,
  action_id: id,
  tenant: text,
  by: text.min(1).max(256),
  /** The token it was asked with: another one than that of the request must approve. */
  token: text.min(1).max(256),
  at: z.bigint(),
  why: text.max(2_000),
}
export const ResponseOrder = z.discriminatedUnion('order', [
  z.strictObject({ order: z.literal('request'), ...ordered, alert_id: id, alert_version: z.number().int().min(0), hook: text.min(1).max(64), request: text.max(65_536) }),
  z.strictObject({ order: z.literal('approve'), ...ordered }),
  z.strictObject({ order: z.literal('reject'), ...ordered }),
])
export type ResponseOrder = Readonly<z.infer<typeof ResponseOrder>>
