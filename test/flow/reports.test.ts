/** Recorded OTLP through collector, log and archiver into tables, and reports of it: the same bytes again after merges, late records and other tenants' doings; hostile texts; schedules through kills. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { openServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { cronCalendar } from '../../infra/cron/calendar.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openReportFiles } from '../../infra/report-files/report-files.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import { verifierOf } from '../../schemas/note.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import { decodeTracesJson } from '../../services/collector/otlp/json/traces.ts'
import { decodeTraces } from '../../services/collector/otlp/protobuf/traces.ts'
import { createPipeline } from '../../services/collector/pipeline.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { ruleTexts } from '../../services/detector-list.ts'
import { checkFiles } from '../../services/reports/check.ts'
import type { ReportPorts } from '../../services/reports/contracts.ts'
import { ReportDesk } from '../../services/reports/desk.ts'
import { makeReport, type ReportOrder } from '../../services/reports/make.ts'
import { ReportSchedules, type Schedule } from '../../services/reports/schedule.ts'
import { startShim } from '../clickhouse-shim/shim.ts'

const SECOND = 1_000_000_000n
const HOSTILE = '</td><script>alert(1)</script><img src=x onerror=alert(1)> \u202egnp.exe\u0000\u001b[31mred\u001b[0m "&amp;\'; DROP TABLE x --'
const quiet = (): void => undefined
const said: string[] = []
const log: Log = { debug: quiet, info: quiet, warn: (_, message) => said.push(message), error: (_, message) => said.push(message) }
const { privateKey } = generateKeyPairSync('ed25519')
const signer = { name: 'watchkeeper.test/1', privateKey }
const KEYS = [verifierOf(signer.name, privateKey)]

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let archiver: Service
let ingest: ReturnType<typeof createPipeline>
const start = BigInt(Date.now()) * 1_000_000n - 3_600n * SECOND
/** Moved by hand; what comes into the tables is dated by the engine's own. */
let now = start
let asOf = start
const deeds: AdminDeed[] = []

async function open(): Promise<void> {
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 2, clock: { now: () => now } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  ingest = createPipeline({
    bus, normaliser: createNormaliser({ mcpPaths: ['/mcp'] }), redactor: createRedactor(await openKeyedHash(directory)), telemetry: { received: quiet, receivedMetrics: quiet },
  })
  const limits = { records: 10_000, milliseconds: 20 }
  archiver = createArchiver({ events: limits, others: limits, rules: ruleTexts() }, { bus, store, snapshots: await openFileSnapshots(join(directory, 'state'), quiet), log })
  await archiver.start()
}

async function archived(): Promise<void> {
  await bus.broadcast(events, EventRecord.tick(now))
  while (!(await bus.lag()).filter(({ group }) => group === 'archiver').every(({ committed, end }) => committed === end)) await new Promise(setImmediate)
}

async function send(tenant: string, emitter: string): Promise<void> {
  const folder = `test/fixtures/otlp/${emitter}`
  for (const name of readdirSync(folder).filter((one) => one.endsWith('_traces.bin')).sort()) {
    const body = readFileSync(`${folder}/${name}`)
    const traces = body[0] === 0x7b ? decodeTracesJson(body, DECODE_LIMITS) : decodeTraces(body, DECODE_LIMITS)
    await ingest.traces(traces, { tenant, transport: 'test', peer: '127.0.0.1', receivedAt: (now += SECOND) })
  }
}

let sent = 0
const event = (change: Partial<AuditEvent>): AuditEvent =>
  ({ ...exampleAuditEvent, event_id: (++sent).toString(16).padStart(32, 'e'), started_at: now, ended_at: now, received_at: now, ...change })
const publish = (made: readonly AuditEvent[]): Promise<void> => bus.publish(events, EventRecord.together(made).map((record) => ({ key: 'k', record })))
const finding = (n: number, change: object): object => ({ ...exampleFinding, finding_id: n.toString(16).padStart(32, 'f'), created_at: now, window_end: now, ...change })

const ports = (): ReportPorts => ({
  store, clock: { now: () => now }, files: openReportFiles(join(directory, 'reports')), lag: () => bus.lag(), signer: () => Promise.resolve(signer), host: 'host', log,
  audit: { during: async (deed, work) => (deeds.push(deed), work()) },
})
const orderOf = (tenant: string, change: Partial<ReportOrder> = {}): ReportOrder =>
  ({ tenant, controls: ['all'], title: `All controls ${HOSTILE}`, from: start, to: asOf, asOf, ...change })
