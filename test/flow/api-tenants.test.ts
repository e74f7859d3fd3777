/** Every route of the API, asked with the tokens of tenant a for what is tenant b's: nothing of b is seen, nothing of b is touched. Made from the table of routes. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { AlertOrder, isOrder } from '../../schemas/alert-order.ts'
import { desk as deskTopic, responseOrders } from '../../schemas/topics.ts'
import { ROUTES } from '../../services/api/routes.ts'
import { asked, type Desk, openDesk } from '../api/living-desk.ts'

const MARK = 'only-b-knows-this'
let desk: Desk
/** What is b's: the places of paths. */
const ids: Record<string, string> = { quarantine_id: 'f'.repeat(32), order_id: 'e'.repeat(32), name: 'only-b', report_id: 'd'.repeat(32), removal_id: 'c'.repeat(32), hold_id: 'b'.repeat(32) }
const BODIES: Readonly<Record<string, object>> = {
  'alert.acknowledge': { why: MARK }, 'alert.start': { why: MARK }, 'alert.resolve': { why: MARK, verdict: 'true' }, 'alert.reopen': { why: MARK }, 'alert.note': { why: MARK },
  'silence.add': { matchers: [{ field: 'tool', operator: 'is', value: 'x' }], reason: MARK, hours: 1, tenant: 'b' }, 'delivery.redeliver': { why: MARK }, 'action.request': { hook: 'revoke_token', why: MARK },
  'tuning.accept': { reason: MARK, hours: 1 }, 'baseline.reset': { tenant: 'b', actor: 'ann', reason: MARK }, 'quarantine.replay': { filter: { tenant: 'b' }, by: 'x', why: MARK }, 'quarantine.discard': { filter: { tenant: 'b' }, by: 'x', why: MARK },
  'receiver.add': { name: 'x', url: 'http://127.0.0.1:9/', secret: `whsec_${'A'.repeat(32)}`, ttl_seconds: 1 }, 'action.approve': {}, 'action.reject': {}, 'receiver.test': {},
}
const QUERIES: Readonly<Record<string, string>> = { 'baseline.show': '?tenant=b&actor=ann', 'silence.end': '?why=x' }

interface Ids {
  readonly alerts?: readonly { readonly alert_id: string; readonly version: number; readonly status: string }[]
  readonly deliveries?: readonly { readonly message_id: string }[]
}
const alertOfB = async () => (await asked<Ids>(desk, 'GET /api/v1/alerts?limit=1', { token: 'b-read' })).body.alerts?.[0]
/** What was ordered, by tenant. */
const ordered: { readonly tenant: string; readonly by: string }[] = []

/** What is there a moment later. */
const found = <T>(look: () => Promise<T | undefined>): Promise<T> => vi.waitFor(async () => {
  const one = await look()
  if (one === undefined) throw new Error('it is not there')
  return one
}, { timeout: 20_000, interval: 100 })

beforeAll(async () => {
  desk = await openDesk()
  const group = { group: 'test', gap: async () => undefined, failed: (error: unknown) => { throw error } }
  await desk.bus.subscribe(deskTopic, { ...group, handle: async (envelopes) => {
    for (const { records } of envelopes) ordered.push(...records.filter((record): record is AlertOrder => isOrder(record)))
  } })
  await desk.bus.subscribe(responseOrders, { ...group, handle: async (envelopes) => {
    for (const { records } of envelopes) ordered.push(...records)
  } })
  await desk.find({ tenant: 'b', title: MARK, actor: MARK, server: MARK, conversation: MARK, trace_id: '' })
  ids['alert_id'] = (await found(alertOfB)).alert_id
  const silence = await asked<{ readonly silence: { readonly silence_id: string } }>(desk, 'POST /api/v1/silences', {
    token: 'b-triage', body: { matchers: [{ field: 'tool', operator: 'is', value: MARK }], reason: MARK, hours: 1 },
  })
  const action = await asked<{ readonly action: { readonly action_id: string } }>(desk, `POST /api/v1/alerts/${ids['alert_id']}/actions`, { token: 'b-triage', body: { hook: 'revoke_token', why: MARK } })
  ids['silence_id'] = silence.body.silence.silence_id
  ids['action_id'] = action.body.action.action_id
  const sent = async () => (await asked<Ids>(desk, 'GET /api/v1/deliveries', { token: 'b-read' })).body.deliveries?.[0]?.message_id
  ids['message_id'] = await found(sent)
}, 90_000)
afterAll(() => desk.close())

const pathOf = (template: string): string => template.replace(/\{([a-z_]+)\}/g, (_, name: string) => ids[name] ?? 'a'.repeat(32))
const RANK = { read: 0, triage: 1, admin: 2 } as const

describe.each(['read', 'triage', 'admin'] as const)('a token of tenant a with scope %s', (scope) => {
  it.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('sees and touches nothing of b with %s', async (_, { method, path, operation, scope: needed, whole }) => {
    for (const query of ['', '?tenant=b', QUERIES[operation] ?? '']) {
      const body = method === 'POST' ? { body: BODIES[operation] ?? { tenant: 'b' } } : {}
      const { status, body: said } = await asked(desk, `${method} ${pathOf(path)}${query}`, { token: `a-${scope}`, ...body })
      expect(JSON.stringify(said ?? ''), `${status}`).not.toContain(MARK)
      if (RANK[scope] < RANK[needed] || whole === true) expect(status).toBe(403)
      if (method !== 'GET') expect(status, JSON.stringify(said)).toBeGreaterThanOrEqual(400)
    }
  }, 60_000)
})

it('left everything of b as it was, and no order went out in its name', async () => {
  expect(ordered.filter(({ tenant, by }) => tenant === 'b' && !by.startsWith('b-'))).toEqual([])
  expect(await alertOfB()).toMatchObject({ status: 'open' })
  expect((await asked(desk, `GET /api/v1/actions/${ids['action_id']}`, { token: 'b-read' })).body).toMatchObject({ state: 'waiting' })
  expect((await asked(desk, `GET /api/v1/silences/${ids['silence_id']}`, { token: 'b-read' })).body).toMatchObject({ state: 'active' })
  const events = (await asked<{ readonly events: readonly { readonly by: string }[] }>(desk, `GET /api/v1/alerts/${ids['alert_id']}`, { token: 'b-read' })).body.events
  expect(events.filter(({ by }) => by.startsWith('a-'))).toEqual([])
})
