/** The API: health and metrics for everybody, all other routes for who shows a token. */
import { type Failure, kindOf } from '../../schemas/failure.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { OrderDesk } from './alerts/order-desk.ts'
import { callerOf } from './caller.ts'
import { apiDocument } from './document.ts'
import type { ApiPorts } from './ports.ts'
import { ReadLog } from './read-log.ts'
import { json, metricsAnswer } from './responses.ts'
import { Router } from './router.ts'
import { ROUTES } from './routes.ts'

async function readiness(parts: ApiPorts['parts']): Promise<HttpResponse> {
  const missing = parts.map((part) => ({ part: part.name, missing: part.notReady() })).filter(({ missing: what }) => what !== '')
  return json(missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing })
}

const NEEDED = 'a bearer token is needed: see <data_dir>/keys/api.token, or watchkeeper token create --scope read'
const OPEN = ['/healthz', '/readyz', '/metrics', '/api/v1/openapi.json']

export interface Api {
  readonly handle: HttpHandler
  /** Tells what was counted of calls. */
  close(): Promise<void>
}

export function createApi(ports: ApiPorts): Api {
  const reads = new ReadLog(ports)
  let document: object | undefined
  const router = new Router({ routes: ROUTES, ports: { ...ports, orders: new OrderDesk(ports) }, reads })

  async function guarded(request: HttpRequest): Promise<HttpResponse> {
    const caller = callerOf(request, ports)
    if (caller !== undefined) return router.answer(request, caller)
    const deed = { action: 'api.refused', object: 'api', tenant: 'default', actor: 'watchkeeper', actor_source: 'watchkeeper', peer: request.peer, details: {} } as const
    // Whoever has no token is refused, whether it can be written down or not.
    await reads.note(deed, 'no token that is in force').catch(ports.failed)
    return json(401, { error: NEEDED }, { 'www-authenticate': 'Bearer' })
  }

  async function handle(request: HttpRequest): Promise<HttpResponse> {
    if (request.method === 'GET' && request.path === '/healthz') return json(200, { alive: true })
    if (request.method === 'GET' && request.path === '/readyz') return readiness(ports.parts)
    if (request.method === 'GET' && request.path === '/metrics' && (ports.openMetrics || callerOf(request, ports) !== undefined)) return metricsAnswer(await ports.metrics())
    if (request.path === '/') return json(200, { product: 'watchkeeper', routes: [...OPEN, ...new Set(ROUTES.map(({ path }) => path))] })
    if (request.method === 'GET' && request.path === '/api/v1/openapi.json') return json(200, (document ??= apiDocument()))
    try {
      return await guarded(request)
    } catch (error) {
      // Bus or store are away for a moment: that is not a defect, and whoever asks can ask again.
      if (kindOf(error) !== 'unavailable') throw error
      return json(503, { error: (error as Failure).message }, { 'retry-after': String((error as Failure).retryAfterSeconds ?? 1) })
    }
  }
  return { handle, close: () => reads.tell() }
}
