import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { apiRig } from '../../test/api/rig.ts'
import type { Caller } from './caller.ts'
import { parametersOf } from './query.ts'
import { ReadLog } from './read-log.ts'
import { z } from 'zod'

const callers: Readonly<Record<string, Caller>> = { reader: { name: 'page', scope: 'read', tenant: 'acme' }, lead: { name: 'lead', scope: 'admin', tenant: 'acme' } }
const empty = { query: async () => [] }
const full = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'admin.unwritable', 'it cannot be written down'))

describe('a call of the API', () => {
  it('needs a token, and none from a page in a browser', async () => {
    const { ask, deeds } = apiRig({ store: empty }, callers)
    expect(await ask('GET', '/api/v1/alerts', { token: 'nobody' })).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect((await ask('GET', '/api/v1/alerts', { headers: { origin: 'http://127.0.0.1:8080' } })).status).toBe(401)
    expect((await ask('GET', '/api/v1/alerts', { token: 'reader' })).status).toBe(200)
    expect(deeds.map(({ action, actor, tenant }) => [action, actor, tenant])).toEqual([['api.refused', 'watchkeeper', 'default'], ['alert.list', 'page', 'acme']])
  })

  it('finds its route, or hears what there is, which is written down', async () => {
    const { ask, deeds } = apiRig({ store: empty }, callers)
    expect(await ask('PUT', '/api/v1/alerts')).toEqual({ status: 405, headers: expect.objectContaining({ allow: 'GET' }) as object, body: { error: 'this route knows GET' } })
    expect((await ask('GET', '/api/v1/nothing', { token: 'lead' })).status).toBe(404)
    expect(deeds).toMatchObject([
      { action: 'api.unknown', object: 'api', details: { method: 'PUT', path: '/api/v1/alerts', status: '405' } },
      { action: 'api.unknown', tenant: 'acme', actor: 'lead', details: { method: 'GET', path: '/api/v1/nothing', status: '404' } },
    ])
    expect((await ask('GET', '/api/v1/alerts/%ZZ')).status).toBe(400)
    expect((await ask('GET', `/api/v1/alerts/${'0'.repeat(32)}`)).status).toBe(404)
    expect((await ask('GET', '/api/v1/openapi.json', { token: 'nobody' })).status).toBe(200)
  })

  it('is refused above its scope and beyond its tenant, which is written down too', async () => {
    const { ask, deeds } = apiRig({ store: empty }, callers)
    expect(await ask('POST', `/api/v1/alerts/${'0'.repeat(32)}/acknowledge`, { token: 'reader', body: {} })).toMatchObject({ status: 403, body: { error: expect.stringContaining('needs scope triage') as string } })
    expect((await ask('GET', '/api/v1/alerts', { token: 'lead', query: 'tenant=other' })).status).toBe(403)
    expect((await ask('POST', '/api/v1/receivers', { token: 'lead', body: {} })).status).toBe(403)
    expect(deeds).toMatchObject([
      { action: 'alert.acknowledge', actor: 'page', details: { status: '403' } }, { action: 'alert.list', details: { query: 'tenant=other' } }, { action: 'receiver.add', details: { status: '403' } },
    ])
  })

  it('that is refused because it names another tenant in its body is written down', async () => {
    const { ask, deeds } = apiRig({ store: empty }, callers)
    expect((await ask('POST', '/api/v1/holds', { token: 'lead', body: { tenant: 'other', kind: 'tenant', reason: 'x' } })).status).toBe(403)
    expect((await ask('POST', '/api/v1/reports', { token: 'lead', body: { tenant: 'other', controls: ['all'] } })).status).toBe(403)
    expect((await ask('GET', '/api/v1/holds', { token: 'lead', query: 'tenant=other' })).status).toBe(403)
    expect(deeds).toMatchObject(['hold.place', 'report.run', 'hold.list'].map((action) => ({ action, actor: 'lead', tenant: 'acme', details: { status: '403' } })))
  })

  it('cannot make a silence of a time that no table holds', async () => {
    const published: unknown[] = []
    const bus = { publish: async (_topic: unknown, batch: unknown) => void published.push(batch), broadcast: async () => undefined }
    const { ask } = apiRig({ bus }, callers)
    const silence = { matchers: [{ field: 'actor', operator: 'is', value: 'x' }], reason: 'x', hours: 1 }
    for (const starts_at of ['2300-01-01T00:00:00Z', '9000-01-01T00:00:00Z']) {
      expect(await ask('POST', '/api/v1/silences', { token: 'lead', body: { ...silence, starts_at } })).toMatchObject({ status: 400, body: { error: 'starts_at: a silence begins within a year' } })
    }
    expect(published).toEqual([])
    expect((await ask('POST', '/api/v1/silences', { token: 'lead', body: { ...silence, starts_at: '1970-06-01T00:00:00Z' } })).status).toBe(202)
  })

  it('cannot add a receiver under a name of the configuration', async () => {
    const entry = { name: 'desk', kind: 'webhook', fallback: '', messages_per_hour: 60, send_resolved: true, tenants: undefined }
    const added: string[] = []
    const receivers = { notifiers: [], add: ({ name }: { readonly name: string }) => void added.push(name), remove: () => false, test: async () => ({ status: 0, text: '', retryAfterSeconds: undefined }) }
    const { ask } = apiRig({ configured: [entry], receivers }, callers)
    const body = { url: 'http://127.0.0.1:9/', secret: `whsec_${'A'.repeat(32)}`, ttl_seconds: 1 }
    expect((await ask('POST', '/api/v1/receivers', { body: { ...body, name: 'desk' } })).status).toBe(409)
    expect((await ask('POST', '/api/v1/receivers', { body: { ...body, name: 'trial' } })).status).toBe(201)
    expect(added).toEqual(['trial'])
  })

  it('that changes something is written down with how it ended, and not done where it cannot be', async () => {
    const failed: unknown[] = []
    const audit = { during: async <T>(_deed: unknown, work: () => T | Promise<T>): Promise<T> => {
      try {
        return await work()
      } catch (error) {
        failed.push(error)
        throw error
      }
    } }
    expect((await apiRig({ store: empty, audit }, callers).ask('POST', `/api/v1/alerts/${'0'.repeat(32)}/acknowledge`, { body: {} })).status).toBe(404)
    expect(failed).toHaveLength(1)
    const published: unknown[] = []
    const bus = { publish: async (_topic: unknown, batch: unknown) => void published.push(batch), broadcast: async () => undefined }
    const { ask } = apiRig({ bus, audit: { during: full }, lag: async () => [] }, callers)
    expect((await ask('POST', `/api/v1/alerts/${'0'.repeat(32)}/acknowledge`, { body: { tenant: 'acme' } })).status).toBe(503)
    expect(published).toEqual([])
    expect((await ask('GET', '/api/v1/silences')).status).toBe(503)
    expect((await ask('GET', '/api/v1/lag')).status).toBe(200)
  })

  it('orders from a process without tables where it says whose alert it is, and is told that nothing is known yet', async () => {
    const published: { readonly record: unknown }[] = []
    const bus = { publish: async <T>(_topic: unknown, batch: readonly { readonly record: T }[]) => void published.push(...batch), broadcast: async () => undefined }
    const { ask } = apiRig({ bus }, callers)
    const path = `/api/v1/alerts/${'0'.repeat(32)}/acknowledge`
    expect((await ask('POST', path, { body: {} })).status).toBe(400)
    expect(await ask('POST', path, { token: 'lead', headers: { 'if-match': '"7.1.2"' } })).toMatchObject({ status: 202, body: { tenant: 'acme', taken: true } })
    expect(published).toMatchObject([{ key: 'acme', record: { order: 'acknowledge', tenant: 'acme', by: 'lead', expected_version: 7 } }])
    expect((await ask('GET', '/api/v1/alerts')).status).toBe(421)
  })
})

