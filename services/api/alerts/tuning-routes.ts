/** Verdicts by rule, and what follows from them if somebody wants it to. */
import { z } from 'zod'
import { Silence } from '../../../schemas/silence.ts'
import { here, Refusal } from '../problem.ts'
import { isoTime, json } from '../responses.ts'
import { type Route, route } from '../route.ts'
import { tenantWithin } from '../tenancy.ts'
import { alertId } from './alert-routes.ts'
import { instant, nanosecondsOf } from './filter.ts'
import { KEY_HEADER, orderId } from './order-id.ts'
import { byOf, ORDER_ANSWERS, taken, Taken } from './order-routes.ts'
import { LONGEST_HOURS, Made, timesOf } from './silence-routes.ts'
import { Precision, precisionOf, Proposal, proposals } from './tuning.ts'

const DAYS_90 = 90n * 86_400n * 1_000_000_000n

const Asked = z.strictObject({
  since: instant.optional().describe('Verdicts at or after this time; 90 days where it is left out'),
  tenant: z.string().min(1).max(64).optional().describe('For a token of every tenant; others have their own'),
})
const Accept = z.strictObject({
  reason: Silence.shape.reason.describe('Why it may be quiet'), owner: Silence.shape.owner.optional().describe('Who answers for it; else who asks'),
  ends_at: instant.optional().describe('The end, or `hours`: one of the two is needed'), hours: z.number().positive().max(LONGEST_HOURS).optional(),
  by: z.string().min(1).max(128).optional(),
})

const sinceOf = ({ since }: z.output<typeof Asked>, now: bigint): bigint => (since === undefined ? now - DAYS_90 : nanosecondsOf(since))

export const tuningRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/rules/precision', operation: 'rule.precision', scope: 'read', summary: 'How often each rule was right, by the verdicts of people', query: Asked,
    answers: { 200: { says: 'By detector and version, those with the most benign alerts first', schema: z.strictObject({ rules: z.array(Precision) }) } },
    async handle({ query, caller }, { store, clock }) {
      return json(200, { rules: await precisionOf(here(store), { tenant: tenantWithin(caller, query.tenant), since: sinceOf(query, clock.now()) }) })
    },
  }),
  route({
    method: 'GET', path: '/api/v1/tuning', operation: 'tuning.list', scope: 'read', summary: 'What could be quiet, because it was benign again and again and never true; nothing is, until somebody accepts it', query: Asked,
    answers: { 200: { says: 'Proposals, those with the most alerts first', schema: z.strictObject({ proposals: z.array(Proposal) }) } },
    async handle({ query, caller }, { store, clock }) {
      const now = clock.now()
      return json(200, { proposals: await proposals(here(store), { tenant: tenantWithin(caller, query.tenant), since: sinceOf(query, now) }, now) })
    },
  }),
  route({
    method: 'POST', path: '/api/v1/tuning/{proposal_id}/accept', operation: 'tuning.accept', scope: 'triage', summary: 'A silence of it, with an owner and an end',
    parameters: z.strictObject({ proposal_id: alertId }), body: Accept, headers: KEY_HEADER,
    answers: {
      201: { says: 'It counts', schema: Made }, 202: ORDER_ANSWERS[202] ?? { says: '', schema: Taken }, 404: { says: 'There is no such proposal any more' }, 409: { says: 'The alerter refused it, and says why' },
    },
    about: ({ parameters: { proposal_id: id }, body }) => ({ object: `tuning/${id}`, details: { reason: body.reason, until: body.ends_at ?? `${body.hours ?? 0} h` } }),
    async handle(call, { store, clock, orders }) {
      const { parameters: { proposal_id: id }, body, caller, request } = call
      const now = clock.now()
      const times = timesOf(body, now)
      const proposal = (await proposals(here(store), { tenant: caller.tenant, since: now - DAYS_90 }, now)).find((one) => one.proposal_id === id)
      if (proposal === undefined) throw new Refusal(404, 'there is no such proposal any more: look at GET /api/v1/tuning')
      const by = byOf(call)
      const { tenant, matchers } = proposal
      const silence = Silence.parse({ silence_id: id, tenant, matchers, owner: body.owner ?? by, reason: body.reason, ...times })
      const order = { order: 'silence', order_id: orderId(call), tenant, by, at: now, silence } as const
      const event = await orders.give(order, request.signal)
      if (event === undefined) return taken(order)
      if (event.event === 'refused') throw new Refusal(409, event.why)
      return json(201, { order_id: order.order_id, silence: { ...silence, starts_at: isoTime(silence.starts_at), ends_at: isoTime(silence.ends_at) }, event })
    },
  }),
]
