/** What nobody is told of until when. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Silence, SilenceMatcher, SilenceRow } from '../../../schemas/silence.ts'
import type { Row } from '../../../schemas/ports.ts'
import { sqlText } from '../../../schemas/sql-literal.ts'
import { here, Refusal } from '../problem.ts'
import { isoTime, json } from '../responses.ts'
import { type Route, route } from '../route.ts'
import { ownTenant, tenantWithin } from '../tenancy.ts'
import type { Tables } from './alert-store.ts'
import { alertId, next } from './alert-routes.ts'
import { type Cursor, cursorOf, cursorText, exactTime, instant, nanosecondsOf, paging } from './filter.ts'
import { KEY_HEADER, orderId } from './order-id.ts'
import { byOf, ORDER_ANSWERS, taken, Taken } from './order-routes.ts'
import { AlertEventView } from './view.ts'

const NANOSECONDS_AN_HOUR = 3_600_000_000_000n
/** What is to be quiet for longer is a matter of the configuration. */
export const LONGEST_HOURS = 24 * 366
const STATES = ['pending', 'active', 'ended'] as const

const time = z.string()
const SilenceView = SilenceRow.extend({ starts_at: time, ends_at: time, updated_at: time, state: z.enum(STATES) }).meta({ id: 'Silence' })
const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/).optional().describe('Whose alerts: needed with a token of every tenant')

const Wanted = z.strictObject({
  matchers: Silence.shape.matchers.describe('All must fit'),
  reason: Silence.shape.reason,
  owner: Silence.shape.owner.optional().describe('Who answers for it; else who asks'),
  starts_at: instant.optional().describe('Now where it is left out'),
  ends_at: instant.optional().describe('The end, or `hours`: one of the two is needed'),
  hours: z.number().positive().max(LONGEST_HOURS).optional(),
  by: z.string().min(1).max(128).optional(),
  tenant,
})

const COLUMNS = 'silence_id, version, tenant, arrayMap(each -> [each.1, each.2, each.3], matchers) AS parts, owner, reason, starts_at, ends_at, updated_at, updated_by'

function silenceView(row: Row, now: bigint): z.infer<typeof SilenceView> {
  const [starts, ends] = [row['starts_at'] as bigint, row['ends_at'] as bigint]
  const matchers = (row['parts'] as readonly (readonly [string, string, string])[]).map(([field, operator, value]) => SilenceMatcher.parse({ field, operator, value }))
  return {
    silence_id: String(row['silence_id']), tenant: String(row['tenant']), matchers, owner: String(row['owner']), reason: String(row['reason']), starts_at: isoTime(starts),
    ends_at: isoTime(ends), version: Number(row['version']), updated_at: isoTime(row['updated_at'] as bigint), updated_by: String(row['updated_by']),
    state: now < starts ? 'pending' : now < ends ? 'active' : 'ended',
  }
}

const CONDITION: Readonly<Record<(typeof STATES)[number], (now: string) => string>> = {
  pending: (now) => `starts_at > ${now} AND ends_at > ${now}`, active: (now) => `starts_at <= ${now} AND ends_at > ${now}`, ended: (now) => `ends_at <= ${now}`,
}

const Listing = z.strictObject({ state: z.array(z.enum(STATES)).optional(), tenant: z.string().min(1).max(64).optional(), ...paging })

async function rowsOf(store: Tables, conditions: readonly string[], limit: number): Promise<readonly Row[]> {
  return store.query(`SELECT ${COLUMNS} FROM watchkeeper.silences WHERE ${conditions.join(' AND ')} ORDER BY ends_at DESC, silence_id DESC LIMIT ${limit}`)
}

const ofTenant = (whose: string | undefined): string => (whose === undefined ? '1' : `tenant = ${sqlText(whose)}`)
const behind = ({ at, id }: Cursor): string => `(ends_at, silence_id) < (${exactTime(at)}, ${sqlText(id)})`

/** Throws Refusal where it would have no end, or one that is not behind its start. */
export function timesOf({ starts_at: from, ends_at: to, hours }: Partial<Pick<z.output<typeof Wanted>, 'starts_at' | 'ends_at' | 'hours'>>, now: bigint): { readonly starts_at: bigint; readonly ends_at: bigint } {
  if ((to === undefined) === (hours === undefined)) {
    throw new Refusal(400, to === undefined ? 'a silence without an end is refused: give ends_at, or hours' : 'give ends_at or hours, not both')
  }
  const starts = from === undefined ? now : nanosecondsOf(from)
  const ends = to === undefined ? starts + BigInt(Math.round((hours ?? 0) * 3_600)) * 1_000_000_000n : nanosecondsOf(to)
  if (ends <= starts || ends <= now) throw new Refusal(400, 'ends_at: must be in the future, and behind starts_at')
  // Tables hold times until 2261 alone.
  if (starts - now > BigInt(LONGEST_HOURS) * NANOSECONDS_AN_HOUR) throw new Refusal(400, 'starts_at: a silence begins within a year')
  if (ends - starts > BigInt(LONGEST_HOURS) * NANOSECONDS_AN_HOUR) throw new Refusal(400, 'ends_at: a silence lasts a year at most')
  return { starts_at: starts, ends_at: ends }
}

