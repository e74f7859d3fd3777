import { expect, it } from 'vitest'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import type { HttpRequest } from '../../schemas/http.ts'
import type { Step } from '../../schemas/step.ts'
import { baselineRoutes, type HeldStates } from './baselines.ts'

function rig(held?: ReadonlyMap<number, HeldStates>) {
  const sent: Step[] = []
  const deeds: Pick<AdminDeed, 'action' | 'object' | 'details'>[] = []
  const bus = { publish: async () => undefined, broadcast: async (_topic: unknown, record: unknown) => void sent.push(record as Step) }
  const routes = baselineRoutes({ bus, clock: { now: () => 7n }, detectors: ['unusual-volume'], partitions: 4, held })
  async function ask(method: string, path: string, { query = '', body = '' } = {}) {
    const request: HttpRequest = { method, path, query, headers: new Map(), peer: '', body: Buffer.from(body) }
    const answer = await routes(request, async (deed, work) => {
      deeds.push(deed)
      return await work()
    })
    return { status: answer?.status, body: JSON.parse(String(answer?.body)) as Record<string, unknown> }
  }
  return { ask, sent, deeds, routes }
}
const reset = (who: object) => ({ body: JSON.stringify({ tenant: 'acme', reason: 'new job', ...who }) })

it('writes an order down and sends it to all partitions', async () => {
  const { ask, sent, deeds } = rig()
  const { status, body } = await ask('POST', '/api/v1/baselines/reset', reset({ actor: 'ann', detector: 'unusual-volume' }))
  expect(status).toBe(202)
  expect(deeds).toMatchObject([{ action: 'baseline.reset', object: 'baseline/actor', details: { of_tenant: 'acme', actor: 'ann', detector: 'unusual-volume', reason: 'new job', order: body['order'] } }])
  expect(sent.flatMap(({ notices }) => notices)).toEqual([{ kind: 'reset', id: body['order'], at: 7n, tenant: 'acme', actor: 'ann', server: '', tool: '', detector: 'unusual-volume' }])
})

it.each([[reset({})], [reset({ actor: 'a', server: 's' })], [reset({ actor: 'a', detector: 'nobody' })], [{ body: '{"tenant":"acme","actor":"a"}' }], [{ body: 'nonsense' }], [reset({ actor: '' })]])(
  'refuses %j and does nothing', async (request) => {
    const { ask, sent, deeds } = rig()
    expect((await ask('POST', '/api/v1/baselines/reset', request)).status).toBe(400)
    expect([sent, deeds]).toEqual([[], []])
  })

it('shows what is kept here, and says which partitions these are', async () => {
  const states: HeldStates = { of: (tenant, { actor }) => (tenant === 'acme' && actor === 'ann' ? [{ detector: 'd', key: 'actor:ann', state: { n: 5n } }, { detector: 'e', key: 'k', state: [] }] : []) }
  const { ask } = rig(new Map([[2, states], [0, { of: () => [] }]]))
  const all = await ask('GET', '/api/v1/baselines', { query: 'tenant=acme&actor=ann' })
  expect(all).toEqual({ status: 200, body: { partitions: 4, partitions_here: [0, 2], total: 2, kept: [
    { partition: 2, detector: 'd', key: 'actor:ann', bytes: 9, state: '{"n":"5"}' }, { partition: 2, detector: 'e', key: 'k', bytes: 2, state: '[]' }] } })
  expect((await rig().ask('GET', '/api/v1/baselines', { query: 'tenant=acme&actor=ann' })).status).toBe(421)
  expect((await ask('GET', '/api/v1/baselines', { query: 'tenant=acme' })).status).toBe(400)
})
