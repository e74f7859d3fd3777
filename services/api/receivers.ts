/** Routes under /api/v1/receivers: who is told of alerts, how they are, a message to try one, receivers for a while. */
import { z } from 'zod'
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { ApiPorts, ReceiverEntry, Receivers } from './ports.ts'
import { here, Refusal } from './problem.ts'
import { isoTime, json } from './responses.ts'
import { type Route, route } from './route.ts'

const Temporary = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,62}$/),
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/),
  ttl_seconds: z.number().int().min(1).max(3_600),
})
const byName = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/) })
const whole = z.number().int()

const Health = z.strictObject({
  state: z.enum(['delivering', 'failing', 'not used']), last_attempt_at: z.string(), last_delivered_at: z.string(), last_status: whole, last_answer: z.string(),
  messages: whole, attempts: whole, given_up: whole,
}).describe('Of the last 24 hours')
const Shown = z.strictObject({
  name: z.string(), kind: z.string(), fallback: z.string(), messages_per_hour: whole.nullable(), send_resolved: z.boolean().nullable(), temporary: z.boolean(),
  health: Health.nullable().describe('Null where this process reaches no tables'),
}).meta({ id: 'Receiver' })
const Tested = z.strictObject({ receiver: z.string(), delivered: z.boolean(), status: whole, answer: z.string() })
type Health = z.infer<typeof Health>

const DAY_NS = 86_400_000_000_000n
const UNUSED: Health = { state: 'not used', last_attempt_at: '', last_delivered_at: '', last_status: 0, last_answer: '', messages: 0, attempts: 0, given_up: 0 }

function healthOfRow(row: Row): Health {
  const [outcome, status, answer] = row['word'] as readonly [string, number, string]
  return {
    state: outcome === 'delivered' ? 'delivering' : 'failing', last_attempt_at: isoTime(row['last'] as bigint), last_delivered_at: isoTime(row['delivered'] as bigint),
    last_status: status, last_answer: answer, messages: Number(row['messages']), attempts: Number(row['attempts']), given_up: Number(row['given_up']),
  }
}

async function healthOf(store: Pick<Store, 'query'>, now: bigint, tenant: string | undefined): Promise<ReadonlyMap<string, Health>> {
  const rows = await store.query(`SELECT receiver, max(attempted_at) AS last, maxIf(attempted_at, outcome = 'delivered') AS delivered,
      argMax((outcome, status, answer), attempted_at) AS word, uniqExact(message_id) AS messages, count() AS attempts, countIf(outcome = 'gave_up') AS given_up
    FROM watchkeeper.deliveries WHERE attempted_at >= ${sqlTime(now - DAY_NS)}${tenant === undefined ? '' : ` AND tenant = ${sqlText(tenant)}`} GROUP BY receiver`)
  return new Map(rows.map((row) => [String(row['receiver']), healthOfRow(row)]))
}

const isFor = ({ tenants }: ReceiverEntry, tenant: string | undefined): boolean => tenant === undefined || tenants === undefined || tenants.includes(tenant)

/** A receiver of other tenants is not there. */
function visible({ configured, receivers }: ApiPorts, tenant: string | undefined) {
  const known = configured.filter((entry) => isFor(entry, tenant))
  const names = new Set(configured.map(({ name }) => name))
  const added = 'none' in receivers || tenant !== undefined ? [] : receivers.notifiers.filter(({ receiver }) => !names.has(receiver))
  return [
    ...known.map(({ tenants: _tenants, ...entry }) => ({ ...entry, temporary: false })),
    ...added.map(({ receiver, kind }) => ({ name: receiver, kind, fallback: '', messages_per_hour: null, send_resolved: null, temporary: true })),
  ]
}

const NONE = 'there is no receiver of this name: watchkeeper receiver list shows them'

async function tested(receivers: Receivers, name: string, by: string) {
  const { status, text } = await receivers.test(name, by)
  return json(200, { receiver: name, delivered: status >= 200 && status < 300, status, answer: text })
}

// The path of a webhook is often a secret of its own.
const originOf = (url: string): string => new URL(url).origin

export const receiverRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/receivers', operation: 'receiver.list', scope: 'read', summary: 'Who is told of alerts and how they are; no address, no secret',
    answers: { 200: { says: 'Receivers of the configuration, and those that were added for a while', schema: z.strictObject({ receivers: z.array(Shown) }) } },
    async handle({ caller }, ports) {
      const health = 'none' in ports.store ? undefined : await healthOf(ports.store, ports.clock.now(), caller.tenant)
      return json(200, { receivers: visible(ports, caller.tenant).map((entry) => ({ ...entry, health: health === undefined ? null : (health.get(entry.name) ?? UNUSED) })) })
    },
  }),
  route({
    method: 'POST', path: '/api/v1/receivers/{name}/test', operation: 'receiver.test', scope: 'admin', summary: 'Send it a message that says it is a test, now and once',
    parameters: byName, answers: { 200: { says: 'What the receiver answered', schema: Tested } },
    about: ({ parameters: { name } }) => ({ object: `receiver/${name}` }),
    async handle({ parameters: { name }, caller }, ports) {
      if (!visible(ports, caller.tenant).some((entry) => entry.name === name)) throw new Refusal(404, NONE)
      return tested(here(ports.receivers), name, caller.name)
    },
  }),
  route({
    method: 'POST', path: '/api/v1/receivers', operation: 'receiver.add', scope: 'admin', whole: true, summary: 'A webhook that is told for a while, on loopback too: to try things',
    body: Temporary, answers: { 201: { says: 'It is told from now on', schema: z.strictObject({ name: z.string() }) }, 409: { says: 'The configuration has a receiver of that name' } },
    about: ({ body: { name, url, ttl_seconds: ttl } }) => ({ object: `receiver/${name}`, details: { target: originOf(url), ttl_seconds: String(ttl) } }),
    handle({ body: { ttl_seconds: ttlSeconds, ...receiver } }, { receivers, configured }) {
      if (configured.some(({ name }) => name === receiver.name)) throw new Refusal(409, 'name: the configuration has a receiver of that name; choose another')
      here(receivers).add({ ...receiver, ttlSeconds })
      return json(201, { name: receiver.name })
    },
  }),
  route({
    method: 'DELETE', path: '/api/v1/receivers/{name}', operation: 'receiver.remove', scope: 'admin', whole: true, summary: 'Take one back that was added for a while',
    parameters: byName, answers: { 204: { says: 'It is told no more' } },
    about: ({ parameters: { name } }) => ({ object: `receiver/${name}` }),
    handle({ parameters: { name } }, { receivers }) {
      if (!here(receivers).remove(name)) throw new Refusal(404, NONE)
      return { status: 204, headers: {}, body: '' }
    },
  }),
]
