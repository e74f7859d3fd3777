/** Events and calls in tables, one look of the job after another, and what table, API and terminal then say. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import picocolors from 'picocolors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../infra/clickhouse/store.ts'
import { type AuditEventFields, blankAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import type { CoverageRow } from '../../schemas/coverage.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import type { Keyed, Log, Row, Store } from '../../schemas/ports.ts'
import { coverage, findings, type Topic } from '../../schemas/topics.ts'
import { coverageOf, type SourceCoverage } from '../../services/api/coverage.ts'
import { goldenEvents, recordedEvents } from '../../services/collector/normalise/sample-telemetry.ts'
import { coveragePage } from '../../services/commands/coverage-page.ts'
import { createCoverage } from '../../services/coverage/service.ts'
import { armAll } from '../../services/detector-list.ts'
import { Maintenance } from '../../services/worker/maintenance/maintenance.ts'
import { coverageKnowledge } from '../../services/wiring/coverage.ts'

const SECOND = 1_000_000_000n
const MINUTE = 60n * SECOND
const HOUR = 60n * MINUTE
const START = 498_696n * HOUR
let now = START
let directory = ''
let store: Store
let looks = 0
/** Findings, and whether the archiver has not come to the end of the log. */
const told: Finding[] = []
let behind = false
const warnings: string[] = []
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: (_, message) => void warnings.push(message), error: (fields, message) => console.error(message, fields) }

/** Puts the rows where the archiver puts them. */
const bus = {
  async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
    if (topic.name === findings.name) return void told.push(...(topic.codec.decode(topic.codec.encode(batch.map(({ record }) => record))) as unknown as readonly Finding[]))
    expect(topic.name).toBe(coverage.name)
    const decoded = topic.codec.decode(topic.codec.encode(batch.map(({ record }) => record))) as unknown as readonly CoverageRow[]
    await store.insertRows('coverage', decoded as unknown as readonly Row[], `look-${looks++}`)
  },
  lag: async () => [{ topic: 'events', group: 'archiver', partition: 0, committed: behind ? 3 : 4, end: 4 }],
}

let ids = 0
async function events(changes: readonly Partial<AuditEventFields>[]): Promise<void> {
  await store.insertEvents(changes.map((change, offsetIndex) => {
    const canonical = encodeCanonical({ ...blankAuditEvent(), tenant: 't', started_at: now, received_at: now, ...change, event_id: String(++ids).padStart(32, '0') })
    return { bytes: canonical.bytes, partition: 0, offset: ids, offsetIndex, hashes: writeHashes(canonical), hashesAt: 0 }
  }), `events-${ids}`)
}
async function calls(changes: readonly Partial<InteractionFields>[]): Promise<void> {
  await store.insertRows('interactions', changes.map((change) => ({
    ...blankInteraction(), tenant: 't', started_at: now, sort_at: now, received_at: now, method: 'tools/call', ...change, interaction_id: String(++ids).padStart(32, '0') }) as unknown as Row), `calls-${ids}`)
}

