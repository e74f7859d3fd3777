/** What people do with an alert: acknowledge, start, resolve, reopen, note. */
import { z } from 'zod'
import type { AlertOrder } from '../../../schemas/alert-order.ts'
import { AlertVerdict } from '../../../schemas/alert.ts'
import type { HttpResponse } from '../../../schemas/http.ts'
import type { RoutePorts } from '../ports.ts'
import { Refusal } from '../problem.ts'
import { json } from '../responses.ts'
import { type Answer, type Call, type Route, route } from '../route.ts'
import { ownTenant } from '../tenancy.ts'
import { alertId, byAlert, NO_ALERT } from './alert-routes.ts'
import { oneAlert } from './alert-store.ts'
import { etagOf, expectedVersion } from './etag.ts'
import type { Became } from './order-desk.ts'
import { KEY_HEADER, orderId } from './order-id.ts'
import { AlertEventView, AlertView } from './view.ts'

const by = z.string().min(1).max(128).optional().describe('Person behind the token; written down as `PERSON via TOKEN`')
const tenant = z.string().min(1).max(64).optional().describe('Whose alert it is: only needed with a token of every tenant, where this process reaches no tables')
const why = z.string().max(2_000)
const Words = z.strictObject({ why: why.default(''), by, tenant })
const Reason = z.strictObject({ why: why.min(1).describe('The reason in writing'), by, tenant })
const Verdict = Reason.extend({
  verdict: AlertVerdict.exclude(['']), duplicate_of: alertId.optional().describe('The other alert, where the verdict is duplicate'),
})

export const Done = z.strictObject({ order_id: z.string(), event: AlertEventView, alert: AlertView.nullable() })
export const Taken = z.strictObject({ order_id: z.string(), tenant: z.string(), taken: z.literal(true), see: z.string().describe('Where to look for what became of it') })

/** Who asks, as it stands in the life of an alert. */
export const byOf = ({ caller, body }: Call<unknown, unknown, { readonly by?: string | undefined }>): string => (body.by === undefined ? caller.name : `${body.by} via ${caller.name}`)

/** The order is on the bus; what becomes of it is not known yet. */
export const taken = ({ order_id: id, tenant: whose }: Pick<AlertOrder, 'order_id' | 'tenant'>): HttpResponse =>
  json(202, { order_id: id, tenant: whose, taken: true, see: `/api/v1/orders/${id}?tenant=${encodeURIComponent(whose)}` })

export const ORDER_ANSWERS: Readonly<Record<number, Answer>> = {
  200: { says: 'It is done: the event, and the alert after it', schema: Done, headers: { etag: 'Version of the alert' } },
  202: { says: 'It is ordered; what became of it was not seen in time', schema: Taken },
  404: { says: 'There is no such alert' },
  409: { says: 'The alerter refused it, and says why' },
  412: { says: 'The alert has another version by now' },
}

const changed = (expected: number, version: number): Refusal =>
  new Refusal(412, `the alert has version ${version} by now, not ${expected}: look at it again`, { etag: etagOf(version, { events: [], deliveries: [] }) })

type AlertCall = Call<z.output<typeof byAlert>, unknown, { readonly by?: string | undefined; readonly tenant?: string | undefined }>

/** Whose alert it is. Where that can be looked up, an alert that is not there, or has moved on, is refused at once. */
async function tenantOf({ caller, parameters: { alert_id: id }, body }: AlertCall, { store }: RoutePorts, expected: number): Promise<string> {
  const asked = caller.tenant ?? body.tenant
  if (asked !== undefined && body.tenant !== undefined) ownTenant(caller, body.tenant)
  const known = 'none' in store ? undefined : await oneAlert(store, id, asked)
  if (known !== undefined && expected !== 0 && known.version > expected) throw changed(expected, known.version)
  // What was opened a moment ago may not be in the table yet: the alerter knows.
  if (known === undefined && asked === undefined) {
    throw 'none' in store ? new Refusal(400, 'tenant: say whose alert it is; this process reaches no tables to look') : new Refusal(404, NO_ALERT)
  }
  return known?.tenant ?? asked ?? ''
}

async function refused(became: Became, order: Extract<AlertOrder, { alert_id: string }>, { store }: RoutePorts): Promise<never> {
  const known = 'none' in store ? undefined : await oneAlert(store, order.alert_id, order.tenant)
  if (known === undefined && became.alert_version === 0) throw new Refusal(404, NO_ALERT)
  const version = Math.max(known?.version ?? 0, became.alert_version)
  if (order.expected_version !== 0 && version !== order.expected_version) throw changed(order.expected_version, version)
  throw new Refusal(409, became.why)
}

