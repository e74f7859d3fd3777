import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { HttpRequest } from '../../schemas/http.ts'
import type { PartitionLag, Row, Store } from '../../schemas/ports.ts'
import { coverageOf } from './coverage.ts'
import { type ApiPorts, createApi } from './handle.ts'
import { quarantineRoutes } from './quarantine.ts'
import { type StatusPorts, statusOf } from './status.ts'

const NONE = 'This process (collector) reaches no tables: ask the archiver.'
const LAG: readonly PartitionLag[] = [{ topic: 'events', group: 'archiver', partition: 0, committed: 3, end: 5 }]
const away = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'x.away', 'ClickHouse at ch:8123 does not answer: look whether it runs.'))
const noBus = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'x.bus', 'Kafka does not answer.'))

function apiOf(store: Pick<Store, 'query'> | undefined, change: Partial<Omit<ApiPorts, 'baselines'> & StatusPorts> = {}) {
  const ports = {
    parts: [{ name: 'collector', notReady: () => '' }], lag: async () => LAG, disk: async () => ({ directory: 'data', free_bytes: 5e9, total_bytes: 1e10, log_bytes: 0, log_max_bytes: 0 }),
    now: () => 7_000_000_000n, startedAt: 2_000_000_000n, versions: { watchkeeper: '1' }, ...change,
  }
  const api = createApi({
    receivers: undefined, metrics: async () => '', token: 'secret', apiUser: () => undefined, audit: { during: async (_deed, work) => await work() },
    status: () => statusOf({ store: store ?? { none: NONE }, ...ports }),
    coverage: store === undefined ? { none: NONE } : () => coverageOf(store, 7_000_000_000n),
    quarantine: store === undefined ? { none: NONE } : quarantineRoutes({ store, bus: { publish: away, broadcast: away }, clock: { now: () => 0n } }),
    baselines: () => undefined, ...ports,
  })
  return async (method: string, path: string, body = '') => {
    const request: HttpRequest = { method, path, query: '', headers: new Map([['authorization', 'Bearer secret']]), peer: '', body: Buffer.from(body) }
    const answer = await api(request)
    return { status: answer.status, body: answer.body === '' ? undefined : JSON.parse(String(answer.body)) as unknown }
  }
}

describe('API of a process that reaches no tables', () => {
  it('says how the process is, and what it cannot say and who can', async () => {
    expect(await apiOf(undefined)('GET', '/api/status')).toEqual({ status: 200, body: {
      healthy: true, problems: [], at: '1970-01-01T00:00:07.000Z', uptime_seconds: 5, versions: { watchkeeper: '1' },
      lag: [{ topic: 'events', group: 'archiver', lag: 2, partitions: 1 }],
      disk: { directory: 'data', free_bytes: 5e9, total_bytes: 1e10, log_bytes: 0, log_max_bytes: 0 }, not_known: NONE,
    } })
  })

  it.each([['GET', '/api/coverage'], ['GET', '/api/v1/quarantine'], ['GET', `/api/v1/quarantine/${'a'.repeat(32)}`], ['POST', '/api/v1/quarantine/replay'], ['POST', '/api/v1/quarantine/discard']])(
    'sends %s %s to a process that has them', async (method, path) => {
      expect(await apiOf(undefined)(method, path, '{}')).toEqual({ status: 421, body: { error: NONE } })
    },
  )

  it('says where receivers are taken, and that there are no other routes', async () => {
    const ask = apiOf(undefined)
    for (const [method, path] of [['POST', '/api/v1/receivers'], ['DELETE', '/api/v1/receivers/x']] as const) {
      expect(await ask(method, path, '{}')).toMatchObject({ status: 421, body: { error: expect.stringContaining('watchkeeper alerter') } })
    }
    for (const path of ['/api/v1/quarantines', '/api/v1/receiversx', '/x']) expect(await ask('GET', path)).toEqual({ status: 404, body: { error: 'no such route' } })
    expect(await ask('GET', '/')).toMatchObject({ body: { routes: ['/healthz', '/readyz', '/metrics', '/api/v1/lag', '/api/v1/baselines', '/api/status'] } })
  })
})

describe('status', () => {
  it('says what is known where tables or bus do not answer, and calls that a problem', async () => {
    expect(await apiOf({ query: away }, { lag: noBus })('GET', '/api/status')).toMatchObject({ status: 200, body: {
      healthy: false, problems: ['Kafka does not answer.', 'ClickHouse at ch:8123 does not answer: look whether it runs.'], lag: [],
      not_known: 'ClickHouse at ch:8123 does not answer: look whether it runs.',
    } })
    const parts = [{ name: 'collector', notReady: () => 'the log is full' }]
    expect(await apiOf(undefined, { parts })('GET', '/api/status')).toMatchObject({ body: { healthy: false, problems: ['collector is not ready: the log is full'] } })
  })

  it('has everything where tables answer', async () => {
    const query = async (sql: string): Promise<readonly Row[]> => (sql.includes('system.parts') ? [{ table: 'audit_events', n: 3n, bytes: 10n, parts: 1n }] : sql.includes('version()') ? [{ version: '26', merges: 0n }] : [])
    const { body } = await apiOf({ query })('GET', '/api/status')
    expect(body).toMatchObject({ healthy: true, disk: { tables_bytes: 10 }, versions: { watchkeeper: '1', clickhouse: '26' }, tables: [{ table: 'audit_events', rows: 3 }] })
    expect(body).not.toHaveProperty('not_known')
  })

  it('hides no defect', async () => {
    await expect(apiOf({ query: async () => Promise.reject(new TypeError('x')) })('GET', '/api/status')).rejects.toThrow(TypeError)
  })
})
