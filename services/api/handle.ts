/** Health, metrics and the first routes of the API. Off the health routes nothing is answered without the token. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { AdminAudit } from '../../schemas/admin-action.ts'
import { Failure, kindOf } from '../../schemas/failure.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../schemas/http.ts'
import type { PartitionLag, Service } from '../../schemas/ports.ts'
import type { BaselineRoutes } from './baselines.ts'
import type { Coverage } from './coverage.ts'
import type { Audited, QuarantineRoutes } from './quarantine.ts'
import { json } from './responses.ts'
import type { Status } from './status.ts'

export interface Receivers {
  add(receiver: { readonly name: string; readonly url: string; readonly secret: string; readonly ttlSeconds: number }): void
  /** False where there is none of that name. */
  remove(name: string): boolean
}

export interface ApiPorts {
  /** Parts whose readiness counts. */
  readonly parts: readonly Pick<Service, 'name' | 'notReady'>[]
  /** Where the alerter is in this process. */
  readonly receivers: Receivers | undefined
  metrics(): Promise<string>
  lag(): Promise<readonly PartitionLag[]>
  readonly token: string
  /** Name of another token that may use the API; undefined where it is none. */
  apiUser(token: string): string | undefined
  /** Whoever changes something is written down first. */
  readonly audit: AdminAudit
  status(): Promise<Status>
  /** Where this process reaches no tables: why, and whom to ask. */
  readonly coverage: (() => Promise<Coverage>) | { readonly none: string }
  /** Where this process reaches no tables: why, and whom to ask. */
  readonly quarantine: QuarantineRoutes | { readonly none: string }
  readonly baselines: BaselineRoutes
}

const Receiver = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,62}$/),
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/),
  ttl_seconds: z.number().int().min(1).max(3_600),
})

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A page that a browser was lured to must not speak to a port on loopback: it cannot leave out `Origin`, and cannot know the token. */
function userOf({ headers }: HttpRequest, { token, apiUser }: ApiPorts): string | undefined {
  if (headers.has('origin')) return undefined
  const given = /^Bearer ([\x21-\x7e]{1,512})$/.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token)) ? 'api.token' : apiUser(given)
}

const originOf = (url: string): string => new URL(url).origin

async function addReceiver({ body }: HttpRequest, receivers: Receivers, audited: Audited): Promise<HttpResponse> {
  let sent: unknown
  try {
    sent = JSON.parse(body.toString())
  } catch {
    return json(400, { error: 'the body is not JSON' })
  }
  const parsed = Receiver.safeParse(sent)
  if (!parsed.success) return json(400, { error: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })
  const { ttl_seconds: ttlSeconds, ...receiver } = parsed.data
  const { name, url } = receiver
  // The path of a webhook is often a secret of its own.
  const details = { target: originOf(url), ttl_seconds: String(ttlSeconds) }
  await audited({ action: 'receiver.add', object: `receiver/${name}`, details }, () => receivers.add({ ...receiver, ttlSeconds }))
  return json(201, { name: receiver.name })
}

/** Another process of the same installation has the answer (RFC 9110, 15.5.20). */
const MISDIRECTED = 421
const NO_ALERTER = 'This process has no alerter, so it takes no receivers: ask the one that runs watchkeeper alerter.'
const isUnder = (route: string, { path }: HttpRequest): boolean => path === route || path.startsWith(`${route}/`)

const NO_SUCH = new Failure('rejected', 'api.receiver', 'no such receiver')

async function removeReceiver(name: string, receivers: Receivers, audited: Audited): Promise<HttpResponse> {
  try {
    await audited({ action: 'receiver.remove', object: `receiver/${name}`, details: {} }, () => {
      if (!receivers.remove(name)) throw NO_SUCH
    })
    return { status: 204, headers: {}, body: '' }
  } catch (error) {
    if (error === NO_SUCH) return json(404, { error: NO_SUCH.message })
    throw error
  }
}

async function readiness(parts: ApiPorts['parts']): Promise<HttpResponse> {
  const missing = parts.map((part) => ({ part: part.name, missing: part.notReady() })).filter(({ missing: what }) => what !== '')
  return json(missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing })
}

export function createApi(ports: ApiPorts): HttpHandler {
  async function guarded(request: HttpRequest): Promise<HttpResponse> {
    const user = userOf(request, ports)
    if (user === undefined) {
      const error = 'a bearer token is needed: see <data_dir>/keys/api.token, or watchkeeper token create --scope api'
      return json(401, { error }, { 'www-authenticate': 'Bearer' })
    }
    if (request.path === '/api/v1/lag' && request.method === 'GET') return json(200, await ports.lag())
    if (request.path === '/api/status' && request.method === 'GET') return json(200, await ports.status())
    if (request.path === '/api/coverage' && request.method === 'GET') {
      return 'none' in ports.coverage ? json(MISDIRECTED, { error: ports.coverage.none }) : json(200, await ports.coverage())
    }
    const who = { tenant: 'default', actor: user, actor_source: 'api.token', peer: request.peer } as const
    const audited: Audited = (deed, work) => ports.audit.during({ ...deed, ...who }, work)
    const { quarantine, receivers } = ports
    const baselines = ports.baselines(request, audited)
    if (baselines !== undefined) return baselines
    if ('none' in quarantine) {
      if (isUnder('/api/v1/quarantine', request)) return json(MISDIRECTED, { error: quarantine.none })
    } else {
      const answer = quarantine(request, audited)
      if (answer !== undefined) return answer
    }
    if (receivers === undefined) return isUnder('/api/v1/receivers', request) ? json(MISDIRECTED, { error: NO_ALERTER }) : json(404, { error: 'no such route' })
    if (request.path === '/api/v1/receivers' && request.method === 'POST') return addReceiver(request, receivers, audited)
    const name = /^\/api\/v1\/receivers\/([a-z0-9-]{1,62})$/.exec(request.path)?.[1]
    if (name !== undefined && request.method === 'DELETE') {
      return removeReceiver(name, receivers, audited)
    }
    return json(404, { error: 'no such route' })
  }

  return async function api(request) {
    if (request.method === 'GET' && request.path === '/healthz') return json(200, { alive: true })
    if (request.method === 'GET' && request.path === '/readyz') return readiness(ports.parts)
    if (request.method === 'GET' && request.path === '/metrics') {
      return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: await ports.metrics() }
    }
    if (request.path === '/') {
      const routes = [
        '/healthz', '/readyz', '/metrics', '/api/v1/lag', '/api/v1/baselines', '/api/status', ...('none' in ports.coverage ? [] : ['/api/coverage']),
        ...(ports.receivers === undefined ? [] : ['/api/v1/receivers']),
        ...('none' in ports.quarantine ? [] : ['/api/v1/quarantine']),
      ]
      return json(200, { product: 'watchkeeper', routes })
    }
    try {
      return await guarded(request)
    } catch (error) {
      // Bus or store are away for a moment: that is not a defect, and whoever asks can ask again.
      if (kindOf(error) !== 'unavailable') throw error
      return json(503, { error: (error as Failure).message }, { 'retry-after': String((error as Failure).retryAfterSeconds ?? 1) })
    }
  }
}
