/** Quarantine over the real parts: what was put aside goes back once, counts stay exact, decisions are kept, and status tells of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { arm, type Armed, type Rule } from '../../detectors/detector.ts'
import { z } from 'zod'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import { WINDOW_NS } from '../../schemas/conservation.ts'
import { Failure } from '../../schemas/failure.ts'
import type { MetricPoint } from '../../schemas/metric-point.ts'
import type { HttpHandler } from '../../schemas/http.ts'
import { exampleInteraction } from '../../schemas/interaction.ts'
import type { Log, Row, Service, Store, StoredEvent } from '../../schemas/ports.ts'
import { eventKey } from '../../schemas/record-key.ts'
import { EventRecord, events, interactions, metrics } from '../../schemas/topics.ts'
import { apiRig, TOKEN } from '../api/rig.ts'
import { QuarantineDesk } from '../../services/api/quarantine-desk.ts'
import { type FullStatus, statusOf } from '../../services/api/status.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createConservation } from '../../services/conservation/service.ts'
import { WORKER_DEFAULTS } from '../../services/worker/contracts.ts'
import { createWorker } from '../../services/worker/service.ts'
import { workerTelemetry } from '../../services/worker/telemetry.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const SECOND = 1_000_000_000n
const START = 1_795_225_800n * SECOND - ((1_795_225_800n * SECOND) % WINDOW_NS)

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let services: readonly Service[] = []
let api: HttpHandler
let now = START
let deeds: readonly AdminDeed[] = []

/** What is to be repaired in this test: a store that refuses rows of a tool, and a detector with a bug. */
const broken = { tool: 'refused', detector: true }

const rule: Rule<Record<string, never>> = {
  id: 'test-detector', version: 1, title: 't', description: 'd', severity: 'low', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [],
  maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
}
const detector: Armed = arm({
  rule,
  observe(event: AuditEvent) {
    if (event.tool !== 'judged') return []
    if (broken.detector) throw new TypeError('a bug')
    return [{ about: [event.event_id], severity: 'low', title: 'seen', observed: 'it', expected: 'not', reasons: [] }]
  },
}, {})

