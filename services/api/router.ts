/** Finds the route of a request, checks who asks and what, writes it down, and answers. */
import { z } from 'zod'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import { kindOf } from '../../schemas/failure.ts'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { type Caller, may } from './caller.ts'
import type { RoutePorts } from './ports.ts'
import { Refusal, wordsOf } from './problem.ts'
import { parametersOf } from './query.ts'
import type { ReadLog } from './read-log.ts'
import { json } from './responses.ts'
import type { About, Call, Route } from './route.ts'

const NOTHING = z.strictObject({})
const DEFAULT_TENANT = 'default'

interface Found {
  readonly route: Route
  readonly segments: Readonly<Record<string, string>>
}

const isPlace = (segment: string): boolean => segment.startsWith('{')

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function segmentsOf(template: readonly string[], path: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (template.length !== path.length || template.some((segment, at) => !isPlace(segment) && segment !== path[at])) return undefined
  return Object.fromEntries(template.flatMap((segment, at) => (isPlace(segment) ? [[segment.slice(1, -1), decoded(path[at] ?? '')]] : [])))
}

function find(routes: readonly Route[], { method, path }: HttpRequest): Found {
  const parts = path.split('/')
  const fitting = routes.flatMap((route): Found[] => {
    const segments = segmentsOf(route.path.split('/'), parts)
    return segments === undefined ? [] : [{ route, segments }]
  })
  if (fitting.length === 0) throw new Refusal(404, 'no such route')
  // What is written out counts before a place for anything.
  const found = fitting.filter(({ route }) => route.method === method).toSorted((a, b) => Object.keys(a.segments).length - Object.keys(b.segments).length)[0]
  if (found !== undefined) return found
  const allowed = [...new Set(fitting.map(({ route }) => route.method))].join(', ')
  throw new Refusal(405, `this route knows ${allowed}`, { allow: allowed })
}

function parsed<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (!result.success) throw new Refusal(400, wordsOf(result.error))
  return result.data
}

function bodyOf({ body }: Route, request: HttpRequest): unknown {
  if (body === undefined) return undefined
  if (request.body.length === 0) return parsed(body, {})
  let sent: unknown
  try {
    sent = JSON.parse(request.body.toString())
  } catch {
    throw new Refusal(400, 'the body is not JSON')
  }
  return parsed(body, sent)
}

type AnyCall = Call<Record<string, unknown>, Record<string, unknown>>

function callOf({ route, segments }: Found, request: HttpRequest, caller: Caller): AnyCall {
  const query = route.query ?? NOTHING
  return {
    parameters: parsed(route.parameters ?? NOTHING, segments), query: parsed(query, Object.fromEntries(parametersOf(request.query, query))), body: bodyOf(route, request),
    caller, request,
  }
}

function refuse({ route }: Found, caller: Caller): void {
  if (!may(caller, route.scope)) throw new Refusal(403, `this token may not do that: it needs scope ${route.scope} (watchkeeper token create --scope ${route.scope})`)
  if (route.whole === true && caller.tenant !== undefined) throw new Refusal(403, `this concerns every tenant, and this token is of tenant ${caller.tenant} alone`)
}

const refusalOf = (error: unknown): Refusal | undefined => (error instanceof Refusal ? error : undefined)
/** What a route answers with an error is for the audit log a call that failed. */
class Answered extends Error {
  readonly response: HttpResponse

  constructor(response: HttpResponse) {
    super(`it was answered ${response.status}`)
    this.response = response
  }
}

export interface RouterParts {
  readonly routes: readonly Route[]
  readonly ports: RoutePorts
  readonly reads: ReadLog
}

export class Router {
  readonly #parts: RouterParts

  constructor(parts: RouterParts) {
    this.#parts = parts
  }

  /** Throws Failure `unavailable` when a neighbour is away; refusals are answers. */
  async answer(request: HttpRequest, caller: Caller): Promise<HttpResponse> {
    try {
      return await this.#found(await this.#find(request, caller), request, caller)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      return json(refusal.status, { error: refusal.message }, refusal.headers)
    }
  }

  /** Who looks for routes that are none is written down like who is refused at one. */
  async #find(request: HttpRequest, caller: Caller): Promise<Found> {
    try {
      return find(this.#parts.routes, request)
    } catch (error) {
      const refusal = refusalOf(error)
      const { method, path, peer } = request
      if (refusal !== undefined) {
        const details = { method, path, status: String(refusal.status) }
        await this.#parts.reads.note({ action: 'api.unknown', object: 'api', tenant: caller.tenant ?? DEFAULT_TENANT, actor: caller.name, actor_source: 'api.token', peer, details }, refusal.message)
      }
      throw error
    }
  }

  async #found(found: Found, request: HttpRequest, caller: Caller): Promise<HttpResponse> {
    const { route } = found
    const deed = (about: About): AdminDeed => ({
      action: route.operation, object: about.object ?? request.path, tenant: about.tenant ?? caller.tenant ?? DEFAULT_TENANT, actor: caller.name, actor_source: 'api.token',
      peer: request.peer, details: { ...about.details },
    })
    let call: AnyCall
    let about: About | undefined
    try {
      refuse(found, caller)
      call = callOf(found, request, caller)
      // It may find that another tenant is meant: a refusal that is written down like others.
      about = route.about?.(call)
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal !== undefined) await this.#read(route, deed({ details: { status: String(refusal.status) } }), refusal.message)
      throw error
    }
    const { handle } = route
    if (route.method !== 'GET') return this.#change(deed(about ?? {}), () => handle(call, this.#parts.ports))
    await this.#read(route, deed(about ?? (request.query === '' ? {} : { details: { query: request.query } })))
    return handle(call, this.#parts.ports)
  }

  async #change(deed: AdminDeed, work: () => HttpResponse | Promise<HttpResponse>): Promise<HttpResponse> {
    try {
      return await this.#parts.ports.audit.during(deed, async () => {
        const response = await work()
        if (response.status >= 400) throw new Answered(response)
        return response
      })
    } catch (error) {
      if (error instanceof Answered) return error.response
      throw error
    }
  }

  async #read({ health }: Route, deed: AdminDeed, refused = ''): Promise<void> {
    try {
      await this.#parts.reads.note(deed, refused)
    } catch (error) {
      if (health !== true || kindOf(error) !== 'unavailable') throw error
    }
  }
}