const bytesOf = async (place: string): Promise<ReadonlyMap<string, string>> => (await openReportFiles(join(directory, 'reports')).read(place)) ?? new Map()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watchkeeper-reports-'))
  await open()
  for (const emitter of ['fastmcp', 'shinzo-ts']) await send('acme', emitter)
  await send('globex', 'fastmcp')
  await publish([
    event({ tenant: 'acme', actor: HOSTILE, principal: HOSTILE, tool: HOSTILE, server: HOSTILE, outcome: 'denied', token_fingerprint: 'shared', scopes: [HOSTILE] }),
    event({ tenant: 'acme', actor: 'bea', principal: 'bea', token_fingerprint: 'shared', source: HOSTILE }),
    event({ tenant: 'globex', actor: 'only-at-globex', principal: 'only-at-globex', tool: 'globex-tool', server: 'globex-server', outcome: 'denied' }),
  ])
  await archived()
  await store.insertRows('findings', [
    finding(1, { tenant: 'acme', severity: 'critical', server: HOSTILE, tool: HOSTILE }), finding(2, { tenant: 'globex', severity: 'high', server: 'globex-server' }),
  ] as never, 'findings-1')
  asOf = BigInt(Date.now() + 1) * 1_000_000n
  now = asOf + 120n * SECOND
  while (BigInt(Date.now()) * 1_000_000n <= asOf + 2_000_000n) await new Promise((resolve) => setTimeout(resolve, 1))
})
afterAll(async () => {
  await archiver.stop()
  await bus.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

describe('reports', () => {
  it('say what recorded telemetry shows, for one tenant alone', async () => {
    const { manifest, answers } = await makeReport(orderOf('acme'), store)
    const rowsOf = (question: string) => answers.find(({ facts }) => facts.question === question)?.rows ?? []
    const [stored] = await store.query("SELECT count() AS n FROM watchkeeper.audit_events WHERE tenant = 'acme' AND NOT server_internal")
    expect(rowsOf('sources').reduce((sum, row) => sum + Number(row[2]), 0)).toBe(Number(stored?.['n']))
    expect(rowsOf('grave-findings').map((row) => row[4])).toEqual([HOSTILE])
    expect(rowsOf('shared-credentials').map((row) => row.slice(0, 2))).toEqual([['shared', 2]])
    expect(rowsOf('rules-in-force').length).toBe(ruleTexts().length)
    expect(rowsOf('blind-rules').find((row) => row[3] === 'scopes')?.[4]).toContain('new-scope')
    expect(manifest.controls.length).toBeGreaterThan(30)
    expect(answers.map(({ jsonl }) => jsonl).join('')).not.toContain('globex')
    const other = await makeReport(orderOf('globex'), store)
    expect(JSON.stringify(other.answers.map(({ rows }) => rows))).toContain('only-at-globex')
    expect(JSON.stringify(other.answers.map(({ rows }) => rows))).not.toMatch(/shinzo|"bea"|"shared"/)
  })

  it('a tenant that is none, or tries to be two, sees nothing of anybody', async () => {
    for (const tenant of ["acme' OR '1'='1", '', '%', 'ACME', "acme\\", 'nobody']) {
      const { answers } = await makeReport(orderOf(tenant), store)
      const own = answers.filter(({ facts }) => !['rules-in-force', 'signed-states', 'anchors'].includes(facts.question))
      expect(own.filter(({ rows }) => rows.length > 0).map(({ facts }) => facts.question), tenant).toEqual([])
    }
  })

  it('are the same bytes again, after merges, late records of this and other tenants, and new findings', async () => {
    const desk = new ReportDesk(ports())
    const first = await desk.run(orderOf('acme'), { by: 'ann', schedule: '' })
    expect(first).toMatchObject({ outcome: 'done', made_by: 'ann', tenant: 'acme' })
    const before = await bytesOf(first.directory)

    now += 60n * SECOND
    await send('globex', 'shinzo-ts')
    await publish([event({ tenant: 'globex', received_at: asOf - SECOND }), event({ tenant: 'acme', actor: 'later', principal: 'later' })])
    await archived()
    await store.insertRows('findings', [finding(1, { tenant: 'acme', version: 9, severity: 'low', server: 'other' }), finding(3, { tenant: 'acme', severity: 'critical' })] as never, 'findings-2')
    for (const { name } of await store.query("SELECT name FROM system.tables WHERE database = 'watchkeeper' AND engine LIKE '%MergeTree'")) {
      await store.engine.write(`OPTIMIZE TABLE watchkeeper.${String(name)} FINAL`)
    }
    const second = await desk.run(orderOf('acme'), { by: 'bob', schedule: '' })
    expect([second.report_hash, second.page_hash, second.note, second.report_id, second.directory]).toEqual([first.report_hash, first.page_hash, first.note, first.report_id, first.directory])
    expect(second.run_id).not.toBe(first.run_id)
    expect(await bytesOf(second.directory)).toEqual(before)
    expect((await makeReport(orderOf('acme', { asOf: asOf + 600n * SECOND, to: asOf + 600n * SECOND }), store)).reportHash).not.toBe(first.report_hash)
    expect((await desk.list({ tenant: 'acme', limit: 10 })).map(({ made_by: by }) => by)).toEqual(['bob', 'ann'])
    expect(await desk.list({ tenant: 'globex', limit: 10 })).toEqual([])
    expect(await desk.files({ tenant: 'globex', id: first.run_id })).toBeUndefined()
  })

  it('say the same on a server as in the process', async () => {
    const shim = await startShim({ engine: store.engine })
    const server = await openServerStore({ url: shim.url, user: 'default', clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
    try {
      const [there, here] = [await makeReport(orderOf('acme'), server), await makeReport(orderOf('acme'), store)]
      expect(there.answers.map(({ facts, jsonl }) => [facts.question, jsonl])).toEqual(here.answers.map(({ facts, jsonl }) => [facts.question, jsonl]))
      expect(there.json).toBe(here.json)
    } finally {
      await server.close()
      await shim.stop()
    }
  })

  it('make a page that runs nothing, loads nothing and hides nothing', async () => {
    const { directory: place } = await new ReportDesk(ports()).run(orderOf('acme'), { by: 'ann', schedule: '' })
    const page = await readFile(join(place, 'report.html'), 'utf8')
    expect(page).toContain("default-src &#39;none&#39;; style-src &#39;sha256-")
    expect(page).not.toMatch(/<script|<img|<link|<iframe|javascript:|\son\w+\s*=\s*["'a-z]*alert\(1\)>/i)
    expect(page).not.toMatch(/[\u0000\u001b\u202e]/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain('\u27e8U+202E\u27e9gnp.exe\u27e8U+0000\u27e9\u27e8U+001B\u27e9[31mred')
    for (const tag of ['h1', 'main', 'header', 'footer', 'nav']) expect(page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(1)
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids, target).toContain(target)
    const opened = [...page.matchAll(/<([a-z0-9]+)[ >]/g)].map((match) => match[1]).filter((tag) => tag !== 'meta')
    expect(opened.length).toBe([...page.matchAll(/<\/[a-z0-9]+>/g)].length)
  })

  it('are checked without the running service: each changed byte, file and key is found', async () => {
    const { directory: place } = await new ReportDesk(ports()).run(orderOf('acme'), { by: 'ann', schedule: '' })
    const files = await bytesOf(place)
    expect(checkFiles(files, KEYS)).toMatchObject({ verdict: 'ok', signedBy: signer.name })
    for (const path of files.keys()) {
      const text = files.get(path) ?? ''
      const changed = new Map(files).set(path, text === '' ? 'x' : `${text.slice(0, text.length >> 1)}${text[text.length >> 1] === 'a' ? 'b' : 'a'}${text.slice((text.length >> 1) + 1)}`)
      expect(checkFiles(changed, KEYS).verdict, path).toBe('tampered')
      const without = new Map(files)
      without.delete(path)
      expect(checkFiles(without, KEYS).verdict, path).toMatch(/incomplete|unverifiable/)
    }
    expect(checkFiles(files, [verifierOf(signer.name, generateKeyPairSync('ed25519').privateKey)]).verdict).toBe('unverifiable')
    expect(checkFiles(new Map(files).set('answers/more.jsonl', ''), KEYS).verdict).toBe('tampered')
  })

  it('refuse a time that is not over, and wait for an archiver that is behind', async () => {
    const desk = new ReportDesk(ports())
    await expect(desk.run(orderOf('acme', { to: now, asOf: now }), { by: 'ann', schedule: '' })).rejects.toThrow(/a minute ago/)
    await expect(desk.run(orderOf('acme', { from: asOf }), { by: 'ann', schedule: '' })).rejects.toThrow(/begins before it ends/)
    const behind = new ReportDesk({ ...ports(), lag: async () => [{ topic: 'events', group: 'archiver', partition: 0, committed: 1, end: 5 }] })
    await expect(behind.run(orderOf('acme'), { by: 'ann', schedule: '' }, AbortSignal.timeout(300))).rejects.toThrow()
  })
})

describe('scheduled reports', () => {
  const HOUR = 3_600n * SECOND
  const schedule: Schedule = {
    name: 'hourly', tenant: 'acme', title: 'Hourly', controls: ['pci-10-2'], calendar: cronCalendar('0 * * * *', 'Europe/Berlin'), cron: '0 * * * *', timezone: 'Europe/Berlin', jitterSeconds: 120, deliverTo: ['hook'],
  }
  const runner = (desk: Pick<ReportDesk, 'run'> = new ReportDesk(ports()), alone = false) => new ReportSchedules([schedule], { ...ports(), desk, alone })
  const made = async () => (await store.query("SELECT as_of, period_start FROM watchkeeper.reports WHERE schedule = 'hourly' ORDER BY as_of, made_at")).map((row) => [row['period_start'], row['as_of']])
  let hour = 0n

  it('are made once for each time, by one of many, also for times that were missed', async () => {
    hour = now - (now % HOUR) + HOUR
    now = hour - 600n * SECOND
    const signal = new AbortController().signal
    await runner().job.run(signal)
    expect(await made()).toEqual([])
    now = hour + 3n * HOUR + 200n * SECOND
    deeds.length = 0
    await Promise.all([runner().job.run(signal), runner().job.run(signal), runner().job.run(signal)])
    await runner().job.run(signal)
    expect(await made()).toEqual([0n, 1n, 2n, 3n].map((n) => [hour + (n - 1n) * HOUR, hour + n * HOUR]))
    expect(deeds.map(({ action, object, tenant }) => [action, object, tenant])).toEqual(Array(4).fill(['report.run', 'report/hourly', 'acme']))
    expect(await runner().states('acme')).toMatchObject([{ name: 'hourly', waiting: 0, next: new Date(Number((hour + 4n * HOUR) / 1_000_000n)).toISOString() }])
    expect(await runner().states('globex')).toEqual([])
  })

  it('one that died in the middle is followed by another: at once where it was alone, else when its time is over', async () => {
    now = hour + 4n * HOUR + 200n * SECOND
    const dead = runner({ run: () => new Promise(quiet) })
    void dead.job.run(new AbortController().signal)
    while (Number((await store.query("SELECT count() AS n FROM watchkeeper.report_claims WHERE attempt = 1"))[0]?.['n']) < 5) await new Promise(setImmediate)
    const signal = new AbortController().signal
    await runner().job.run(signal)
    expect((await made()).length).toBe(4)
    await runner(undefined, true).job.run(signal)
    expect((await made()).length).toBe(5)
    now = hour + 5n * HOUR + 200n * SECOND
    void runner({ run: () => new Promise(quiet) }).job.run(signal)
    while (Number((await store.query("SELECT count() AS n FROM watchkeeper.report_claims WHERE attempt = 1"))[0]?.['n']) < 6) await new Promise(setImmediate)
    now += 700n * SECOND
    await runner().job.run(signal)
    expect((await made()).length).toBe(6)
  })

  it('what fails is tried again, later and later, and holds up no other schedule', async () => {
    now = hour + 6n * HOUR + 200n * SECOND
    let tries = 0
    const failing = runner({ run: () => Promise.reject(new Error(`try ${++tries}`)) })
    const signal = new AbortController().signal
    await failing.job.run(signal)
    await failing.job.run(signal)
    expect(tries).toBe(1)
    now += 61n * SECOND
    await failing.job.run(signal)
    now += 61n * SECOND
    await failing.job.run(signal)
    expect(tries).toBe(2)
    expect(said.filter((message) => message === 'a scheduled report could not be made; it is tried again').length).toBe(2)
  })
})
