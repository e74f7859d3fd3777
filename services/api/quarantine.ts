/** Routes under /api/v1/quarantine. */
import { z } from 'zod'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { isoTime, json } from './responses.ts'
import { type DeskPorts, QuarantineDesk } from './quarantine-desk.ts'
import { actionsOn, type Entry, Filter, listEntries, readEntries } from './quarantine-store.ts'

const Decision = z.strictObject({
  filter: Filter,
  by: z.string().min(1).max(256),
  why: z.string().max(1_024),
})

const shown = ({ payload: _payload, ...entry }: Entry): object =>
  ({ ...entry, quarantined_at: isoTime(entry.quarantined_at), decided_at: isoTime(entry.decided_at) })

const problems = (error: z.ZodError): HttpResponse =>
  json(400, { error: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })

function filterOf(query: string): z.ZodSafeParseResult<Filter> {
  const { limit, ...rest } = Object.fromEntries(new URLSearchParams(query))
  return Filter.safeParse({ ...rest, ...(limit === undefined ? {} : { limit: Number(limit) }) })
}

function bodyOf({ body }: HttpRequest): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** Does and writes down: where it cannot be written down it is not done. */
export type Audited = <T>(deed: Pick<AdminDeed, 'action' | 'object' | 'details'>, work: () => T | Promise<T>) => Promise<T>

/** Undefined where the route is none of these. */
export type QuarantineRoutes = (request: HttpRequest, audited: Audited) => Promise<HttpResponse> | undefined

/** Characters of a filter in an audit event. */
const DETAIL = 4_096

export function quarantineRoutes(ports: DeskPorts): QuarantineRoutes {
  const desk = new QuarantineDesk(ports)

  async function list({ query }: HttpRequest): Promise<HttpResponse> {
    const filter = filterOf(query)
    if (!filter.success) return problems(filter.error)
    const { entries, total } = await listEntries(ports.store, filter.data)
    return json(200, { total, entries: entries.map(shown) })
  }

  async function show(id: string): Promise<HttpResponse> {
    const [entry] = await readEntries(ports.store, Filter.parse({ ids: [id], state: 'all' }))
    if (entry === undefined) return json(404, { error: 'there is no record of this id in quarantine' })
    const actions = await actionsOn(ports.store, id)
    return json(200, {
      ...shown(entry), payload: entry.payload, actions: actions.map((action) => ({ ...action, acted_at: isoTime(action['acted_at'] as bigint) })),
    })
  }

  async function decide(action: 'replay' | 'discard', request: HttpRequest, audited: Audited): Promise<HttpResponse> {
    const parsed = Decision.safeParse(bodyOf(request))
    if (!parsed.success) return problems(parsed.error)
    const { filter, by, why } = parsed.data
    const details = { by, why, filter: JSON.stringify(filter).slice(0, DETAIL) }
    const decided = await audited({ action: `quarantine.${action}`, object: 'quarantine', details }, () => desk.decide({ action, filter, by, why }))
    const counts: Record<string, number> = {}
    for (const { outcome } of decided) counts[outcome] = (counts[outcome] ?? 0) + 1
    return json(200, { counts, decided })
  }

  return (request, audited) => {
    const { method, path } = request
    const rest = /^\/api\/v1\/quarantine(?:\/([a-z0-9]{1,32}))?$/.exec(path)
    if (rest === null) return undefined
    if (method === 'GET') return rest[1] === undefined ? list(request) : show(rest[1])
    if (method === 'POST' && (rest[1] === 'replay' || rest[1] === 'discard')) return decide(rest[1], request, audited)
    return undefined
  }
}
