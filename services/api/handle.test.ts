import { describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import type { PartitionLag, Row, Store } from '../../schemas/ports.ts'
import { apiRig } from '../../test/api/rig.ts'
import type { ApiPorts } from './ports.ts'
import { QuarantineDesk } from './quarantine-desk.ts'
import { statusOf } from './status.ts'

const NONE = 'This process (collector) reaches no tables: ask the archiver.'
const NO_ALERTER = 'ask the one that runs watchkeeper alerter.'
const LAG: readonly PartitionLag[] = [{ topic: 'events', group: 'archiver', partition: 0, committed: 3, end: 5 }]
const away = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'x.away', 'ClickHouse at ch:8123 does not answer: look whether it runs.'))
const noBus = async (): Promise<never> => Promise.reject(new Failure('unavailable', 'x.bus', 'Kafka does not answer.'))

function apiOf(store: Pick<Store, 'query'> | undefined, change: Partial<Pick<ApiPorts, 'parts' | 'lag'>> = {}) {
  const ports = {
    parts: [{ name: 'collector', notReady: () => '' }], lag: async () => LAG, disk: async () => ({ directory: 'data', free_bytes: 5e9, total_bytes: 1e10, log_bytes: 0, log_max_bytes: 0 }),
    now: () => 7_000_000_000n, startedAt: 2_000_000_000n, versions: { watchkeeper: '1' }, ...change,
  }
  const clock = { now: () => 7_000_000_000n }
  const { ask } = apiRig({
    parts: ports.parts, lag: ports.lag, receivers: { none: NO_ALERTER }, status: (tenant) => statusOf({ store: store ?? { none: NONE }, ...ports }, tenant), store: store ?? { none: NONE }, clock,
    quarantine: store === undefined ? { none: NONE } : new QuarantineDesk({ store, bus: { publish: away, broadcast: away }, clock }),
  })
  return async (method: string, path: string, body = '') => {
    const { status, body: said } = await ask(method, path, { body })
    return { status, body: said }
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
      expect(await apiOf(undefined)(method, path, JSON.stringify({ filter: {}, by: 'ann', why: '' }))).toEqual({ status: 421, body: { error: NONE } })
    },
  )

  it('says where receivers are taken, and that there are no other routes', async () => {
    const ask = apiOf(undefined)
    const receiver = JSON.stringify({ name: 'x', url: 'http://127.0.0.1:9/', secret: `whsec_${'A'.repeat(32)}`, ttl_seconds: 5 })
    for (const [method, path] of [['POST', '/api/v1/receivers'], ['DELETE', '/api/v1/receivers/x']] as const) {
      expect(await ask(method, path, receiver)).toMatchObject({ status: 421, body: { error: expect.stringContaining('watchkeeper alerter') } })
    }
    for (const path of ['/api/v1/quarantines', '/api/v1/receiversx', '/x']) expect(await ask('GET', path)).toEqual({ status: 404, body: { error: 'no such route' } })
    expect(await ask('GET', '/')).toMatchObject({ body: { routes: expect.arrayContaining(['/healthz', '/readyz', '/metrics', '/api/v1/alerts', '/api/status']) as string[] } })
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
