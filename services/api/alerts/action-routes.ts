/** What is done because of an alert: asked for, tried dry, approved by another token, sent by the responder. */
import { z } from 'zod'
import type { HttpResponse } from '../../../schemas/http.ts'
import type { Row } from '../../../schemas/ports.ts'
import { ACTION_STATES, responseBody, ResponseAction, ResponseOrder } from '../../../schemas/response-action.ts'
import { sqlText, sqlTexts } from '../../../schemas/sql-literal.ts'
import { responseOrders } from '../../../schemas/topics.ts'
import type { HookEntry, RoutePorts } from '../ports.ts'
import { here, Refusal } from '../problem.ts'
import { isoTime, json } from '../responses.ts'
import { type Call, type Route, route } from '../route.ts'
import { tenantWithin } from '../tenancy.ts'
import { byAlert, next, NO_ALERT } from './alert-routes.ts'
import { oneAlert, type Tables } from './alert-store.ts'
import { cursorOf, cursorText, exactTime, paging } from './filter.ts'
import { KEY_HEADER, orderId } from './order-id.ts'
import { byOf, taken, Taken } from './order-routes.ts'
import { AlertEventView } from './view.ts'

const time = z.string()
const ActionView = ResponseAction.extend({ requested_at: time, decided_at: time, updated_at: time }).meta({ id: 'ResponseAction' })
const HookView = z.strictObject({ name: z.string(), does: z.string(), approval: z.boolean(), most_per_hour: z.number().int() })
const COLUMNS = Object.keys(ResponseAction.shape).join(', ')

const actionView = (row: Row): z.infer<typeof ActionView> =>
  Object.fromEntries(Object.keys(ResponseAction.shape).map((name) => [name, typeof row[name] === 'bigint' ? isoTime(row[name]) : row[name]])) as z.infer<typeof ActionView>

const by = z.string().min(1).max(128).optional().describe('Person behind the token; written down as `PERSON via TOKEN`')
const Wanted = z.strictObject({
  hook: z.string().min(1).max(63).describe('Name of a hook of the configuration: GET /api/v1/hooks'),
  why: z.string().min(1).max(2_000).describe('The reason in writing'),
  target: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.string().max(512)).refine((target) => Object.keys(target).length <= 16, 'has more than 16 entries').default({})
    .describe('What to act on, beyond what the alert says, such as {token_fingerprint: ...}'),
  dry_run: z.boolean().default(false).describe('Only show what would be sent'),
  by,
})
const Decision = z.strictObject({ why: z.string().max(2_000).default(''), by })
const byAction = z.strictObject({ action_id: byAlert.shape.alert_id })
const NO_ACTION = 'there is no action of this id'

const DryRun = z.strictObject({
  dry_run: z.literal(true), hook: HookView,
  would_send: z.strictObject({ method: z.literal('POST'), headers: z.record(z.string(), z.string()), body: z.string() }).describe('No signature: that is made when it is sent, and whoever has one could send it'),
})
const Acted = z.strictObject({ order_id: z.string(), event: AlertEventView, action: ActionView })

const fits = ({ tenants }: HookEntry, tenant: string | undefined): boolean => tenants === undefined || tenant === undefined || tenants.includes(tenant)
const hookView = ({ tenants: _tenants, ...hook }: HookEntry): z.infer<typeof HookView> => hook

const ofTenant = (tenant: string | undefined): string => (tenant === undefined ? '1' : `tenant = ${sqlText(tenant)}`)

async function oneAction(store: Tables, id: string, tenant: string | undefined): Promise<z.infer<typeof ActionView> | undefined> {
  const [row] = await store.query(`SELECT ${COLUMNS} FROM watchkeeper.response_actions WHERE ${ofTenant(tenant)} AND action_id = ${sqlText(id)} LIMIT 1`)
  return row === undefined ? undefined : actionView(row)
}

