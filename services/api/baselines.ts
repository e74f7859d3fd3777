/** Routes under /api/v1/baselines: what detectors keep of somebody or something, and the order to forget it. */
import { z } from 'zod'
import { randomUUID } from 'node:crypto'
import { blankInteraction } from '../../schemas/interaction.ts'
import type { Notice } from '../../schemas/step.ts'
import { steps } from '../../schemas/topics.ts'
import type { BaselinePorts } from './ports.ts'
import { here, Refusal } from './problem.ts'
import { json } from './responses.ts'
import { type Route, route } from './route.ts'
import { ownTenant } from './tenancy.ts'

const word = z.string().min(1).max(256)
const Who = z.strictObject({
  tenant: word, actor: word.optional(), server: word.optional(), tool: word.optional(), detector: word.optional().describe('By this detector only'),
}).describe('Exactly one of actor, server and tool')
const Reset = Who.extend({ reason: z.string().min(1).max(1_024) })
type Who = z.infer<typeof Who>

const Kept = z.strictObject({
  partitions: z.number().int(), partitions_here: z.array(z.number().int()), total: z.number().int(),
  kept: z.array(z.strictObject({ partition: z.number().int(), detector: z.string(), key: z.string(), bytes: z.number().int(), state: z.string() })),
})

/** More states than anybody looks through. */
const MOST = 1_000
const NO_WORKER = { none: 'This process judges nothing: ask one that runs watchkeeper worker (each knows its own partitions).' }

const one = ({ actor, server, tool }: Who): [string, string] => {
  const given = Object.entries({ actor, server, tool }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  if (given.length !== 1 || given[0] === undefined) throw new Refusal(400, 'say exactly one of actor, server and tool')
  return given[0]
}

function refuseUnknown({ detector }: Who, { detectors }: BaselinePorts): void {
  if (detector === undefined || detectors.includes(detector)) return
  throw new Refusal(400, `there is no such detector; there are ${detectors.join(', ')}`)
}

export const baselineRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/baselines', operation: 'baseline.show', scope: 'read', summary: 'What detectors keep of somebody or something, in the partitions of this process',
    query: Who, answers: { 200: { says: 'States, as JSON text', schema: Kept } },
    handle({ query: who, caller }, { baselines }) {
      one(who)
      refuseUnknown(who, baselines)
      const tenant = ownTenant(caller, who.tenant)
      const held = here(baselines.held ?? NO_WORKER)
      const { actor = '', server = '', tool = '', detector } = who
      const kept = [...held].flatMap(([partition, states]) => states.of(tenant, { actor, server, tool }).map((state) => ({ partition, ...state })))
        .filter((state) => detector === undefined || state.detector === detector)
      const shown = kept.slice(0, MOST).map(({ state, ...rest }) => ({ ...rest, bytes: Buffer.byteLength(textOf(state)), state: textOf(state) }))
      return json(200, { partitions: baselines.partitions, partitions_here: [...held.keys()].sort((a, b) => a - b), total: kept.length, kept: shown })
    },
  }),
  route({
    method: 'POST', path: '/api/v1/baselines/reset', operation: 'baseline.reset', scope: 'admin', summary: 'Let it be forgotten in every partition',
    body: Reset, answers: { 202: { says: 'Ordered', schema: z.strictObject({ order: z.string() }) } },
    about({ body: { reason, tenant, detector, ...who } }) {
      const [kind = '', name = ''] = Object.entries(who).find((pair): pair is [string, string] => pair[1] !== undefined) ?? []
      return { object: `baseline/${kind}`, details: { of_tenant: tenant, [kind]: name, detector: detector ?? 'all', reason } }
    },
    async handle({ body, caller }, { baselines, bus, clock }) {
      one(body)
      refuseUnknown(body, baselines)
      const tenant = ownTenant(caller, body.tenant)
      const { actor = '', server = '', tool = '', detector = '' } = body
      const notice: Notice = { kind: 'reset', id: randomUUID(), at: clock.now(), tenant, actor, server, tool, detector }
      await bus.broadcast(steps, { interaction: { ...blankInteraction(), tenant }, keys: [], lessons: [], notices: [notice] })
      return json(202, { order: notice.id })
    },
  }),
]

/** States are plain JSON, but for integers that are larger than it has. */
const textOf = (state: unknown): string => JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value)) ?? ''