/** The store, refusing as a constraint would. */
function refusing(inner: ClickHouseStore): Store {
  const isBad = ({ bytes }: StoredEvent): boolean => bytes.includes(`${broken.tool}\u0000`) || bytes.includes(broken.tool)
  return {
    migrate: () => inner.migrate(),
    insertEvents(rows, token) {
      if (rows.some(isBad)) throw new Failure('rejected', 'store.row', 'ClickHouse did not take rows for audit_events: VIOLATED_CONSTRAINT (469)')
      return inner.insertEvents(rows, token)
    },
    insertRows(table, rows, token) {
      if ((table === 'interactions' || table === 'mcp_metrics') && rows.some((row) => row['tool'] === broken.tool)) throw new Failure('rejected', 'store.row', 'ClickHouse did not take it')
      return inner.insertRows(table, rows, token)
    },
    insertLeaves: (runs, token) => inner.insertLeaves(runs, token),
    places: (tenant, ids) => inner.places(tenant, ids),
    eventIdsFrom: (partition, offset) => inner.eventIdsFrom(partition, offset),
    query: (sql, parameters) => inner.query(sql, parameters),
    close: () => inner.close(),
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-quarantine-'))
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock: { now: () => START } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), quiet)
  const limits = { records: 1_000, milliseconds: 5 }
  services = [
    createArchiver({ events: limits, others: limits }, { bus, store: refusing(store), snapshots, log }),
    createWorker(WORKER_DEFAULTS, [detector], { bus, snapshots, keyedHash: await openKeyedHash(directory), telemetry: workerTelemetry(log) }),
  ]
  for (const service of services) await service.start()
  const clock = { now: () => now }
  const rig = apiRig({
    parts: services, lag: () => bus.lag(), store, bus, clock, quarantine: new QuarantineDesk({ store, bus, clock }),
    status: () => statusOf({
      parts: services, store, lag: () => bus.lag(), now: () => now, startedAt: START, versions: { watchkeeper: '1' },
      disk: async () => ({ directory, free_bytes: 5e9, total_bytes: 1e10, log_bytes: 1, log_max_bytes: 100 }),
    }),
  })
  api = rig.api.handle
  deeds = rig.deeds
})
afterAll(async () => {
  for (const service of [...services].reverse()) await service.stop()
  await bus.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

let nextId = 1
const event = (change: Partial<AuditEvent>): AuditEvent =>
  ({ ...exampleAuditEvent, event_id: (nextId++).toString(16).padStart(32, '0'), received_at: now, source: 'shop', ...change })
const record = (value: AuditEvent) => ({ key: eventKey(value), record: EventRecord.of(encodeCanonical(value).bytes) })

async function settle(): Promise<void> {
  // What a reader publishes is there before it commits, so twice over nothing is on its way.
  for (let quietRounds = 0; quietRounds < 3;) {
    const lags = await bus.lag()
    quietRounds = lags.every(({ committed, end }) => committed === end) ? quietRounds + 1 : 0
    await new Promise(setImmediate)
  }
}

async function ask(method: string, target: string, body?: unknown, token = TOKEN): Promise<{ readonly status: number; readonly body: unknown }> {
  const [path = '', query = ''] = target.split('?')
  const response = await api({
    method, path, query, peer: '127.0.0.1', headers: new Map([['authorization', `Bearer ${token}`]]), body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  })
  return { status: response.status, body: JSON.parse(String(response.body)) }
}

interface ListBody {
  readonly total: number
  readonly entries: readonly { readonly quarantine_id: string; readonly state: string; readonly source: string; readonly stage: string; readonly bytes: number; readonly quarantined_at: string }[]
}
const list = async (query: string): Promise<ListBody> => (await ask('GET', `/api/v1/quarantine?${query}`)).body as ListBody
const decide = async (action: string, filter: object, why = '') => (await ask('POST', `/api/v1/quarantine/${action}`, { filter, by: 'ann', why })).body as { readonly counts: object }
const rows = async (sql: string): Promise<Row[]> => (await store.query(sql)).map((row) => ({ ...row }))
const ledger = () => rows(`SELECT toInt64(sum(taken)) AS taken, toInt64(sum(stored)) AS stored, toInt64(sum(duplicate)) AS duplicate, toInt64(sum(quarantined)) AS quarantined
  FROM watchkeeper.archive_ledger FINAL WHERE source IN ('shop', '')`)

describe('quarantine', () => {
  it('puts a refused row in its own place once the store takes it, however often it is asked', async () => {
    await bus.publish(events, [record(event({ tool: 'fine' })), record(event({ tool: 'refused' })), record(event({ tool: 'fine' }))])
    await settle()
    const { total, entries } = await list('reason=refused_row&source=shop')
    expect([total, entries]).toMatchObject([1, [{ state: 'waiting', stage: 'archiver', quarantined_at: new Date(Number(now / 1_000_000n)).toISOString() }]])
    expect(await ledger()).toEqual([{ taken: 3n, stored: 2n, duplicate: 0n, quarantined: 1n }])

    // Too early: it is refused again, and waits as before.
    expect((await decide('replay', { reason: 'refused_row' })).counts).toEqual({ replayed: 1 })
    await settle()
    expect((await list('reason=refused_row')).entries).toMatchObject([{ state: 'waiting' }])

    broken.tool = 'nothing'
    expect((await decide('replay', { reason: 'refused_row' }, 'constraint dropped')).counts).toEqual({ replayed: 1 })
    expect((await decide('replay', { reason: 'refused_row', state: 'all' })).counts).toEqual({ already_replayed: 1 })
    await settle()
    expect((await decide('replay', { reason: 'refused_row', state: 'all' })).counts).toEqual({ already_replayed: 1 })
    await settle()
    expect(await rows("SELECT tool, offset, offset_index FROM watchkeeper.audit_events WHERE source = 'shop' ORDER BY offset, offset_index")).toEqual([
      { tool: 'fine', offset: 0n, offset_index: 0 }, { tool: 'refused', offset: 0n, offset_index: 1 }, { tool: 'fine', offset: 0n, offset_index: 2 }])
    expect(await ledger()).toEqual([{ taken: 3n, stored: 3n, duplicate: 0n, quarantined: 0n }])
    expect(await rows(`SELECT step, action, by, why FROM watchkeeper.quarantine_actions WHERE quarantine_id = '${entries[0]?.quarantine_id}' ORDER BY step`)).toEqual([
      { step: 1, action: 'replay', by: 'ann', why: '' }, { step: 2, action: 'return', by: 'archiver', why: 'the store refused it again' },
      { step: 3, action: 'replay', by: 'ann', why: 'constraint dropped' }])
    expect(deeds.findLast(({ action }) => action === 'quarantine.replay')).toMatchObject({ action: 'quarantine.replay', actor: 'api.token', details: { by: 'ann' } })
  }, 30_000)

  it('puts refused rows of other topics back too', async () => {
    broken.tool = 'refused'
    await bus.publish(interactions, [{ key: 'x', record: { ...exampleInteraction, tool: 'refused' } }])
    await settle()
    expect((await list('topic=interactions')).total).toBe(1)
    broken.tool = 'nothing'
    await decide('replay', { topic: 'interactions' })
    await settle()
    expect(await rows("SELECT count() AS n FROM watchkeeper.interactions WHERE tool = 'refused'")).toEqual([{ n: 1n }])
    expect((await list('topic=interactions')).total).toBe(0)
  }, 30_000)

  it('puts refused metric points back, and counts each once: as stored, or as duplicate where it was sent again meanwhile', async () => {
    const pointOf = (n: number): MetricPoint => ({
      point_id: String(n).padStart(32, '0'), tenant: 'default', metric: 'mcp.server.operation.duration', unit: 's', kind: 'histogram', temporality: 'delta', source: 'gauge',
      method: 'tools/call', tool: 'refused', server: '', started_at: START, at: START, received_at: START + BigInt(n), count: 1n, sum: 1, value_seconds: 1, attributes: new Map(),
    })
    const send = (...points: MetricPoint[]) => bus.publish(metrics, points.map((record) => ({ key: record.point_id, record })))
    const account = () => rows("SELECT sum(taken) AS taken, sum(stored) AS stored, sum(duplicate) AS duplicate, sum(quarantined) AS quarantined FROM watchkeeper.archive_ledger WHERE points")
    broken.tool = 'refused'
    await send(pointOf(1), pointOf(2))
    await settle()
    expect(await account()).toEqual([{ taken: 2n, stored: 0n, duplicate: 0n, quarantined: 2n }])
    broken.tool = 'nothing'
    await send({ ...pointOf(2), received_at: START + 9n })
    await settle()
    for (const _time of [1, 2]) await decide('replay', { topic: 'metrics', state: 'all' })
    await settle()
    expect(await account()).toEqual([{ taken: 3n, stored: 2n, duplicate: 1n, quarantined: 0n }])
    expect(await rows("SELECT point_id, received_at FROM watchkeeper.mcp_metrics WHERE source = 'gauge' ORDER BY point_id")).toEqual([
      { point_id: pointOf(1).point_id, received_at: START + 1n }, { point_id: pointOf(2).point_id, received_at: START + 9n }])
  }, 30_000)

  it('leaves what is still unreadable where it is, and says so', async () => {
    const evil = Buffer.from('\u001b]0;owned\u0007 no record \u202e')
    await bus.publish(events, [record(event({ tool: 'fine' })), { key: 'x', record: EventRecord.of(evil) }])
    await settle()
    const { entries } = await list('reason=undecodable_record&stage=archiver')
    expect(entries.length).toBe(1)
    expect(await decide('replay', { reason: 'undecodable_record' })).toMatchObject({ counts: { still_unreadable: 2 } })
    const shown = await ask('GET', `/api/v1/quarantine/${entries[0]?.quarantine_id}`)
    expect(shown.body).toMatchObject({ payload: evil.toString('base64'), actions: [] })
    await settle()
    expect(await ledger()).toEqual([{ taken: 5n, stored: 4n, duplicate: 0n, quarantined: 1n }])
  }, 30_000)

  it('sends a record that can be read after all through the topic once for all stages, and counts it once', async () => {
    // As an older version would have put it aside: both stages, same place, bytes that this version reads.
    const late = event({ tool: 'fine', trace_id: 'ab'.repeat(16) })
    const payload = encodeCanonical(late).bytes.toString('base64')
    const put = (stage: string, id: string) => ({
      quarantine_id: id.repeat(32), tenant: '', source: '', stage, reason: 'undecodable_record', detector: '', detail: 'x', topic: 'events', partition: 0, offset: 900,
      offset_index: 0, payload, quarantined_at: now,
    })
    await store.insertRows('quarantine', [put('archiver', 'a'), put('worker', 'b')], 'older')
    await store.insertRows('archive_ledger', [{ batch: '0:900-901', points: false, tenant: '', source: '', window_start: now - (now % WINDOW_NS), taken: 1, stored: 0, duplicate: 0, conflict: 0, quarantined: 1 }], 'older')
    expect((await decide('replay', { ids: ['a'.repeat(32), 'b'.repeat(32)] })).counts).toEqual({ replayed: 1, already_replayed: 1 })
    await settle()
    expect((await decide('replay', { ids: ['a'.repeat(32), 'b'.repeat(32)], state: 'all' })).counts).toEqual({ already_replayed: 2 })
    await settle()
    expect(await rows(`SELECT count() AS n FROM watchkeeper.audit_events WHERE event_id = '${late.event_id}'`)).toEqual([{ n: 1n }])
    expect(await ledger()).toEqual([{ taken: 6n, stored: 5n, duplicate: 0n, quarantined: 1n }])
  }, 30_000)

  it('has the detector judge again what it failed on, and gives it back where it fails again', async () => {
    await bus.publish(events, [record(event({ tool: 'judged' }))])
    await settle()
    const waiting = 'reason=defect&stage=worker'
    expect((await list(waiting)).total).toBe(1)
    await decide('replay', { reason: 'defect' })
    await settle()
    expect((await list(waiting)).total).toBe(1)
    broken.detector = false
    await decide('replay', { reason: 'defect' })
    await decide('replay', { reason: 'defect', state: 'all' })
    await settle()
    expect((await list(waiting)).total).toBe(0)
    expect(await rows("SELECT count() AS n FROM watchkeeper.findings WHERE detector = 'test-detector'")).toEqual([{ n: 1n }])
  }, 30_000)

  it('keeps who discarded what and why, and the record itself', async () => {
    expect((await decide('discard', { reason: 'undecodable_record' }, 'test bytes')).counts).toEqual({ discarded: 2 })
    await settle()
    expect((await decide('replay', { reason: 'undecodable_record', stage: 'archiver', state: 'discarded' })).counts).toEqual({ already_discarded: 1 })
    await settle()
    expect(await rows("SELECT state, decided_by, decided_why, payload != '' AS kept FROM watchkeeper.quarantine WHERE state = 'discarded'")).toEqual(
      Array(2).fill({ state: 'discarded', decided_by: 'ann', decided_why: 'test bytes', kept: 1 }))
  }, 30_000)

  it('refuses bad questions and strangers', async () => {
    expect((await ask('GET', '/api/v1/quarantine?reason=none')).status).toBe(400)
    expect((await ask('GET', '/api/v1/quarantine?limit=0')).status).toBe(400)
    expect((await ask('POST', '/api/v1/quarantine/replay', { filter: {}, by: '', why: '' })).status).toBe(400)
    expect((await ask('GET', `/api/v1/quarantine/${'f'.repeat(32)}`)).status).toBe(404)
    for (const [method, path] of [['GET', '/api/v1/quarantine'], ['POST', '/api/v1/quarantine/replay'], ['GET', '/api/status']] as const) {
      expect((await ask(method, path, undefined, 'other')).status).toBe(401)
    }
  })

  it('is told by status, beside everything else, and not as an illness', async () => {
    const jobs = createConservation({ allowanceNs: 0n, recentNs: 600n * SECOND, patienceMs: 10_000 }, { bus, store, clock: { now: () => now }, log })
    now += 5n * SECOND
    await jobs[0]?.run()
    const { status, body } = await ask('GET', '/api/status')
    if (status !== 200) console.error(body)
    expect(status).toBe(200)
    const page = body as FullStatus
    expect(page).toMatchObject({
      healthy: true, problems: [], uptime_seconds: 5, disk: { free_bytes: 5e9 }, alerts: { unacknowledged: 0, oldest_unacknowledged_at: '' }, conservation: { verdict: 'unknown' },
      quarantine: expect.arrayContaining([{ reason: 'undecodable_record', waiting: 0, replayed: 2, discarded: 2 }, { reason: 'refused_row', waiting: 0, replayed: 4, discarded: 0 }]),
      sources: [{ tenant: 'default', source: 'shop', events: 6, silent_seconds: 5 }], throughput: { stored_per_second: 0.1 },
    })
    expect(page.lag.find(({ group, topic }) => group === 'archiver' && topic === 'events')).toEqual({ topic: 'events', group: 'archiver', lag: 0, partitions: 1 })
    expect(page.tables.find(({ table }) => table === 'audit_events')?.rows).toBe(6)
  }, 30_000)
})