async function given(order: ResponseOrder, call: Pick<Call, 'request'>, { orders, store }: RoutePorts): Promise<HttpResponse> {
  const { signal } = call.request
  const event = await orders.giveTo(responseOrders, { key: order.action_id, order }, signal)
  if (event === undefined) return taken(order)
  if (event.event === 'refused') throw new Refusal(409, event.why)
  const action = await orders.lookFor(async () => {
    const known = await oneAction(here(store), order.action_id, order.tenant)
    return known === undefined || (order.order !== 'request' && known.state === 'waiting') ? undefined : known
  }, signal)
  return action === undefined ? taken(order) : json(order.order === 'request' ? 201 : 200, { order_id: order.order_id, event, action })
}

type AlertShown = NonNullable<Awaited<ReturnType<typeof oneAlert>>>

/** What the hook is told of the alert. */
const requestOf = (alert: AlertShown, target: Readonly<Record<string, string>>): string => {
  const { alert_id, version, severity, title, actor, actor_kind, principal, client, server, tool, detectors, trace_id, conversation } = alert
  return JSON.stringify({ alert: { alert_id, version, severity, title, detectors, trace_id, conversation }, target: { actor, actor_kind, principal, client, server, tool, ...target } })
}

type Asking = Call<z.output<typeof byAlert>, unknown, z.output<typeof Wanted>>

function dryRun(hook: HookEntry, { alert, call, now }: { readonly alert: AlertShown; readonly call: Asking; readonly now: bigint }): HttpResponse {
  const { why, target } = call.body
  const action = { action_id: '0'.repeat(32), hook: hook.name, tenant: alert.tenant, requested_by: byOf(call), decided_by: '', why, request: requestOf(alert, target) }
  const body = responseBody(action, now)
  const headers = {
    'content-type': 'application/json', 'webhook-id': `act_${action.action_id}`, 'webhook-timestamp': String(now / 1_000_000_000n), 'webhook-signature': 'v1,(made when it is sent)',
  }
  return json(200, { dry_run: true, hook: hookView(hook), would_send: { method: 'POST', headers, body } })
}

async function ask(call: Asking, ports: RoutePorts): Promise<HttpResponse> {
  const { parameters: { alert_id: id }, body, caller } = call
  const alert = await oneAlert(here(ports.store), id, caller.tenant)
  if (alert === undefined) throw new Refusal(404, NO_ALERT)
  const hook = ports.hooks.find((each) => each.name === body.hook && fits(each, alert.tenant))
  const known = ports.hooks.filter((each) => fits(each, alert.tenant)).map(({ name }) => name)
  if (hook === undefined) throw new Refusal(400, `hook: there is none of this name; ${known.length === 0 ? 'none is configured (response.hooks)' : `there are ${known.join(', ')}`}`)
  const now = ports.clock.now()
  if (body.dry_run) return dryRun(hook, { alert, call, now })
  const order_id = orderId(call)
  return given({
    order: 'request', order_id, action_id: order_id, tenant: alert.tenant, by: byOf(call), token: caller.name, at: now, why: body.why, alert_id: id, alert_version: alert.version,
    hook: hook.name, request: requestOf(alert, body.target),
  }, call, ports)
}

const decisionRoute = (order: 'approve' | 'reject', summary: string): Route => route({
  method: 'POST', path: `/api/v1/actions/{action_id}/${order}`, operation: `action.${order}`, scope: 'triage', summary, parameters: byAction, body: Decision, headers: KEY_HEADER,
  answers: {
    200: { says: 'It is decided', schema: Acted }, 202: { says: 'It is ordered; what became of it was not seen in time', schema: Taken }, 404: { says: NO_ACTION },
    409: { says: 'The responder refused it, and says why: it is decided already, or another token must approve' },
  },
  about: ({ parameters: { action_id: id }, body: { why } }) => ({ object: `action/${id}`, details: { why } }),
  async handle(call, ports) {
    const { parameters: { action_id: id }, body, caller } = call
    const action = await oneAction(here(ports.store), id, caller.tenant)
    if (action === undefined) throw new Refusal(404, NO_ACTION)
    return given({ order, order_id: orderId(call), action_id: id, tenant: action.tenant, by: byOf(call), token: caller.name, at: ports.clock.now(), why: body.why }, call, ports)
  },
})

