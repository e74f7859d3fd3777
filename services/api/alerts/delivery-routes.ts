/** What was sent to whom, and what became of it. */
import { z } from 'zod'
import type { Row } from '../../../schemas/ports.ts'
import { sqlText, sqlTexts } from '../../../schemas/sql-literal.ts'
import { here, Refusal } from '../problem.ts'
import { isoTime, json } from '../responses.ts'
import { type Route, route } from '../route.ts'
import { ownTenant, tenantWithin } from '../tenancy.ts'
import type { Tables } from './alert-store.ts'
import { alertId, next } from './alert-routes.ts'
import { cursorOf, cursorText, exactTime, instant, nanosecondsOf, paging } from './filter.ts'
import { KEY_HEADER, orderId } from './order-id.ts'
import { byOf, ORDER_ANSWERS, taken, Taken } from './order-routes.ts'
import { AlertEventView, attemptView, AttemptView } from './view.ts'

const OUTCOMES = ['delivered', 'retry', 'refused', 'gave_up'] as const
const word = z.string().min(1).max(256)
const Message = z.strictObject({
  message_id: z.string(), receiver: z.string(), tenant: z.string(), alert_id: z.string(), alert_version: z.number().int(),
  outcome: z.enum(OUTCOMES).describe('Of its last attempt: delivered, retry (more attempts follow), refused (held until the configuration allows the target), gave_up (a dead letter)'),
  attempts: z.number().int(), first_attempt_at: z.string(), last_attempt_at: z.string(), status: z.number().int(), answer: z.string(),
}).meta({ id: 'Delivery' })

const Listing = z.strictObject({
  outcome: z.array(z.enum(OUTCOMES)).optional().describe('gave_up: dead letters'),
  receiver: z.array(word).max(64).optional(), alert_id: alertId.optional(),
  since: instant.optional().describe('First attempt at or after this time; the last 30 days where it is left out'), until: instant.optional(),
  tenant: word.optional(), ...paging,
})
type Listing = z.infer<typeof Listing>

const THIRTY_DAYS_NS = 30n * 86_400_000_000_000n
const messageId = z.string().regex(/^[\x21-\x7e]{1,128}$/)
const byMessage = z.strictObject({ message_id: messageId })

const messageView = (row: Row): z.infer<typeof Message> => {
  const [outcome, status, answer] = row['word'] as readonly [(typeof OUTCOMES)[number], number, string]
  return {
    message_id: String(row['message_id']), receiver: String(row['receiver']), tenant: String(row['tenant']), alert_id: String(row['alert']), alert_version: Number(row['version']),
    outcome, attempts: Number(row['attempts']), first_attempt_at: isoTime(row['first'] as bigint), last_attempt_at: isoTime(row['last'] as bigint), status, answer,
  }
}

const MESSAGES = `SELECT tenant, message_id, receiver, any(alert_id) AS alert, any(alert_version) AS version, min(attempted_at) AS first, max(attempted_at) AS last,
  count() AS attempts, argMax((outcome, status, answer), attempted_at) AS word FROM watchkeeper.deliveries`

/** Where a message stands in the list: its first attempt, which does not change any more. */
const place = (row: Row): string => cursorText({ at: row['first'] as bigint, id: `${String(row['message_id'])}|${String(row['receiver'])}` })

function after(cursor: string | undefined): string[] {
  if (cursor === undefined) return []
  const { at, id } = cursorOf(cursor)
  return [`(first, concat(message_id, '|', receiver)) < (${exactTime(at)}, ${sqlText(id)})`]
}

async function listMessages(store: Tables, filter: Listing, { tenant, now }: { readonly tenant: string | undefined; readonly now: bigint }) {
  const { outcome, receiver, alert_id: alert, since, until, limit, cursor } = filter
  const from = since === undefined ? now - THIRTY_DAYS_NS : nanosecondsOf(since)
  const where = [
    tenant === undefined ? '1' : `tenant = ${sqlText(tenant)}`, ...(receiver === undefined ? [] : [`receiver IN ${sqlTexts(receiver)}`]), ...(alert === undefined ? [] : [`alert_id = ${sqlText(alert)}`]),
    `attempted_at >= ${exactTime(from < 0n ? 0n : from)}`,
  ]
  const having = [
    `first >= ${exactTime(from < 0n ? 0n : from)}`, ...(until === undefined ? [] : [`first < ${exactTime(nanosecondsOf(until))}`]), ...(outcome === undefined ? [] : [`word.1 IN ${sqlTexts(outcome)}`]),
    ...after(cursor),
  ]
  const rows = await store.query(`${MESSAGES} WHERE ${where.join(' AND ')} GROUP BY tenant, message_id, receiver HAVING ${having.join(' AND ')}
    ORDER BY first DESC, concat(message_id, '|', receiver) DESC LIMIT ${limit + 1}`)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return { deliveries: page.map(messageView), next: last === undefined ? null : place(last) }
}

