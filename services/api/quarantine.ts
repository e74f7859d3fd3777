/** Routes under /api/v1/quarantine. */
import { z } from 'zod'
import type { Caller } from './caller.ts'
import { here, Refusal } from './problem.ts'
import { OUTCOMES } from './quarantine-desk.ts'
import { actionsOn, type Entry, Filter, listEntries, readEntries } from './quarantine-store.ts'
import { isoTime, json } from './responses.ts'
import { type Answer, type Route, route } from './route.ts'
import { tenantWithin } from './tenancy.ts'

const Decision = z.strictObject({ filter: Filter, by: z.string().min(1).max(256), why: z.string().max(1_024) })
const Listing = Filter.omit({ limit: true, ids: true }).extend({ limit: z.coerce.number().int().min(1).max(10_000).default(100), ids: Filter.shape.ids })
const text = z.string()
const whole = z.number().int()

const Shown = z.strictObject({
  quarantine_id: text, tenant: text, source: text, stage: text, reason: text, detector: text, detail: text, topic: text, partition: whole, offset: whole, offset_index: whole,
  quarantined_at: text, state: text, steps: whole, decided_by: text, decided_why: text, decided_at: text,
}).meta({ id: 'QuarantineEntry' })
const Decided = z.strictObject({ counts: z.record(text, whole), decided: z.array(z.strictObject({ quarantine_id: text, outcome: z.enum(OUTCOMES), why: text })) })

const shown = ({ payload: _payload, ...entry }: Entry): object =>
  ({ ...entry, quarantined_at: isoTime(entry.quarantined_at), decided_at: isoTime(entry.decided_at) })

/** Characters of a filter in an audit event. */
const DETAIL = 4_096

/** What has no tenant that is known is nobody's, and shown to who may see all. */
const within = (caller: Caller, filter: Filter): Filter => {
  const tenant = tenantWithin(caller, filter.tenant)
  return tenant === undefined ? filter : { ...filter, tenant }
}

const decisionRoute = (action: 'replay' | 'discard', summary: string): Route => route({
  method: 'POST', path: `/api/v1/quarantine/${action}`, operation: `quarantine.${action}`, scope: 'admin', summary, body: Decision,
  answers: { 200: { says: 'What was done with each', schema: Decided } },
  about: ({ body: { by, why, filter } }) => ({ object: 'quarantine', details: { by, why, filter: JSON.stringify(filter).slice(0, DETAIL) } }),
  async handle({ body: { filter, by, why }, caller }, { quarantine }) {
    const decided = await here(quarantine).decide({ action, filter: within(caller, filter), by, why })
    const counts: Record<string, number> = {}
    for (const { outcome } of decided) counts[outcome] = (counts[outcome] ?? 0) + 1
    return json(200, { counts, decided })
  },
})

const OK = (says: string, schema: z.ZodType): Record<number, Answer> => ({ 200: { says, schema } })

export const quarantineRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/quarantine', operation: 'quarantine.list', scope: 'read', summary: 'Records that could not be used, newest first', query: Listing,
    answers: OK('Entries, and how many match in all', z.strictObject({ total: whole, entries: z.array(Shown.extend({ bytes: whole })) })),
    async handle({ query, caller }, { store }) {
      const { entries, total } = await listEntries(here(store), within(caller, query))
      return json(200, { total, entries: entries.map(shown) })
    },
  }),
  route({
    method: 'GET', path: '/api/v1/quarantine/{quarantine_id}', operation: 'quarantine.show', scope: 'read', summary: 'One of them with its bytes (base64) and what was decided',
    parameters: z.strictObject({ quarantine_id: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits') }),
    answers: OK('The record', Shown.extend({
      payload: text, actions: z.array(z.strictObject({ step: whole, action: text, by: text, why: text, acted_at: text })),
    })),
    async handle({ parameters: { quarantine_id: id }, caller }, { store }) {
      const [entry] = await readEntries(here(store), within(caller, Filter.parse({ ids: [id], state: 'all' })))
      if (entry === undefined) throw new Refusal(404, 'there is no record of this id in quarantine')
      const actions = await actionsOn(here(store), id)
      return json(200, {
        ...shown(entry), payload: entry.payload, actions: actions.map((action) => ({ ...action, acted_at: isoTime(action['acted_at'] as bigint) })),
      })
    },
  }),
  decisionRoute('replay', 'Put records back to the stage that gave up on them; twice is once'),
  decisionRoute('discard', 'Mark records as not needed; nothing is deleted'),
]