const Listing = z.strictObject({
  state: z.array(z.enum(ACTION_STATES)).optional(), hook: z.array(z.string().min(1).max(63)).max(64).optional(), alert_id: byAlert.shape.alert_id.optional(),
  tenant: z.string().min(1).max(64).optional(), ...paging,
})

async function list(store: Tables, filter: z.output<typeof Listing>, tenant: string | undefined) {
  const { state, hook, alert_id: alert, limit, cursor } = filter
  const after = cursor === undefined ? undefined : cursorOf(cursor)
  const conditions = [
    ofTenant(tenant), ...(state === undefined ? [] : [`state IN ${sqlTexts(state)}`]), ...(hook === undefined ? [] : [`hook IN ${sqlTexts(hook)}`]),
    ...(alert === undefined ? [] : [`alert_id = ${sqlText(alert)}`]), ...(after === undefined ? [] : [`(requested_at, action_id) < (${exactTime(after.at)}, ${sqlText(after.id)})`]),
  ]
  const rows = await store.query(`SELECT ${COLUMNS} FROM watchkeeper.response_actions WHERE ${conditions.join(' AND ')} ORDER BY requested_at DESC, action_id DESC LIMIT ${limit + 1}`)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return { actions: page.map(actionView), next: last === undefined ? null : cursorText({ at: last['requested_at'] as bigint, id: String(last['action_id']) }) }
}

export const actionRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/hooks', operation: 'hook.list', scope: 'read', summary: 'What can be done because of an alert; no address, no secret',
    answers: { 200: { says: 'Hooks of the configuration', schema: z.strictObject({ hooks: z.array(HookView) }) } },
    handle: ({ caller }, { hooks }) => json(200, { hooks: hooks.filter((hook) => fits(hook, caller.tenant)).map(hookView) }),
  }),
  route({
    method: 'POST', path: '/api/v1/alerts/{alert_id}/actions', operation: 'action.request', scope: 'triage',
    summary: 'Ask for something to be done: a signed message to a hook, after another token has approved it where the hook asks for that', parameters: byAlert, body: Wanted, headers: KEY_HEADER,
    answers: {
      200: { says: 'Dry run: what would be sent', schema: DryRun }, 201: { says: 'It waits for approval, or is on its way', schema: Acted },
      202: { says: 'It is ordered; what became of it was not seen in time', schema: Taken }, 404: { says: NO_ALERT }, 409: { says: 'The responder refused it, and says why' },
    },
    about: ({ parameters: { alert_id: id }, body: { hook, why, dry_run: dry, target } }) => ({ object: `alert/${id}`, details: { hook, why, dry_run: String(dry), target: JSON.stringify(target) } }),
    handle: ask,
  }),
  route({
    method: 'GET', path: '/api/v1/actions', operation: 'action.list', scope: 'read', summary: 'What was asked for, newest first; state=waiting lists what waits for approval', query: Listing,
    answers: { 200: { says: 'A page', schema: z.strictObject({ actions: z.array(ActionView), next }) } },
    handle: async ({ query, caller }, { store }) => json(200, await list(here(store), query, tenantWithin(caller, query.tenant))),
  }),
  route({
    method: 'GET', path: '/api/v1/actions/{action_id}', operation: 'action.show', scope: 'read', summary: 'One action, with what was sent and answered', parameters: byAction,
    answers: { 200: { says: 'The action', schema: ActionView }, 404: { says: NO_ACTION } },
    async handle({ parameters: { action_id: id }, caller }, { store }) {
      const action = await oneAction(here(store), id, caller.tenant)
      if (action === undefined) throw new Refusal(404, NO_ACTION)
      return json(200, action)
    },
  }),
  decisionRoute('approve', 'Let it go on its way: with another token than it was asked for with'),
  decisionRoute('reject', 'It is not done'),
]
