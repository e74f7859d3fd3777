/** Recorded OTLP through collector, log, assembler, archiver and notary into tables, and the pack of an alert made of them: whole, proved, sealed, one tenant's alone. */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { BLANK_LIFE } from '../../schemas/alert.ts'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import { leafHash } from '../../schemas/merkle.ts'
import { verifierOf } from '../../schemas/note.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { parseProof, whyNotProved } from '../../schemas/tlog-proof.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createAssembler } from '../../services/assembler/service.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { DECODE_LIMITS } from '../../services/collector/otlp/model.ts'
import { decodeTraces } from '../../services/collector/otlp/protobuf/traces.ts'
import { createPipeline } from '../../services/collector/pipeline.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { ruleTexts } from '../../services/detector-list.ts'
import { createNotary } from '../../services/notary/service.ts'
import { checkPack, type PackFiles } from '../../services/reports/incident/check.ts'
import { packOf } from '../../services/reports/incident/pack.ts'
import { scopeOf } from '../../services/reports/incident/scope.ts'

const SECOND = 1_000_000_000n
const START = 1_795_225_800n * SECOND
const NAME = 'log.example/wk'
const HOSTILE = '</pre></details><script>alert(1)</script>\u202ecod.exe\u0000\u001b[2J\u2028'
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) }
const { privateKey } = generateKeyPairSync('ed25519')
const signer = { name: `${NAME}/log`, privateKey }
const KEYS = [verifierOf(signer.name, privateKey)]
const ALERT = 'a'.repeat(32)

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let services: Service[] = []
let now = START
let trace = ''

async function open(): Promise<void> {
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 2, clock: { now: () => now } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), quiet)
  const limits = { records: 10_000, milliseconds: 20 }
  const held = {
    quietNs: 10n * SECOND, lineageNs: 900n * SECOND, spansPerTrace: 20_000, spansPerTenant: 500_000, spans: 500_000,
    relatedCalls: 10_000, callsPerConversation: 200, conversationCharacters: 65_536,
  }
  services = [
    createArchiver({ events: limits, others: limits, rules: ruleTexts() }, { bus, store, snapshots, log }),
    createAssembler({ partitions: 2, limits: held, identities: [], snapshotEveryNs: 3_600n * SECOND }, { bus, snapshots, store, log }),
    createNotary({ name: NAME, acceptKey: undefined, checkpointSeconds: 10, checkpointEvents: 10_000, anchors: [], lookMs: 10 }, { bus, store, snapshots, clock: { now: () => now }, log, privateKey }),
  ]
  for (const service of services) await service.start()
}

async function send(tenant: string, emitter: string): Promise<void> {
  const ingest = createPipeline({
    bus, normaliser: createNormaliser({ mcpPaths: ['/mcp'] }), redactor: createRedactor(await openKeyedHash(directory)), telemetry: { received: quiet, receivedMetrics: quiet },
  })
  const folder = `test/fixtures/otlp/${emitter}`
  for (const name of readdirSync(folder).filter((one) => one.endsWith('_traces.bin')).sort()) {
    await ingest.traces(decodeTraces(readFileSync(`${folder}/${name}`), DECODE_LIMITS), { tenant, transport: 'test', peer: '127.0.0.1', receivedAt: (now += SECOND) })
  }
}

const numbers = async (sql: string): Promise<number> => Number((await store.query(sql))[0]?.['n'])

/** Everything is stored, assembled, has a leaf, and is under a checkpoint. */
async function settle(): Promise<void> {
  now += 60n * SECOND
  await bus.broadcast(events, EventRecord.tick(now))
  await vi.waitUntil(async () => (await bus.lag()).filter(({ group }) => group === 'archiver').every(({ committed, end }) => committed === end), { timeout: 30_000, interval: 20 })
  await vi.waitUntil(async () => {
    const [stored, signed, calls] = [
      await numbers('SELECT count() AS n FROM watchkeeper.audit_events'), await numbers('SELECT sum(size) AS n FROM (SELECT max(size) AS size FROM watchkeeper.checkpoints WHERE partition >= 0 GROUP BY partition)'),
      await numbers('SELECT count() AS n FROM watchkeeper.interactions'),
    ]
    now += SECOND
    const tops = await numbers('SELECT max(size) AS n FROM watchkeeper.checkpoints WHERE partition < 0')
    return stored > 0 && signed === stored && calls > 0 && tops === await numbers('SELECT count() AS n FROM watchkeeper.checkpoints WHERE partition >= 0')
  }, { timeout: 30_000, interval: 50 })
}

