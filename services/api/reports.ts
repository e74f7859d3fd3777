/** Routes under /api/v1/reports: make one, list them, get their files, ask for the same again. */
import { z } from 'zod'
import { Failure } from '../../schemas/failure.ts'
import type { HttpResponse } from '../../schemas/http.ts'
import type { Caller } from './caller.ts'
import { here, Refusal } from './problem.ts'
import { json } from './responses.ts'
import { type Route, route } from './route.ts'
import { ownTenant, tenantWithin } from './tenancy.ts'

const time = z.iso.datetime({ offset: true })
const id = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
const Order = z.strictObject({
  tenant: tenant.optional().describe('Whose records; the token\'s own where it has one, else default'),
  controls: z.array(z.string().max(64)).min(1).max(100).describe('Frameworks (gdpr, hipaa, pci, soc2), controls, or all'),
  title: z.string().min(1).max(200).optional(),
  from: time.optional().describe('Received from then on; 30 days before `to` where absent'),
  to: time.optional().describe('and before this; as_of where absent'),
  as_of: time.optional().describe('What was stored by then; a minute ago or more'),
})
const Shown = z.strictObject({
  report_id: id, run_id: id, tenant: z.string(), title: z.string(), schedule: z.string(), controls: z.array(z.string()), from: z.string(), to: z.string(), as_of: z.string(), made_at: z.string(),
  made_by: z.string(), host: z.string(), directory: z.string(), outcome: z.enum(['done', 'failed']), reason: z.string(), report_hash: z.string(), page_hash: z.string(),
  note: z.string().describe('Signed note over report.json and report.html'), result_rows: z.number().int(),
}).meta({ id: 'Report' })
const ScheduleShown = z.strictObject({
  name: z.string(), tenant: z.string(), title: z.string(), controls: z.array(z.string()), cron: z.string(), timezone: z.string(), next: z.string(), last: z.string(), waiting: z.number().int(),
}).meta({ id: 'ReportSchedule' })
const Again = z.strictObject({ report_id: id, report_hash: z.string(), library: z.string(), answers: z.record(z.string(), z.string()) })

const tenantOf = (caller: Caller, asked: string | undefined): string => ownTenant(caller, asked ?? caller.tenant ?? 'default')
const aboutOrder = ({ caller, body }: { readonly caller: Caller; readonly body: z.output<typeof Order> }) => ({
  object: 'report', tenant: tenantOf(caller, body.tenant),
  details: Object.fromEntries(Object.entries({ controls: body.controls.join(' '), from: body.from, to: body.to, as_of: body.as_of }).filter((entry): entry is [string, string] => entry[1] !== undefined)),
})

/** A wish that makes no sense is the caller's to mend. */
async function answered(work: () => Promise<unknown>): Promise<HttpResponse> {
  try {
    return json(200, await work())
  } catch (error) {
    if (error instanceof Failure && error.kind === 'rejected') throw new Refusal(400, error.message)
    if (error instanceof Failure && error.kind === 'misconfigured') throw new Refusal(409, error.message)
    throw error
  }
}

const NO_FILES = 'there is no report of this id, or its files lie on another machine: see host and directory in the list'

/** One JSON object a line, `{path, text}`. */
async function* linesOf(files: ReadonlyMap<string, string>): AsyncGenerator<Buffer> {
  for (const [path, text] of files) yield Buffer.from(`${JSON.stringify({ path, text })}\n`)
  yield Buffer.from(`${JSON.stringify({ end: files.size })}\n`)
}

export const reportRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/api/v1/reports', operation: 'report.run', scope: 'triage', summary: 'Make a report, keep it and sign it', body: Order, about: aboutOrder,
    answers: { 200: { says: 'The report; its files are under …/files', schema: Shown }, 409: { says: 'It could not be signed here' } },
    handle: ({ body, caller }, { reports }) => answered(() => here(reports).run({ ...body, tenant: tenantOf(caller, body.tenant) }, caller.name)),
  }),
  route({
    method: 'POST', path: '/api/v1/reports/again', operation: 'report.verify', scope: 'read', summary: 'Ask the tables the same again, and say the hashes', body: Order, about: aboutOrder,
    answers: { 200: { says: 'SHA-256 of report.json and of each answer; nothing is kept', schema: Again } },
    handle: ({ body, caller }, { reports }) => answered(() => here(reports).again({ ...body, tenant: tenantOf(caller, body.tenant) })),
  }),
  route({
    method: 'GET', path: '/api/v1/reports', operation: 'report.list', scope: 'read', summary: 'Reports that were made, newest first',
    query: z.strictObject({ tenant: tenant.optional(), limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
    answers: { 200: { says: 'Reports', schema: z.strictObject({ reports: z.array(Shown) }) } },
    handle: ({ query, caller }, { reports }) => answered(async () => ({ reports: await here(reports).list({ tenant: tenantWithin(caller, query.tenant), limit: query.limit }) })),
  }),
  route({
    method: 'GET', path: '/api/v1/reports/schedules', operation: 'report.schedules', scope: 'read', summary: 'Schedules, when each is next, and what is missing',
    answers: { 200: { says: 'Schedules', schema: z.strictObject({ schedules: z.array(ScheduleShown) }) } },
    handle: ({ caller }, { reports }) => answered(async () => ({ schedules: await here(reports).schedules(caller.tenant) })),
  }),
  route({
    method: 'GET', path: '/api/v1/reports/{report_id}/files', operation: 'report.read', scope: 'read', summary: 'All files of a report: one JSON object {path, text} a line',
    parameters: z.strictObject({ report_id: id }), answers: { 200: { says: 'Files, as application/x-ndjson' } },
    async handle({ parameters: { report_id: asked }, caller }, { reports }) {
      const found = await here(reports).files({ tenant: caller.tenant, id: asked })
      if (found === undefined) throw new Refusal(404, NO_FILES)
      return { status: 200, headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }, body: linesOf(found.files) }
    },
  }),
]