export const Made = z.strictObject({ order_id: z.string(), silence: SilenceView.omit({ version: true, updated_at: true, updated_by: true, state: true }), event: AlertEventView })
const bySilence = z.strictObject({ silence_id: alertId })
const NO_SILENCE = 'there is no silence of this id'

export const silenceRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/silences', operation: 'silence.list', scope: 'read', summary: 'Silences, those that end last first', query: Listing,
    answers: { 200: { says: 'A page', schema: z.strictObject({ silences: z.array(SilenceView), next }) } },
    async handle({ query: { state, limit, cursor, tenant: asked }, caller }, { store, clock }) {
      const now = clock.now()
      const states = (state ?? []).map((each) => `(${CONDITION[each](exactTime(now))})`)
      const rows = await rowsOf(here(store), [
        ofTenant(tenantWithin(caller, asked)), ...(states.length === 0 ? [] : [`(${states.join(' OR ')})`]), ...(cursor === undefined ? [] : [behind(cursorOf(cursor))]),
      ], limit + 1)
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return json(200, {
        silences: page.map((row) => silenceView(row, now)), next: last === undefined ? null : cursorText({ at: last['ends_at'] as bigint, id: String(last['silence_id']) }),
      })
    },
  }),
  route({
    method: 'GET', path: '/api/v1/silences/{silence_id}', operation: 'silence.show', scope: 'read', summary: 'One silence', parameters: bySilence,
    answers: { 200: { says: 'The silence', schema: SilenceView } },
    async handle({ parameters: { silence_id: id }, caller }, { store, clock }) {
      const [row] = await rowsOf(here(store), [ofTenant(caller.tenant), `silence_id = ${sqlText(id)}`], 1)
      if (row === undefined) throw new Refusal(404, NO_SILENCE)
      return json(200, silenceView(row, clock.now()))
    },
  }),
  route({
    method: 'POST', path: '/api/v1/silences', operation: 'silence.add', scope: 'triage', summary: 'Nobody is told of what fits, until its end; alerts are made and kept all the same',
    body: Wanted, headers: KEY_HEADER,
    answers: { 201: { says: 'It counts', schema: Made }, 202: ORDER_ANSWERS[202] ?? { says: '', schema: Taken }, 409: { says: 'The alerter refused it, and says why' } },
    about: ({ body }) => ({ object: 'silences', details: { reason: body.reason, matchers: JSON.stringify(body.matchers), until: body.ends_at ?? `${body.hours ?? 0} h` } }),
    async handle(call, { clock, orders }) {
      const { body, caller, request } = call
      const now = clock.now()
      const times = timesOf(body, now)
      const whose = body.tenant === undefined ? caller.tenant : ownTenant(caller, body.tenant)
      if (whose === undefined) throw new Refusal(400, 'tenant: say whose alerts are silenced; this token is of every tenant')
      const [id, by] = [orderId(call), byOf(call)]
      // With a key of the caller the silence, too, is the same when it comes again.
      const silence = Silence.parse({
        silence_id: request.headers.has('idempotency-key') ? id : randomBytes(16).toString('hex'), tenant: whose, matchers: body.matchers, owner: body.owner ?? by,
        reason: body.reason, ...times,
      })
      const order = { order: 'silence', order_id: id, tenant: whose, by, at: now, silence } as const
      const event = await orders.give(order, request.signal)
      if (event === undefined) return taken(order)
      if (event.event === 'refused') throw new Refusal(409, event.why)
      return json(201, { order_id: id, silence: { ...silence, starts_at: isoTime(silence.starts_at), ends_at: isoTime(silence.ends_at) }, event })
    },
  }),
  route({
    method: 'DELETE', path: '/api/v1/silences/{silence_id}', operation: 'silence.end', scope: 'triage', summary: 'End it now; it stays in the table', parameters: bySilence, headers: KEY_HEADER,
    query: z.strictObject({ why: z.string().min(1).max(2_000).default('no longer needed'), by: z.string().min(1).max(128).optional(), tenant }),
    answers: { 200: { says: 'It is over', schema: z.strictObject({ order_id: z.string(), event: AlertEventView }) }, 202: ORDER_ANSWERS[202] ?? { says: '', schema: Taken }, 409: { says: 'The alerter refused it, and says why' } },
    about: ({ parameters: { silence_id: id }, query: { why } }) => ({ object: `silence/${id}`, details: { why } }),
    async handle(call, { clock, orders, store }) {
      const { parameters: { silence_id: id }, query, caller, request } = call
      if (query.tenant !== undefined) ownTenant(caller, query.tenant)
      const asked = caller.tenant ?? query.tenant
      const [known] = 'none' in store ? [] : await rowsOf(store, [ofTenant(asked), `silence_id = ${sqlText(id)}`], 1)
      const whose = asked ?? (known === undefined ? undefined : String(known['tenant']))
      if (whose === undefined) throw 'none' in store ? new Refusal(400, 'tenant: say whose silence it is; this process reaches no tables to look') : new Refusal(404, NO_SILENCE)
      const order = { order: 'unsilence', order_id: orderId(call), tenant: whose, by: byOf({ ...call, body: query }), at: clock.now(), silence_id: id, why: query.why } as const
      const event = await orders.give(order, request.signal)
      if (event === undefined) return taken(order)
      if (event.event === 'refused') throw known === undefined ? new Refusal(404, NO_SILENCE) : new Refusal(409, event.why)
      return json(200, { order_id: order.order_id, event })
    },
  }),
]