async function pack(tenant: string | undefined = undefined): Promise<ReadonlyMap<string, string>> {
  const scope = await scopeOf(store, { alertId: ALERT, tenant, beforeMinutes: 60, afterMinutes: 60 })
  if (scope === undefined) throw new Error('no scope')
  const files = new Map<string, string>()
  for await (const { path, text } of packOf(scope, { store, signer: () => Promise.resolve(signer) })) files.set(path, (files.get(path) ?? '') + text)
  return files
}
const rowsIn = (files: ReadonlyMap<string, string>, file: string): readonly Record<string, unknown>[] =>
  (files.get(file) ?? '').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
const facts = (files: ReadonlyMap<string, string>): PackFiles => ({
  sums: files.get('SHA256SUMS'), note: files.get('SHA256SUMS.note'),
  hashes: new Map([...files].filter(([path]) => !path.startsWith('SHA256SUMS')).map(([path, text]) => [path, createHash('sha256').update(text).digest('hex')])),
})

const own = (n: number, change: Partial<AuditEvent>): AuditEvent =>
  ({ ...exampleAuditEvent, event_id: n.toString(16).padStart(32, 'e'), trace_id: trace, started_at: now, ended_at: now, received_at: now, ...change })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watchkeeper-incident-'))
  await open()
  await send('acme', 'pydantic-ai')
  await send('globex', 'fastmcp')
  await settle()
  const [call] = await store.query("SELECT interaction_id, trace_id, event_ids, started_at FROM watchkeeper.interactions WHERE tenant = 'acme' AND tool = 'run_command' ORDER BY started_at LIMIT 1")
  trace = String(call?.['trace_id'])
  const at = call?.['started_at'] as bigint
  await bus.publish(events, EventRecord.together([
    own(1, { tenant: 'acme', actor: 'mallory', principal: 'mallory', arguments: HOSTILE, tool: HOSTILE, started_at: at }),
    // Another tenant says the same trace and the same name.
    own(2, { tenant: 'globex', actor: 'mallory', principal: 'mallory', tool: 'globex-secret-tool', started_at: at }),
  ]).map((record) => ({ key: 'k', record })))
  await settle()
  const rule = ruleTexts().find(({ detector }) => detector === exampleFinding.detector)
  const shared = { rule_version: rule?.version ?? 0, trace_id: trace, actor: 'mallory', principal: 'mallory', window_start: at, window_end: at, created_at: now }
  await store.insertRows('findings', [
    { ...exampleFinding, ...shared, finding_id: 'f'.repeat(32), tenant: 'acme', interaction_id: String(call?.['interaction_id']), observed: HOSTILE, title: HOSTILE },
    { ...exampleFinding, ...shared, finding_id: '9'.repeat(32), tenant: 'globex', title: 'globex only' },
  ] as never, 'findings')
  const alert = {
    alert_id: ALERT, version: 1, tenant: 'acme', status: 'open', severity: 'critical', group_key: `lineage:${trace}`, title: HOSTILE, detectors: ['unexpected-command'], actor: 'mallory', actor_kind: 'principal',
    principal: 'mallory', client: '', server: '', tool: '', trace_id: trace, conversation: '', finding_ids: ['f'.repeat(32)], interaction_ids: [String(call?.['interaction_id'])],
    evidence_ids: (call?.['event_ids'] as string[]).slice(0, 20), reasons: [HOSTILE], first_seen: at, last_seen: at, sql: '', created_at: now, updated_at: now, ...BLANK_LIFE,
  }
  await store.insertRows('alerts', [alert, { ...alert, alert_id: 'b'.repeat(32), tenant: 'globex', title: 'globex alert' }] as never, 'alerts')
  const event = { event_id: '1'.repeat(32), tenant: 'acme', alert_id: ALERT, alert_version: 1, at: now, event: 'acknowledged', from_status: 'open', to_status: 'acknowledged', verdict: '', by: 'ann', why: HOSTILE, order_id: '', object: '', detectors: [] }
  await store.insertRows('alert_events', [event, { ...event, event_id: '2'.repeat(32), tenant: 'globex' }] as never, 'alert-events')
}, 120_000)
afterAll(async () => {
  for (const service of [...services].reverse()) await service.stop()
  await bus.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

describe('incident pack', () => {
  it('holds every record of the lineage and of the actor, and nothing of another tenant', async () => {
    const files = await pack()
    const stored = await store.query('SELECT event_id FROM watchkeeper.audit_events WHERE tenant = {tenant:String} AND (trace_id = {trace:String} OR actor = {actor:String}) ORDER BY event_id', { tenant: 'acme', trace, actor: 'mallory' })
    const held = rowsIn(files, 'events.jsonl')
    expect(new Set(held.map((row) => row['event_id']))).toEqual(new Set([...stored.map((row) => row['event_id']), ...held.map((row) => row['event_id'])]))
    expect(held.length).toBeGreaterThanOrEqual(stored.length)
    for (const file of ['events.jsonl', 'interactions.jsonl', 'findings.jsonl', 'alerts.jsonl', 'alert-events.jsonl', 'tools.jsonl']) {
      for (const row of rowsIn(files, file)) expect(row['tenant'], file).toBe('acme')
    }
    expect([...files.values()].join('\n')).not.toMatch(/globex/)
    expect([rowsIn(files, 'findings.jsonl').length, rowsIn(files, 'alerts.jsonl').length, rowsIn(files, 'alert-events.jsonl').length, rowsIn(files, 'rules.jsonl').length]).toEqual([1, 1, 1, 1])
    expect(rowsIn(files, 'timeline.jsonl').filter(({ own: mine }) => mine === true).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['call', 'finding', 'alert']))
  })

  it('is of no use to who asks for another tenant\'s alert', async () => {
    expect(await scopeOf(store, { alertId: ALERT, tenant: 'globex', beforeMinutes: 60, afterMinutes: 60 })).toBeUndefined()
    expect(await scopeOf(store, { alertId: "' OR 1=1 --", tenant: undefined, beforeMinutes: 60, afterMinutes: 60 })).toBeUndefined()
    expect([...(await pack('acme')).keys()]).toEqual([...(await pack()).keys()])
  })

  it('proves each record, and each state of the log', async () => {
    const files = await pack()
    const proofs = [...files].filter(([path]) => path.startsWith('proofs/') && !path.endsWith('.log.tlog-proof'))
    expect(proofs.map(([path]) => path.slice(7, 39)).sort()).toEqual(rowsIn(files, 'events.jsonl').map((row) => String(row['event_id'])).sort())
    const byId = new Map(rowsIn(files, 'events.jsonl').map((row) => [String(row['event_id']), row]))
    for (const [path, text] of proofs) {
      const row = byId.get(path.slice(7, 39))
      const data = Buffer.concat([Buffer.from([1]), Buffer.from(String(row?.['event_id']), 'hex'), Buffer.from(String(row?.['record_hash']), 'hex')])
      const claim = { text, leaf: leafHash(data), origin: `${NAME}/events/${String(row?.['partition'])}` }
      const verifiers = [...KEYS, verifierOf(claim.origin, privateKey)]
      expect(whyNotProved({ ...claim, verifiers }), path).toBe('')
      expect(whyNotProved({ ...claim, leaf: leafHash(Buffer.from('x')), verifiers }), path).not.toBe('')
    }
    const states = [...files].filter(([path]) => path.endsWith('.log.tlog-proof'))
    expect(states.length).toBe(new Set(rowsIn(files, 'events.jsonl').map((row) => row['partition'])).size)
    for (const [, text] of states) expect(whyNotProved({ text, leaf: leafHash(parseProof(text)?.extra ?? Buffer.alloc(0)), origin: `${NAME}/log`, verifiers: KEYS })).toBe('')
  })

  it('is sealed: each changed, missing or added file is found, and another key is no key', async () => {
    const files = await pack()
    expect(checkPack(facts(files), KEYS)).toEqual({ verdict: 'ok', problems: [], signedBy: signer.name, alertId: ALERT })
    for (const path of files.keys()) {
      const changed = new Map(files).set(path, `${files.get(path) ?? ''} `)
      expect(checkPack(facts(changed), KEYS).verdict, path).toBe('tampered')
      const without = new Map(files)
      without.delete(path)
      expect(checkPack(facts(without), KEYS).verdict, path).toBe(path.startsWith('SHA256SUMS') ? 'unverifiable' : 'incomplete')
    }
    expect(checkPack(facts(new Map(files).set('more.txt', '')), KEYS).verdict).toBe('tampered')
    expect(checkPack(facts(files), [verifierOf(signer.name, generateKeyPairSync('ed25519').privateKey)]).verdict).toBe('unverifiable')
  })

  it('shows hostile text as text', async () => {
    const page = (await pack()).get('timeline.html') ?? ''
    expect(page).toContain("default-src &#39;none&#39;")
    expect(page).not.toMatch(/<script|[\u0000\u001b\u202e\u2028]/)
    expect(page).toContain('&lt;/pre&gt;&lt;/details&gt;&lt;script&gt;')
    expect(page).toContain('\u27e8U+202E\u27e9cod.exe\u27e8U+0000\u27e9\u27e8U+001B\u27e9[2J\u27e8U+2028\u27e9')
  })
})