interface Which {
  readonly id: string
  readonly tenant: string | undefined
  readonly receiver: string | undefined
}

/** The receivers that a message was sent to, with whose it is. */
async function sentTo(store: Tables, { id, tenant, receiver }: Which): Promise<readonly { readonly tenant: string; readonly receiver: string }[]> {
  const conditions = [`message_id = ${sqlText(id)}`, ...(tenant === undefined ? [] : [`tenant = ${sqlText(tenant)}`]), ...(receiver === undefined ? [] : [`receiver = ${sqlText(receiver)}`])]
  const rows = await store.query(`SELECT DISTINCT tenant, receiver FROM watchkeeper.deliveries WHERE ${conditions.join(' AND ')} ORDER BY receiver LIMIT 64`)
  return rows.map((row) => ({ tenant: String(row['tenant']), receiver: String(row['receiver']) }))
}

const NO_MESSAGE = 'there is no message of this id'

/** Throws Refusal where it is not one message to one receiver. */
async function meant(store: Tables, which: Which): Promise<{ readonly tenant: string; readonly receiver: string }> {
  const [first, ...more] = await sentTo(store, which)
  if (first === undefined) throw new Refusal(404, NO_MESSAGE)
  if (more.length > 0) throw new Refusal(400, `receiver: the message went to ${[first, ...more].map(({ receiver }) => receiver).join(', ')}; say which`)
  return first
}

export const deliveryRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/deliveries', operation: 'delivery.list', scope: 'read', summary: 'Messages and how they ended, newest first; outcome=gave_up lists dead letters', query: Listing,
    answers: { 200: { says: 'A page', schema: z.strictObject({ deliveries: z.array(Message), next }) } },
    handle: async ({ query, caller }, { store, clock }) =>
      json(200, await listMessages(here(store), query, { tenant: tenantWithin(caller, query.tenant), now: clock.now() })),
  }),
  route({
    method: 'GET', path: '/api/v1/deliveries/{message_id}', operation: 'delivery.show', scope: 'read', summary: 'Every attempt at one message', parameters: byMessage,
    answers: { 200: { says: 'Attempts, oldest first', schema: z.strictObject({ attempts: z.array(AttemptView) }) } },
    async handle({ parameters: { message_id: id }, caller }, { store }) {
      const own = caller.tenant === undefined ? '' : ` AND tenant = ${sqlText(caller.tenant)}`
      const rows = await here(store).query(`SELECT message_id, attempt, tenant, alert_id, alert_version, receiver, attempted_at, duration_ns, status, outcome, answer
        FROM watchkeeper.deliveries WHERE message_id = ${sqlText(id)}${own} ORDER BY attempted_at LIMIT 1000`)
      if (rows.length === 0) throw new Refusal(404, NO_MESSAGE)
      return json(200, { attempts: rows.map(attemptView) })
    },
  }),
  route({
    method: 'POST', path: '/api/v1/deliveries/{message_id}/redeliver', operation: 'delivery.redeliver', scope: 'triage',
    summary: 'Send a message that was given up once more: the same id, the same body', parameters: byMessage, headers: KEY_HEADER,
    body: z.strictObject({ receiver: word.max(64).optional(), why: z.string().max(2_000).default(''), by: z.string().min(1).max(128).optional(), tenant: word.optional() }),
    answers: {
      200: { says: 'It is on its way', schema: z.strictObject({ order_id: z.string(), event: AlertEventView }) }, 202: ORDER_ANSWERS[202] ?? { says: '', schema: Taken },
      409: { says: 'The alerter refused it, and says why' },
    },
    about: ({ parameters: { message_id: id }, body: { why, receiver = '' } }) => ({ object: `delivery/${id}`, details: { why, receiver } }),
    async handle(call, { store, orders, clock }) {
      const { parameters: { message_id: id }, body, caller, request } = call
      if (body.tenant !== undefined) ownTenant(caller, body.tenant)
      const tenant = caller.tenant ?? body.tenant
      const receiver = body.receiver
      const one = 'none' in store && tenant !== undefined && receiver !== undefined ? { tenant, receiver } : await meant(here(store), { id, tenant, receiver })
      const order = { order: 'redeliver', order_id: orderId(call), ...one, by: byOf(call), at: clock.now(), message_id: id, why: body.why } as const
      const event = await orders.give(order, request.signal)
      if (event === undefined) return taken(order)
      if (event.event === 'refused') throw new Refusal(409, event.why)
      return json(200, { order_id: order.order_id, event })
    },
  }),
]
