/** Routes of erasure, retention and legal holds. The name of who is erased is in the body alone, which is written down nowhere. */
import { z } from 'zod'
import { Failure } from '../../schemas/failure.ts'
import { HOLD_KINDS } from '../../schemas/removal.ts'
import type { HttpResponse } from '../../schemas/http.ts'
import type { Caller } from './caller.ts'
import { here, Refusal } from './problem.ts'
import { json } from './responses.ts'
import { type Route, route } from './route.ts'
import { ownTenant, tenantWithin } from './tenancy.ts'

const id = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
const name = z.string().trim().min(2).max(256)
const reason = z.string().trim().min(1).max(1_024)
const Erasure = z.strictObject({
  tenant: tenant.optional().describe('Whose records; the token\'s own where it has one, else default'),
  subject: name.describe('Principal, actor or OAuth client, as it stands in the tables; upper and lower case are the same'),
  aliases: z.array(name).max(50).default([]).describe('What else it is called; what `identities` of the configuration says is known'),
  reason: reason.describe('The reason in writing; names of the subject in it are replaced'),
  mentions: z.boolean().default(false).describe('Also calls of others whose text names the subject'),
  dry_run: z.boolean().default(false).describe('Only say what would be erased, and what stands against it'),
})
const HoldOrder = z.strictObject({
  tenant: tenant.optional(), kind: z.enum(HOLD_KINDS).describe('tenant: everything; principal: one subject; case: all that an alert is about'),
  value: z.string().max(256).default('').describe('The subject, or the alert_id'), reason,
}).refine(({ kind, value }) => (kind === 'tenant') === (value === ''), 'value: the subject or the alert_id, and nothing for a whole tenant')
const HoldShown = z.strictObject({
  hold_id: id, tenant: z.string(), kind: z.enum(HOLD_KINDS), value: z.string(), reason: z.string(), placed_by: z.string(), placed_at: z.string(), released_by: z.string(),
  released_why: z.string(), released_at: z.string(),
}).meta({ id: 'LegalHold' })
const counts = z.record(z.string(), z.number().int()).describe('Rows by table')
const RemovalShown = z.strictObject({
  removal_id: id, tenant: z.string(), kind: z.enum(['retention', 'erasure']), class: z.string(), subject_hash: z.string(), until: z.string(), reason: z.string(), removed_by: z.string(),
  state: z.enum(['running', 'done']), started_at: z.string(), finished_at: z.string(), tables: counts, events: z.number().int(), events_digest: z.string(),
  progress: z.strictObject({ table: z.string(), done: z.number().int(), of: z.number().int(), failed: z.string(), bus: z.string() }).optional().describe('Where this process has it under way, or had'),
}).meta({ id: 'Removal' })
const Due = z.strictObject({ tenant: z.string(), class: z.string(), until: z.string(), tables: counts })

const tenantOf = (caller: Caller, asked: string | undefined): string => ownTenant(caller, asked ?? caller.tenant ?? 'default')
const byTenant = z.strictObject({ tenant: tenant.optional() })
const aboutTenant = ({ caller, query }: { readonly caller: Caller; readonly query: { readonly tenant?: string | undefined } }) => ({ details: { tenant: tenantWithin(caller, query.tenant) ?? 'all' } })

async function refusing(work: () => Promise<HttpResponse>): Promise<HttpResponse> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure && error.kind === 'rejected') throw new Refusal(409, error.message)
    if (error instanceof Failure && error.kind === 'misconfigured') throw new Refusal(409, error.message)
    throw error
  }
}

