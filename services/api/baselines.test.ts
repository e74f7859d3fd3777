import { expect, it } from 'vitest'
import type { Step } from '../../schemas/step.ts'
import { apiRig, type Ask } from '../../test/api/rig.ts'
import type { HeldStates } from './ports.ts'

function rig(held?: ReadonlyMap<number, HeldStates>) {
  const sent: Step[] = []
  const bus = { publish: async () => undefined, broadcast: async (_topic: unknown, record: unknown) => void sent.push(record as Step) }
  const { ask, deeds } = apiRig({ bus, clock: { now: () => 7n }, baselines: { detectors: ['unusual-volume'], partitions: 4, held } })
  return {
    sent, deeds,
    async ask(method: string, path: string, how: Ask) {
      const { status, body } = await ask(method, path, how)
      return { status, body: body as Record<string, unknown> }
    },
  }
}
const reset = (who: object): Ask => ({ body: { tenant: 'acme', reason: 'new job', ...who } })

it('writes an order down and sends it to all partitions', async () => {
  const { ask, sent, deeds } = rig()
  const { status, body } = await ask('POST', '/api/v1/baselines/reset', reset({ actor: 'ann', detector: 'unusual-volume' }))
  expect(status).toBe(202)
  expect(deeds).toMatchObject([{ action: 'baseline.reset', object: 'baseline/actor', details: { of_tenant: 'acme', actor: 'ann', detector: 'unusual-volume', reason: 'new job' } }])
  expect(sent.flatMap(({ notices }) => notices)).toEqual([{ kind: 'reset', id: body['order'], at: 7n, tenant: 'acme', actor: 'ann', server: '', tool: '', detector: 'unusual-volume' }])
})

it.each([[reset({})], [reset({ actor: 'a', server: 's' })], [reset({ actor: 'a', detector: 'nobody' })], [{ body: '{"tenant":"acme","actor":"a"}' }], [{ body: 'nonsense' }], [reset({ actor: '' })]])(
  'refuses %j and does nothing', async (request) => {
    const { ask, sent } = rig()
    expect((await ask('POST', '/api/v1/baselines/reset', request)).status).toBe(400)
    expect(sent).toEqual([])
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