describe('readings in the audit log', () => {
  it('are told once a minute, with their number', async () => {
    const told: Readonly<Record<string, string>>[] = []
    const log = new ReadLog({ audit: { during: async (deed, work) => {
      told.push(deed.details)
      return await work()
    } }, failed: () => undefined })
    const deed = { action: 'alert.list', object: '/api/v1/alerts', tenant: 'acme', actor: 'page', actor_source: 'api.token', details: {} } as const
    for (let n = 0; n < 5; n++) await log.note(deed)
    await log.note({ ...deed, actor: 'other' })
    expect(told).toEqual([{}, {}])
    await log.tell()
    expect(told).toEqual([{}, {}, { repeated: '4' }])
    await log.tell()
    expect(told).toHaveLength(3)
  })

  it('remember so many and no more, and lose none', async () => {
    let told = 0
    const log = new ReadLog({ audit: { during: async (deed, work) => {
      told += Number(deed.details['repeated'] ?? 1)
      return await work()
    } }, failed: () => undefined })
    for (let n = 0; n < 5_000; n++) {
      const deed = { action: 'alert.list', object: String(n), tenant: 'acme', actor: 'page', actor_source: 'api.token', details: {} } as const
      await log.note(deed)
      await log.note(deed)
    }
    await log.tell()
    expect(told).toBe(10_000)
  })
})

it('lists come with commas or again and again, and a name of the prototype is a name', () => {
  const schema = z.strictObject({ status: z.array(z.string()).optional(), text: z.string().optional() })
  expect([...parametersOf('status=a,b&status=c&text=x&text=y,z&__proto__=1&constructor=2', schema)]).toEqual([
    ['status', ['a', 'b', 'c']], ['text', 'y,z'], ['__proto__', '1'], ['constructor', '2'],
  ])
})