export const removalRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/api/v1/erasures', operation: 'erasure.order', scope: 'admin', summary: 'Erase a person or service from every table; goes on where one of the same subject was stopped', body: Erasure,
    about: ({ caller, body }) => ({ object: 'subject', tenant: tenantOf(caller, body.tenant), details: { dry_run: String(body.dry_run), mentions: String(body.mentions) } }),
    answers: {
      200: { says: 'Of a dry run: what would be blanked or removed, and the holds against it', schema: z.strictObject({ tables: counts, holds: z.array(HoldShown) }) },
      202: { says: 'It is under way: look at it under its id', schema: z.strictObject({ removal_id: id, see: z.string() }) },
      409: { says: 'A legal hold stands against it, or the user of ClickHouse has no right to' },
    },
    handle: ({ body: { dry_run: dry, ...body }, caller }, { removals }) => refusing(async () => {
      const wish = { ...body, tenant: tenantOf(caller, body.tenant) }
      if (dry) return json(200, await here(removals).plan(wish))
      const removalId = await here(removals).erase(wish, caller.name)
      return json(202, { removal_id: removalId, see: `/api/v1/removals/${removalId}` })
    }),
  }),
  route({
    method: 'GET', path: '/api/v1/removals', operation: 'removal.list', scope: 'read', summary: 'What was removed by retention and erasure, newest first', query: byTenant, about: aboutTenant,
    answers: { 200: { says: 'Removals', schema: z.strictObject({ removals: z.array(RemovalShown) }) } },
    handle: async ({ query, caller }, { removals }) => json(200, { removals: await here(removals).list(tenantWithin(caller, query.tenant)) }),
  }),
  route({
    method: 'GET', path: '/api/v1/removals/{removal_id}', operation: 'removal.show', scope: 'read', summary: 'One of them, and how far it is', parameters: z.strictObject({ removal_id: id }),
    answers: { 200: { says: 'The removal', schema: RemovalShown }, 404: { says: 'There is none' } },
    async handle({ parameters: { removal_id: removalId }, caller }, { removals }) {
      const found = await here(removals).show(caller.tenant, removalId)
      if (found === undefined) throw new Refusal(404, 'there is no removal of this id')
      return json(200, found)
    },
  }),
  route({
    method: 'GET', path: '/api/v1/holds', operation: 'hold.list', scope: 'read', summary: 'Legal holds, newest first',
    query: byTenant.extend({ released: z.enum(['true', 'false']).default('false').describe('Also those that were released') }), about: aboutTenant,
    answers: { 200: { says: 'Holds', schema: z.strictObject({ holds: z.array(HoldShown) }) } },
    handle: async ({ query, caller }, { removals }) => json(200, { holds: await here(removals).holds(tenantWithin(caller, query.tenant), query.released === 'true') }),
  }),
  route({
    method: 'POST', path: '/api/v1/holds', operation: 'hold.place', scope: 'admin', summary: 'Place a legal hold: nothing of it is removed until it is released', body: HoldOrder,
    about: ({ caller, body }) => ({ object: 'hold', tenant: tenantOf(caller, body.tenant), details: { kind: body.kind, value: body.value, reason: body.reason } }),
    answers: { 200: { says: 'The hold', schema: HoldShown }, 409: { says: 'There is no such case' } },
    handle: ({ body, caller }, { removals }) => refusing(async () => json(200, await here(removals).place({ ...body, tenant: tenantOf(caller, body.tenant) }, caller.name))),
  }),
  route({
    method: 'POST', path: '/api/v1/holds/{hold_id}/release', operation: 'hold.release', scope: 'admin', summary: 'Release a legal hold', parameters: z.strictObject({ hold_id: id }), body: z.strictObject({ reason }),
    about: ({ parameters, body }) => ({ object: `hold/${parameters.hold_id}`, details: { reason: body.reason } }),
    answers: { 200: { says: 'The hold; releasing it twice is once', schema: HoldShown }, 404: { says: 'There is none' } },
    async handle({ parameters: { hold_id: holdId }, body, caller }, { removals }) {
      const released = await here(removals).release(holdId, { tenant: caller.tenant, by: caller.name, why: body.reason })
      if (released === undefined) throw new Refusal(404, 'there is no hold of this id')
      return json(200, released)
    },
  }),
  route({
    method: 'GET', path: '/api/v1/retention', operation: 'retention.plan', scope: 'read', summary: 'What retention would remove now; nothing is changed', query: byTenant, about: aboutTenant,
    answers: { 200: { says: 'By tenant and class', schema: z.strictObject({ due: z.array(Due) }) } },
    handle: async ({ query, caller }, { removals }) => json(200, { due: await here(removals).due(tenantWithin(caller, query.tenant)) }),
  }),
  route({
    method: 'POST', path: '/api/v1/retention/run', operation: 'retention.run', scope: 'admin', whole: true, summary: 'Remove now what has outlived its time, and not at the next time of the schedule',
    answers: { 200: { says: 'What was removed', schema: z.strictObject({ removals: z.array(id) }) }, 409: { says: 'The user of ClickHouse has no right to' } },
    handle: ({ caller }, { removals }) => refusing(async () => json(200, { removals: await here(removals).expire(caller.name, new AbortController().signal) })),
  }),
]
