/** Routes under /api/v1/baselines: what detectors keep of somebody or something, and the order to forget it. */
import { z } from 'zod'
import { randomUUID } from 'node:crypto'
import type { HttpRequest, HttpResponse } from '../../schemas/http.ts'
import { blankInteraction } from '../../schemas/interaction.ts'
import type { Clock, Publisher } from '../../schemas/ports.ts'
import type { Notice } from '../../schemas/step.ts'
import { steps } from '../../schemas/topics.ts'
import type { Audited } from './quarantine.ts'
import { json } from './responses.ts'

/** States of one partition that this process holds. */
export interface HeldStates {
  of(tenant: string, who: Pick<Notice, 'actor' | 'server' | 'tool'>): readonly { readonly detector: string; readonly key: string; readonly state: unknown }[]
}

export interface BaselinePorts {
  readonly bus: Publisher
  readonly clock: Clock
  /** Ids of the detectors that there are. */
  readonly detectors: readonly string[]
  readonly partitions: number
  /** Undefined where this process judges nothing. */
  readonly held: ReadonlyMap<number, HeldStates> | undefined
}

const word = z.string().min(1).max(256)
const Who = z.strictObject({ tenant: word, actor: word.optional(), server: word.optional(), tool: word.optional(), detector: word.optional() })
const Reset = Who.extend({ reason: z.string().min(1).max(1_024) })
type Who = z.infer<typeof Who>

/** More states than anybody looks through. */
const MOST = 1_000
const MISDIRECTED = 421
const NO_WORKER = 'This process judges nothing: ask one that runs watchkeeper worker (each knows its own partitions).'

const one = ({ actor, server, tool }: Who): [string, string] | undefined => {
  const given = Object.entries({ actor, server, tool }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return given.length === 1 ? given[0] : undefined
}
const problems = (error: z.ZodError): HttpResponse => json(400, { error: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') })

function bodyOf({ body }: HttpRequest): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** Undefined where the route is none of these. */
export type BaselineRoutes = (request: HttpRequest, audited: Audited) => Promise<HttpResponse> | undefined

export function baselineRoutes({ bus, clock, detectors, partitions, held }: BaselinePorts): BaselineRoutes {
  const wrong = (who: Who): HttpResponse | undefined => {
    if (one(who) === undefined) return json(400, { error: 'say exactly one of actor, server and tool' })
    if (who.detector === undefined || detectors.includes(who.detector)) return undefined
    return json(400, { error: `there is no such detector; there are ${detectors.join(', ')}` })
  }

  async function show({ query }: HttpRequest): Promise<HttpResponse> {
    const parsed = Who.safeParse(Object.fromEntries(new URLSearchParams(query)))
    if (!parsed.success) return problems(parsed.error)
    const who = parsed.data
    const refusal = wrong(who)
    if (refusal !== undefined) return refusal
    if (held === undefined) return json(MISDIRECTED, { error: NO_WORKER })
    const { tenant, actor = '', server = '', tool = '', detector } = who
    const kept = [...held].flatMap(([partition, states]) => states.of(tenant, { actor, server, tool }).map((state) => ({ partition, ...state })))
      .filter((state) => detector === undefined || state.detector === detector)
    const shown = kept.slice(0, MOST).map(({ state, ...rest }) => ({ ...rest, bytes: Buffer.byteLength(textOf(state)), state: textOf(state) }))
    return json(200, { partitions, partitions_here: [...held.keys()].sort((a, b) => a - b), total: kept.length, kept: shown })
  }

  async function reset(request: HttpRequest, audited: Audited): Promise<HttpResponse> {
    const parsed = Reset.safeParse(bodyOf(request))
    if (!parsed.success) return problems(parsed.error)
    const { reason, ...who } = parsed.data
    const refusal = wrong(who)
    if (refusal !== undefined) return refusal
    const [kind, name] = one(who) ?? ['', '']
    const { tenant, actor = '', server = '', tool = '', detector = '' } = who
    const notice: Notice = { kind: 'reset', id: randomUUID(), at: clock.now(), tenant, actor, server, tool, detector }
    const details = { of_tenant: tenant, [kind]: name, detector: detector || 'all', reason, order: notice.id }
    await audited({ action: 'baseline.reset', object: `baseline/${kind}`, details }, () =>
      bus.broadcast(steps, { interaction: { ...blankInteraction(), tenant }, keys: [], lessons: [], notices: [notice] }))
    return json(202, { order: notice.id })
  }

  return (request, audited) => {
    if (request.path === '/api/v1/baselines' && request.method === 'GET') return show(request)
    if (request.path === '/api/v1/baselines/reset' && request.method === 'POST') return reset(request, audited)
    return undefined
  }
}

/** States are plain JSON, but for integers that are larger than it has. */
const textOf = (state: unknown): string => JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value)) ?? ''