async function answered(order: Extract<AlertOrder, { alert_id: string }>, call: AlertCall, ports: RoutePorts): Promise<HttpResponse> {
  const { store, orders } = ports
  const became = await orders.give(order, call.request.signal)
  if (became === undefined || 'none' in store) return taken(order)
  if (became.event === 'refused') return refused(became, order, ports)
  const alert = await orders.lookFor(async () => {
    const known = await oneAlert(store, order.alert_id, order.tenant)
    return known !== undefined && known.version >= became.alert_version ? known : undefined
  }, call.request.signal)
  const etag = etagOf(became.alert_version, { events: [], deliveries: [] })
  return json(200, { order_id: order.order_id, event: became, alert: alert ?? null }, { etag })
}

type Rest = { readonly order: 'acknowledge' | 'start' | 'reopen' | 'note' } | { readonly order: 'resolve'; readonly verdict: 'true' | 'benign' | 'duplicate'; readonly duplicate_of: string }

async function ordered(rest: Rest, call: AlertCall & Call<unknown, unknown, { readonly why: string }>, ports: RoutePorts): Promise<HttpResponse> {
  const expected = expectedVersion(call.request.headers.get('if-match'))
  const { parameters: { alert_id: id }, body } = call
  const order = {
    ...rest, order_id: orderId(call), tenant: await tenantOf(call, ports, expected), by: byOf(call), at: ports.clock.now(), alert_id: id, expected_version: expected, why: body.why,
  }
  return answered(order, call, ports)
}

const about = ({ parameters: { alert_id: id }, body }: AlertCall & Call<unknown, unknown, { readonly why: string; readonly verdict?: string }>) =>
  ({ object: `alert/${id}`, details: { why: body.why, ...(body.by === undefined ? {} : { by: body.by }), ...(body.verdict === undefined ? {} : { verdict: body.verdict }) } })
const HEADERS = { 'if-match': 'ETag or "VERSION" that the alert must have; 412 where it has another', ...KEY_HEADER }
const common = { method: 'POST', scope: 'triage', parameters: byAlert, headers: HEADERS, answers: ORDER_ANSWERS } as const

export const orderRoutes: readonly Route[] = [
  route({
    ...common, path: '/api/v1/alerts/{alert_id}/acknowledge', operation: 'alert.acknowledge', summary: 'Somebody has seen it', body: Words, about,
    handle: (call, ports) => ordered({ order: 'acknowledge' }, call, ports),
  }),
  route({
    ...common, path: '/api/v1/alerts/{alert_id}/start', operation: 'alert.start', summary: 'Somebody works at it', body: Words, about,
    handle: (call, ports) => ordered({ order: 'start' }, call, ports),
  }),
  route({
    ...common, path: '/api/v1/alerts/{alert_id}/resolve', operation: 'alert.resolve', summary: 'It is over: what it was, and why you think so', body: Verdict, about,
    handle(call, ports) {
      const { verdict, duplicate_of: of = '' } = call.body
      if ((verdict === 'duplicate') !== (of !== '')) throw new Refusal(400, 'duplicate_of: belongs to verdict duplicate, and to no other')
      return ordered({ order: 'resolve', verdict, duplicate_of: of }, call, ports)
    },
  }),
  route({
    ...common, path: '/api/v1/alerts/{alert_id}/reopen', operation: 'alert.reopen', summary: 'It is not over after all', body: Reason, about,
    handle: (call, ports) => ordered({ order: 'reopen' }, call, ports),
  }),
  route({
    ...common, path: '/api/v1/alerts/{alert_id}/notes', operation: 'alert.note', summary: 'A note in its life', body: Reason, about,
    handle: (call, ports) => ordered({ order: 'note' }, call, ports),
  }),
  route({
    method: 'GET', path: '/api/v1/orders/{order_id}', operation: 'order.show', scope: 'read', summary: 'What became of an order',
    parameters: z.strictObject({ order_id: alertId }), query: z.strictObject({ tenant: z.string().min(1).max(64).optional() }),
    answers: { 200: { says: 'Null: nothing is known of it yet', schema: z.strictObject({ event: AlertEventView.nullable() }) } },
    async handle({ parameters: { order_id: id }, query, caller }, { orders, clock, store }) {
      const whose = caller.tenant ?? query.tenant
      if (whose === undefined) throw new Refusal(400, 'tenant: say whose order it is')
      if (query.tenant !== undefined) ownTenant(caller, query.tenant)
      if ('none' in store) throw new Refusal(421, store.none)
      return json(200, { event: (await orders.became({ order_id: id, tenant: whose, at: clock.now() })) ?? null })
    },
  }),
]