const jobs = () => createCoverage(coverageKnowledge(armAll({})), { bus, store, log, clock: { now: () => now }, marked: (finding) => maintenance.marked(finding) })
const maintenance = new Maintenance([{ reason: 'moved', owner: '', learn: false, when: { from: 0n, to: 1n << 62n }, match: { actor: ['planned'] } }])
let job: ReturnType<typeof jobs> = []
const look = async (): Promise<void> => await job[0]?.run()
const rows = async (sql: string) => (await store.query(sql)).map((row) => ({ ...row }))
const sourceNamed = async (name: string): Promise<SourceCoverage> => {
  const found = (await coverageOf(store, now)).sources.find(({ source }) => source === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watchkeeper-coverage-'))
  store = openStore({ directory, readers: 2 })
  await store.migrate()
  job = jobs()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

describe('coverage', () => {
  it('says that nobody has looked, and nothing of nothing', async () => {
    expect(await coverageOf(store, now)).toMatchObject({ complete: false, looked_at: '', sources: [] })
    await look()
    expect(await rows('SELECT count() AS n FROM watchkeeper.coverage')).toEqual([{ n: 0n }])
  })

  it('counts fields by source and hour, and says which detectors are blind and what to set', async () => {
    const call = { source: 'code', emitter: 'claude-code', service_version: '2.1', mapping_version: '2', method: 'tools/call', principal: 'ann', actor: 'ann', tool: 'x' } as const
    const attributes = new Map([['cost_usd', { type: 'double', text: '1' }], ['session.id', { type: 'string', text: 'x' }]] as const)
    await events([call, { ...call, arguments: '{}' }, { ...call, method: '', principal: '', actor: '', attributes }, { source: 'us', emitter: 'watchkeeper' }])
    await calls([
      { sources: ['code'], emitters: ['claude-code'], tool: 'x', actor: 'ann' }, { sources: ['code', 'srv'], emitters: ['claude-code', 'fastmcp'], tool: 'x', actor: 'ann' },
      { sources: ['code'], emitters: ['claude-code'], tool: 'x', merged_into: '9'.repeat(32) }, { sources: ['code'], emitters: ['other'], tool: 'x', arguments: '{}' },
    ])
    await look()
    expect(await rows('SELECT tenant, source, emitter, service_version, mapping_version, window_start, events, calls, fields, call_field_shares, joined_calls, blind_detectors FROM watchkeeper.coverage')).toEqual([{
      tenant: 't', source: 'code', emitter: 'claude-code', service_version: '2.1', mapping_version: '2', window_start: START, events: 3n, calls: 2n,
      fields: new Map([['principal', 2n], ['actor', 2n], ['tool', 3n], ['arguments', 1n]]), call_field_shares: new Map([['principal', 1], ['actor', 1], ['tool', 1], ['arguments', 0.5]]),
      joined_calls: 2n, blind_detectors: expect.arrayContaining(['unexpected-command', 'unrequested-action']),
    }])
    expect(await sourceNamed('code')).toMatchObject({
      detectors: { 'unusual-volume': 1, 'off-hours-token': 1, 'unexpected-command': 0, 'unrequested-action': 0 },
      missing: expect.arrayContaining(['unexpected-command:arguments', 'unrequested-action:arguments', 'unrequested-action:effect', 'unrequested-action:request_text', 'unrequested-action:requested_by']),
      switches: expect.arrayContaining(['Claude Code: set OTEL_LOG_TOOL_DETAILS=1 (arguments are cut at 512 characters each)', 'Claude Code: set OTEL_LOG_USER_PROMPTS=1']), unmapped: ['cost_usd'],
      call_fields: { arguments: 0.5 }, silent: false, sampling_probability: null,
    })
    const page = coveragePage(await coverageOf(store, now), { width: 100, colors: picocolors.createColors(false), most: 20 }).join('\n')
    expect(page).toContain('Not everything is covered: of 1 source 1 with blind detectors.')
    expect(page).toContain('  - unexpected-command is blind: nobody sends arguments')
    expect(page).toContain('  > Claude Code: set OTEL_LOG_TOOL_DETAILS=1')
  })

  it('is the same when looked at again, by another scheduler, or with rows inserted twice', async () => {
    const before = await rows('SELECT * EXCEPT (looked_at) FROM watchkeeper.coverage')
    await look()
    job = jobs()
    await look()
    expect(await rows('SELECT * EXCEPT (looked_at) FROM watchkeeper.coverage')).toEqual(before)
  })

  it('knows who tells what is offered: for calls of others these detectors are blind', async () => {
    expect((await sourceNamed('code')).missing).toContain('changed-definition:definitions')
    const { tenant, server, target, source, emitter, vantage, agent, client } = { ...blankAuditEvent(), tenant: 't', source: 'srv', emitter: 'logfire' }
    await store.insertRows('tool_inventory', [{
      tenant, server, target, source, emitter, vantage, agent, client, kind: 'tool', name: 'x', title: '', description: '', description_bytes: -1, input_schema: '', output_schema: '', annotations: '',
      definition_hash: 'h', hash_form: 'jcs-1', description_hash: '', input_schema_hash: '', output_schema_hash: '', annotations_hash: '', notes: [], seen_on: now - (now % (24n * HOUR)), first_seen: now,
      last_seen: now, event_id: '1',
    }], 'listed')
    await look()
    expect((await sourceNamed('code')).detectors).toMatchObject({ 'changed-definition': 0.5, 'unusual-volume': 1 })
  })

  it('judges a day, so that what was switched on shows by and by and what is old goes', async () => {
    now = START + HOUR
    await events([{ source: 'code', emitter: 'claude-code', service_version: '2.1', mapping_version: '2', method: 'tools/call', arguments: '{}' }])
    await calls([{ sources: ['code'], emitters: ['claude-code'], tool: 'x', actor: 'ann', arguments: '{}' }])
    await look()
    expect((await sourceNamed('code')).detectors).toMatchObject({ 'unexpected-command': 0.3333, 'unusual-volume': 1 })
    expect(await rows('SELECT window_start, events FROM watchkeeper.coverage ORDER BY window_start')).toEqual([{ window_start: START, events: 3n }, { window_start: START + HOUR, events: 1n }])
    now = START + 24n * HOUR + 30n * MINUTE
    await look()
    expect((await sourceNamed('code')).detectors).toMatchObject({ 'unexpected-command': 1 })
  })

  it('counts what was archived late', async () => {
    const late = START + 20n * HOUR
    await events([{ source: 'code', emitter: 'claude-code', service_version: '2.1', mapping_version: '2', received_at: late, started_at: late }])
    await look()
    expect(await rows(`SELECT events FROM watchkeeper.coverage WHERE window_start = fromUnixTimestamp64Nano(toInt64(${late}))`)).toEqual([])
    await job[1]?.run()
    await look()
    expect(await rows(`SELECT events FROM watchkeeper.coverage WHERE window_start = fromUnixTimestamp64Nano(toInt64(${late}))`)).toEqual([{ events: 1n }])
  })

  it('tells lost records by their numbers, once, and no restart', async () => {
    now = START + 26n * HOUR
    const numbers = [0, 1, 2, 5, 5, 6, 0, 1, 2]
    const record = (number: number, i: number) => ({ source: 'cli', emitter: 'claude-code', conversation: 's', sequence: BigInt(number), started_at: now + BigInt(i * 10) * SECOND, signal: 'log' as const })
    await events([...numbers.map(record), { ...record(9, 1), conversation: 'other' }])
    now += 5n * MINUTE
    await look()
    await look()
    expect(await sourceNamed('cli')).toMatchObject({ sequence_sessions: 2, sequence_gaps: 2 })
    expect(told.splice(0).map(({ severity, title }) => `${severity}: ${title}`)).toEqual(['low: 2 records of cli (claude-code) never came'])
    await events([3, 4].map((number) => ({ ...record(number, 25 + number), started_at: START + 26n * HOUR + 25n * SECOND })))
    now += 5n * MINUTE
    await look()
    expect(await sourceNamed('cli')).toMatchObject({ sequence_sessions: 2, sequence_gaps: 0 })
  })

  it('tells who has stopped, and who says that it sends a part only', async () => {
    now = START + 30n * HOUR
    const minutes = Array.from({ length: 40 }, (_, i) => now + BigInt(i) * MINUTE)
    const state = new Map([['watchkeeper.sent.tracestate', { type: 'string', text: 'ot=th:c' }]] as const)
    await events(minutes.map((at) => ({ source: 'steady', emitter: 'semconv', received_at: at, attributes: state })))
    now += 45n * MINUTE
    await look()
    expect(await sourceNamed('steady')).toMatchObject({ silent: false, usual_interval_seconds: 60, sampling: ['tracestate: 25 %'], sampling_probability: 0.25 })
    now += 2n * HOUR
    await look()
    expect(await sourceNamed('steady')).toMatchObject({ silent: true, quiet_seconds: 7_560, events: 40 })
    expect(await rows("SELECT events FROM watchkeeper.coverage WHERE source = 'steady' ORDER BY window_start")).toEqual([{ events: 40n }, { events: 0n }])
    expect(told.splice(0).map(({ severity, title }) => `${severity}: ${title}`)).toEqual(['low: steady (semconv) has stopped'])
  })

  it('raises one finding a silence, once all is archived, higher where its servers are still called, and none of those that were replaced', async () => {
    now = START + 40n * HOUR
    const sender = (source: string, version: string, minutes: number, from = 0) => Array.from({ length: minutes }, (_, i) => (
      { source, emitter: 'semconv', service_version: version, server: 'files', received_at: now + BigInt(from + i) * MINUTE }))
    await events([...sender('stops', '1', 40), ...sender('alone', '1', 40).map((event) => ({ ...event, server: '' })), ...sender('planned', '1', 40), ...sender('moved', '1', 40), ...sender('moved', '2', 120, 40)])
    now += 45n * MINUTE
    await look()
    expect(told.splice(0)).toEqual([])
    now += 110n * MINUTE
    await events([{ source: 'other', emitter: 'gateway', server: 'files', method: 'tools/call' }, { source: 'other', emitter: 'gateway', server: 'mail', method: 'tools/call' }])
    now += 1n
    behind = true
    await look()
    expect(told).toEqual([])
    behind = false
    await look()
    await look()
    job = jobs()
    await look()
    const own = told.splice(0)
    expect(own.map(({ severity, title, reasons }) => `${severity}: ${title}: ${reasons.at(-1)}`).sort()).toEqual([
      'info: planned (semconv) has stopped, while its servers are still called: 1 calls since then that others told of files',
      'low: alone (semconv) has stopped: nobody else told of calls to its servers since then',
      'medium: stops (semconv) has stopped, while its servers are still called: 1 calls since then that others told of files',
    ])
    for (const { sql } of own) expect((await store.query(sql)).length).toBeGreaterThan(0)
  })

  it('tells a share that became smaller, and not the same again', async () => {
    now = START + 50n * HOUR
    const share = (text: string) => events([{ source: 'shy', emitter: 'semconv', attributes: new Map([['sampling.probability', { type: 'double', text }]] as const) }])
    for (const text of ['0.5', '0.2', '0.5', '0.2', '0.19']) {
      await share(text)
      await look()
      now += 2n * HOUR
    }
    expect(told.splice(0).filter(({ actor }) => actor === 'shy').map(({ severity, title }) => `${severity}: ${title}`)).toEqual(['medium: shy (semconv) sends a smaller share than before: 20 %'])
  })

  it('reads all recordings, and calls no attribute unmapped that a table reads', async () => {
    now = START + 60n * HOUR
    const recorded = [...['fastmcp', 'pydantic-ai', 'logfire', 'openinference'].flatMap((folder) => recordedEvents(folder)), ...goldenEvents('claude-code', 'session')]
    await events(recorded.map((event) => ({ ...event, tenant: 'r', received_at: now })))
    await look()
    const { sources } = await coverageOf(store, now)
    const own = sources.filter(({ tenant }) => tenant === 'r')
    expect(own.length).toBeGreaterThan(5)
    expect(own.reduce((sum, source) => sum + source.events, 0)).toBe(recorded.length)
    const unmapped = own.flatMap((source) => source.unmapped)
    for (const name of ['mcp.method.name', 'gen_ai.tool.name', 'enduser.id', 'tool_use_id', 'session.id', 'gen_ai.input.messages', 'model_request_parameters']) expect(unmapped).not.toContain(name)
    expect(unmapped).toContain('logfire.msg')
    expect(warnings.filter((message) => !message.includes('missing-telemetry'))).toEqual([])
  })
})
