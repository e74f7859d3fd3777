/** Reports and incident packs through the API: whose they are, what is written down, what a wrong wish is answered. */
import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { ApiPorts } from '../../services/api/ports.ts'
import type { IncidentsPort, PackWish, ReportsPort, ReportWish } from '../../services/api/report-port.ts'
import { apiRig } from './rig.ts'

const CALLERS = {
  acme: { name: 'acme-triage', scope: 'triage', tenant: 'acme' }, reader: { name: 'acme-read', scope: 'read', tenant: 'acme' }, globex: { name: 'globex-triage', scope: 'triage', tenant: 'globex' },
} as const
const ID = 'a'.repeat(32)

function ports() {
  const [wishes, listed, packs]: [ReportWish[], (string | undefined)[], PackWish[]] = [[], [], []]
  const reports: ReportsPort = {
    async run(wish, by) {
      wishes.push(wish)
      if (wish.controls.includes('nonsense')) throw new Failure('rejected', 'report.control', 'There is no such control.')
      return { tenant: wish.tenant, made_by: by }
    },
    again: async (wish) => ({ tenant: wish.tenant }),
    async list({ tenant }) {
      listed.push(tenant)
      return []
    },
    files: async ({ tenant, id }) => (tenant === 'globex' || id !== ID ? undefined : { files: new Map([['report.json', '{}\n']]) }),
    schedules: async (tenant) => [{ tenant }],
  }
  const incidents: IncidentsPort = {
    async pack(wish) {
      packs.push(wish)
      if (wish.tenant === 'globex') return undefined
      return (async function* pieces() {
        yield { path: 'README.txt', text: 'a' }
        yield { path: 'README.txt', text: 'b' }
      })()
    },
  }
  return { reports, incidents, wishes, listed, packs }
}

/** The body of an answer that comes in pieces. */
async function streamed(change: Partial<ApiPorts>, token: string, method: string, path: string, body: unknown): Promise<{ readonly status: number; readonly lines: string[] }> {
  const { api } = apiRig(change, CALLERS)
  const headers = new Map([['authorization', `Bearer ${token}`]])
  const answer = await api.handle({ method, path, query: '', headers, peer: '127.0.0.1', body: Buffer.from(body === undefined ? '' : JSON.stringify(body)) })
  let text = ''
  if (typeof answer.body === 'object' && Symbol.asyncIterator in answer.body) for await (const chunk of answer.body) text += String(chunk)
  else text = String(answer.body)
  return { status: answer.status, lines: text.split('\n').filter((line) => line !== '') }
}

describe('API of reports', () => {
  it('makes reports of the token\'s own tenant, and writes that down', async () => {
    const { wishes, ...given } = ports()
    const { ask, deeds } = apiRig(given, CALLERS)
    expect(await ask('POST', '/api/v1/reports', { token: 'acme', body: { controls: ['gdpr'] } })).toMatchObject({ status: 200, body: { tenant: 'acme', made_by: 'acme-triage' } })
    expect((await ask('POST', '/api/v1/reports', { token: 'acme', body: { controls: ['gdpr'], tenant: 'globex' } })).status).toBe(403)
    expect((await ask('POST', '/api/v1/reports', { token: 'reader', body: { controls: ['gdpr'] } })).status).toBe(403)
    expect((await ask('POST', '/api/v1/reports', { body: { controls: ['gdpr'], tenant: 'globex' } })).body).toMatchObject({ tenant: 'globex' })
    expect(wishes.map(({ tenant }) => tenant)).toEqual(['acme', 'globex'])
    expect(deeds.filter(({ action, details }) => action === 'report.run' && details['refused'] === undefined).map(({ tenant, actor, details }) => [tenant, actor, details['controls']]))
      .toEqual(expect.arrayContaining([['acme', 'acme-triage', 'gdpr'], ['globex', 'api.token', 'gdpr']]))
  })

  it('answers a wish that makes no sense with what is wrong', async () => {
    const { ask } = apiRig(ports(), CALLERS)
    expect(await ask('POST', '/api/v1/reports', { body: { controls: ['nonsense'] } })).toMatchObject({ status: 400, body: { error: 'There is no such control.' } })
    expect((await ask('POST', '/api/v1/reports', { body: { controls: [] } })).status).toBe(400)
    expect((await ask('POST', '/api/v1/reports', { body: { controls: ['gdpr'], from: 'yesterday' } })).status).toBe(400)
    expect((await apiRig({}, CALLERS).ask('GET', '/api/v1/reports')).status).toBe(421)
  })

  it('lists, schedules and files are of the token\'s own tenant', async () => {
    const { listed, ...given } = ports()
    const { ask } = apiRig(given, CALLERS)
    expect((await ask('GET', '/api/v1/reports', { token: 'reader' })).status).toBe(200)
    expect((await ask('GET', '/api/v1/reports', { token: 'reader', query: 'tenant=globex' })).status).toBe(403)
    expect((await ask('GET', '/api/v1/reports/schedules', { token: 'globex' })).body).toEqual({ schedules: [{ tenant: 'globex' }] })
    expect(listed).toEqual(['acme'])
    expect((await ask('GET', `/api/v1/reports/${ID}/files`, { token: 'globex' })).status).toBe(404)
    expect(await streamed(given, 'reader', 'GET', `/api/v1/reports/${ID}/files`, undefined)).toEqual({ status: 200, lines: ['{"path":"report.json","text":"{}\\n"}', '{"end":1}'] })
  })

  it('packs incidents of the token\'s own tenant, with a reason', async () => {
    const { packs, ...given } = ports()
    const { ask } = apiRig(given, CALLERS)
    expect((await ask('POST', '/api/v1/incidents', { token: 'acme', body: { alert_id: ID } })).status).toBe(400)
    expect((await ask('POST', '/api/v1/incidents', { token: 'globex', body: { alert_id: ID, why: 'w' } })).status).toBe(404)
    expect((await ask('POST', '/api/v1/incidents', { token: 'reader', body: { alert_id: ID, why: 'w' } })).status).toBe(403)
    expect(await streamed(given, 'acme', 'POST', '/api/v1/incidents', { alert_id: ID, why: 'w' })).toEqual({
      status: 200, lines: ['{"path":"README.txt","text":"a"}', '{"path":"README.txt","text":"b"}', '{"end":1}'],
    })
    expect(packs.map(({ tenant }) => tenant)).toEqual(['globex', 'acme'])
  })
})
