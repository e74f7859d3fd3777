import { mkdtempSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AuditEvent, exampleAuditEvent } from '../../../schemas/audit-event.ts'
import { BLANK_LIFE } from '../../../schemas/alert.ts'
import { encodeCanonical, encodeCanonicals, recordHash, writeHashes } from '../../../schemas/canonical.ts'
import { exampleFinding } from '../../../schemas/finding.ts'
import { exampleInteraction } from '../../../schemas/interaction.ts'
import type { Hold } from '../../../schemas/removal.ts'
import { filesWith } from '../../../test/contract/files-with.ts'
import { recordFromRow } from '../rebuild.ts'
import { type ClickHouseStore, openStore } from '../store.ts'
import { ClickHouseRemover } from './remover.ts'

const MONTH = 31n * 86_400_000_000_000n
const NAME = 'ursula.vandermeer-47@example.org'
const subject = { tenant: 'default', names: [NAME], mentions: false }
const hold = (change: Partial<Hold>): Hold => ({
  hold_id: 'h', version: 1, tenant: 'default', kind: 'principal', value: NAME, reason: 'r', placed_by: 'p', placed_at: 1n, released_by: '', released_why: '', released_at: 0n, ...change,
})
const blankAlert = {
  version: 1, tenant: 'default', status: 'open', severity: 'high', group_key: 'g', title: 't', detectors: [], actor: 'x', actor_kind: 'client', principal: '', client: '', server: '', tool: '',
  trace_id: '', conversation: '', evidence_ids: [], interaction_ids: [], reasons: [], first_seen: 1n, last_seen: 2n, sql: '', created_at: 3n, updated_at: 4n, ...BLANK_LIFE,
}
const id = (n: number): string => n.toString(16).padStart(32, '0')

let directory: string
let store: ClickHouseStore
let remover: ClickHouseRemover
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wk-remover-'))
  store = openStore({ directory, readers: 2 })
  await store.migrate()
  remover = new ClickHouseRemover({ write: (sql, lane = 0) => store.engine.write(sql, `removal ${lane}`), read: (sql, options) => store.engine.read(sql, options) }, () => performance.now())
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

/** Rows of `ursula` (every third) and of others, in three months. */
async function fill(tenant = 'default'): Promise<void> {
  const events: AuditEvent[] = Array.from({ length: 30 }, (_, n) => ({
    ...exampleAuditEvent, tenant, event_id: id(n), salt: '', started_at: exampleAuditEvent.started_at + BigInt(n % 3) * MONTH, received_at: exampleAuditEvent.received_at + BigInt(n % 3) * MONTH,
    ...(n % 3 === 0 ? { principal: NAME.toUpperCase(), actor: NAME, arguments: `{"for":"${NAME}"}`, attributes: new Map([['enduser.id', { type: 'string' as const, text: NAME }]]) } : { principal: 'bob', actor: 'bob' }),
  }))
  // What a client saw of the subject's call names nobody.
  events.push({ ...exampleAuditEvent, tenant, event_id: id(100), salt: '', actor: '', client: '', vantage: 'client', arguments: `of ${NAME}` })
  await store.insertEvents(encodeCanonicals(events).map((canonical, offset) => ({
    bytes: canonical.bytes, partition: 0, offset, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0,
  })), `events ${tenant}`)
  const call = { ...exampleInteraction, tenant, interaction_id: id(1), principal: NAME, actor: NAME, arguments: NAME, event_ids: [id(0), id(100)] }
  await store.insertRows('interactions', [call, { ...exampleInteraction, tenant, interaction_id: id(2), principal: 'bob', actor: 'bob', event_ids: [id(1)] }], `i ${tenant}`)
  await store.insertRows('findings', [
    { ...exampleFinding, tenant, finding_id: id(1), interaction_id: id(1), title: 'one' }, { ...exampleFinding, tenant, finding_id: id(2), title: `as ${NAME}, too`, interaction_id: id(2) },
    { ...exampleFinding, tenant, finding_id: id(3), interaction_id: id(2), evidence_ids: [id(1)], trace_id: '', actor: 'bob', title: 'bobbing along' },
  ], `f ${tenant}`)
  await store.insertRows('quarantine', [{
    quarantine_id: id(7), tenant, source: 's', stage: 'archiver', reason: 'refused_row', detector: '', detail: 'x', topic: 'events', partition: 0, offset: 1, offset_index: 0,
    payload: Buffer.from(`bytes with ${NAME}`).toString('base64'), quarantined_at: exampleAuditEvent.received_at,
  }], `q ${tenant}`)
}

/** Rows of somebody else, received when most of the subject's were. */
async function others(count: number, first = 1_000): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ ...exampleAuditEvent, event_id: id(first + n), salt: '', principal: 'bob', actor: 'bob', arguments: `word${n}` }))
  await store.insertEvents(encodeCanonicals(events).map((canonical, offset) => ({
    bytes: canonical.bytes, partition: 1, offset: first + offset, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0,
  })), `others ${first}`)
}

/** Parts as merges make them: the subject's rows among others'. */
async function merged(): Promise<void> {
  for (const table of ['audit_events', 'interaction_versions']) await store.engine.write(`OPTIMIZE TABLE watchkeeper.${table} FINAL`)
}

/** Without compression, so that a search of the files finds what is in them. */
async function uncompressed(): Promise<void> {
  const columns = await store.query("SELECT table, groupArray(name) AS names FROM system.columns WHERE database = 'watchkeeper' AND table IN ('audit_events', 'interaction_versions', 'finding_versions', 'quarantine_versions') AND match(type, 'String') GROUP BY table")
  for (const { table, names } of columns) await store.engine.write(`ALTER TABLE watchkeeper.${String(table)} ${(names as string[]).map((name) => `MODIFY COLUMN \`${name}\` CODEC(NONE)`).join(', ')}`)
}

/** Settings that a removal changes for its time. */
const settingsLeft = (): Promise<unknown> => rowsOf("SELECT name FROM system.tables WHERE database = 'watchkeeper' AND (engine_full LIKE '%exclude_materialize_skip_indexes_on_merge%' OR engine_full LIKE '%old_parts_lifetime%')")

/** Indexes are made again in the background. */
async function settled(): Promise<void> {
  while (Number((await rowsOf("SELECT count() AS n FROM system.mutations WHERE database = 'watchkeeper' AND NOT is_done"))[0]?.['n']) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}

const rowsOf = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await store.query(sql)).map((row) => ({ ...row }))

it('erases a subject so that no file names it and every row still proves itself', { timeout: 240_000 }, async () => {
  await uncompressed()
  await fill()
  expect(filesWith(NAME, directory).length).toBeGreaterThan(3)
  const before = await rowsOf('SELECT event_id, record_hash FROM watchkeeper.audit_events ORDER BY event_id')
  const counted = await remover.count(subject)
  const told: string[] = []
  const removed = await remover.erase('r1', subject, (table) => void told.push(table))
  expect(removed.tables).toEqual(counted)
  expect([...removed.tables].filter(([, rows]) => rows > 0n)).toEqual([['interaction_versions', 1n], ['finding_versions', 2n], ['quarantine_versions', 1n], ['audit_events', 11n]])
  expect(told.at(-1)).toBe('files')
  for (const text of [NAME, NAME.toUpperCase(), Buffer.from(`bytes with ${NAME}`).toString('base64')]) expect(filesWith(text, directory)).toEqual([])
  expect(await rowsOf('SELECT event_id, record_hash FROM watchkeeper.audit_events ORDER BY event_id')).toEqual(before)
  const all = await store.query('SELECT * FROM watchkeeper.audit_events')
  expect(all.filter((row) => row['erasure'] === 'r1').length).toBe(11)
  for (const row of all) expect(recordHash(recordFromRow(row))).toBe(row['record_hash'])
  // A second run finds nothing more, and changes nothing.
  expect([...(await remover.count(subject)).values()].every((rows) => rows === 0n)).toBe(true)
  expect((await remover.erase('r1', subject, () => undefined)).digest).toBe(removed.digest)
  expect((await rowsOf('SELECT count() AS n FROM watchkeeper.audit_events'))[0]).toEqual({ n: 31n })
})

it('takes names as words, in any case, and leaves the rows of others and of other tenants alone', { timeout: 180_000 }, async () => {
  await fill()
  await fill('other')
  const bob = { tenant: 'default', names: ['bob'], mentions: false }
  expect((await remover.count(bob)).get('finding_versions')).toBe(2n)
  expect((await remover.count({ ...bob, names: ['bobbin', 'ob'] })).get('finding_versions')).toBe(0n)
  const others = await rowsOf("SELECT * FROM watchkeeper.audit_events WHERE tenant = 'other' OR principal = 'bob' ORDER BY tenant, event_id")
  await remover.erase('r1', subject, () => undefined)
  expect(await rowsOf("SELECT * FROM watchkeeper.audit_events WHERE tenant = 'other' OR principal = 'bob' ORDER BY tenant, event_id")).toEqual(others)
})

it.each(['CLEAR INDEX arguments_text', 'UPDATE `', 'DELETE FROM watchkeeper.audit_events', 'APPLY DELETED MASK', 'RESET SETTING exclude'])(
  'goes on where it was stopped: before %s', { timeout: 240_000 }, async (statement) => {
    await uncompressed()
    await fill()
    await others(5)
    await merged()
    const write = store.engine.write.bind(store.engine)
    let stops = true
    const stopped = new ClickHouseRemover({
      write: (sql, lane = 0) => (stops && sql.includes(statement) ? Promise.reject(new Error('killed')) : write(sql, `removal ${lane}`)), read: (sql, options) => store.engine.read(sql, options),
    }, () => performance.now())
    await expect(stopped.erase('r1', subject, () => undefined)).rejects.toThrow('killed')
    stops = false
    const removed = await remover.erase('r1', subject, () => undefined)
    expect(removed.events).toBe(11n)
    expect((await rowsOf("SELECT count() AS n, countIf(erasure = 'r1') AS blanked, countIf(lower(actor) = {name:String}) AS left FROM watchkeeper.audit_events".replace('{name:String}', `'${NAME}'`)))[0])
      .toEqual({ n: 36n, blanked: 11n, left: 0n })
    expect(await rowsOf('SELECT count() AS n FROM watchkeeper.interactions')).toEqual([{ n: 2n }])
    expect(filesWith(NAME, directory)).toEqual([])
    expect(await settingsLeft()).toEqual([])
  })

it('writes anew only the parts that name the subject where these are few, and makes the indexes again that it left out', { timeout: 240_000 }, async () => {
  await fill()
  await others(1)
  await merged()
  await others(200, 2_000)
  const sources = await rowsOf('SELECT * FROM watchkeeper.sources')
  const written: string[] = []
  const watched = new ClickHouseRemover({
    write: (sql, lane = 0) => {
      written.push(sql)
      return store.engine.write(sql, `removal ${lane}`)
    },
    read: (sql, options) => store.engine.read(sql, options),
  }, () => performance.now())
  await watched.erase('r1', subject, () => undefined)
  const ofEvents = written.filter((sql) => sql.includes('ALTER TABLE watchkeeper.audit_events'))
  expect([ofEvents.some((sql) => sql.includes('APPLY DELETED MASK')), ofEvents.some((sql) => sql.includes('CLEAR INDEX'))]).toEqual([true, false])
  expect([...(await remover.count(subject)).values()].every((rows) => rows === 0n)).toBe(true)
  expect((await rowsOf("SELECT count() AS n FROM watchkeeper.audit_events"))[0]).toEqual({ n: 232n })
  await settled()
  expect((await rowsOf("SELECT name FROM system.parts WHERE database = 'watchkeeper' AND table IN ('audit_events', 'interaction_versions') AND active AND secondary_indices_marks_bytes = 0"))).toEqual([])
  expect((await rowsOf("SELECT count() AS n FROM watchkeeper.audit_events WHERE hasToken(arguments, 'word7')"))[0]).toEqual({ n: 1n })
  expect(await settingsLeft()).toEqual([])
  expect((await rowsOf('SELECT * FROM watchkeeper.sources')).length).toBe(sources.length)
})

it('leaves one row of an event that another removal was stopped at, whole and blank', { timeout: 240_000 }, async () => {
  await fill()
  await others(5)
  await merged()
  const write = store.engine.write.bind(store.engine)
  const stopped = new ClickHouseRemover({
    write: (sql, lane = 0) => (sql.includes('DELETE FROM watchkeeper.audit_events') ? Promise.reject(new Error('killed')) : write(sql, `removal ${lane}`)), read: (sql, options) => store.engine.read(sql, options),
  }, () => performance.now())
  await expect(stopped.erase('r1', subject, () => undefined)).rejects.toThrow('killed')
  const count = "SELECT count() AS n, uniqExact(event_id) AS events, countIf(erasure = 'r2') AS blanked FROM watchkeeper.audit_events"
  expect(await rowsOf(count)).toEqual([{ n: 47n, events: 36n, blanked: 0n }])
  await remover.erase('r2', subject, () => undefined)
  // What a client saw of the calls names nobody, and the calls do not by now: that one is left to the first.
  expect(await rowsOf(count)).toEqual([{ n: 37n, events: 36n, blanked: 10n }])
  await remover.erase('r1', subject, () => undefined)
  expect((await rowsOf(count))[0]).toMatchObject({ n: 36n, events: 36n })
})

/** Data files of the parts of a table, by when they were written: a part that is left as it is keeps its own, whatever it is called then. */
async function dataFiles(table: string): Promise<readonly number[]> {
  const parts = await rowsOf(`SELECT path FROM system.parts WHERE database = 'watchkeeper' AND table = '${table}' AND active ORDER BY path`)
  return parts.map(({ path }) => statSync(join(String(path), 'data.bin')).mtimeMs)
}

it('writes no part anew that has no row of the subject, and blanks in calls the columns alone that hold something of it', { timeout: 180_000 }, async () => {
  await fill()
  await others(5)
  // Of three months of events two are of others alone; calls have one such.
  const later = exampleInteraction.sort_at + 3n * MONTH
  await store.insertRows('interactions', [{ ...exampleInteraction, interaction_id: id(9), sort_at: later, principal: 'bob', actor: 'bob', event_ids: [] }], 'i later')
  await merged()
  const before = { events: await dataFiles('audit_events'), calls: await dataFiles('interaction_versions') }
  let after = before
  const written: string[] = []
  const watched = new ClickHouseRemover({
    async write(sql, lane = 0) {
      // The index that is made again afterwards is of all parts.
      if (sql.includes('audit_events MATERIALIZE INDEX')) after = { events: await dataFiles('audit_events'), calls: await dataFiles('interaction_versions') }
      written.push(sql)
      return store.engine.write(sql, `removal ${lane}`)
    },
    read: (sql, options) => store.engine.read(sql, options),
  }, () => performance.now())
  await watched.erase('r1', subject, () => undefined)
  expect(after.events.filter((file) => before.events.includes(file)).length).toBe(2)
  expect(after.calls.filter((file) => before.calls.includes(file)).length).toBe(1)
  const blanked = written.find((sql) => sql.includes('UPDATE `')) ?? ''
  expect([blanked.includes('`arguments` ='), blanked.includes('`actor` ='), blanked.includes('`client_country` =')]).toEqual([true, true, false])
})

it('knows which holds stand against an erasure', { timeout: 180_000 }, async () => {
  await fill()
  await store.insertRows('alerts', [{ ...blankAlert, alert_id: id(1), finding_ids: [id(1)], interaction_ids: [id(1)] }, { ...blankAlert, alert_id: id(2), finding_ids: [id(3)] }], 'a')
  const holds = [
    hold({ hold_id: 'tenant', kind: 'tenant', value: '' }), hold({ hold_id: 'subject', value: NAME.toUpperCase() }), hold({ hold_id: 'bob', value: 'bob' }),
    hold({ hold_id: 'case', kind: 'case', value: id(1) }), hold({ hold_id: 'bobs case', kind: 'case', value: id(2) }), hold({ hold_id: 'other', tenant: 'other', kind: 'tenant', value: '' }),
  ]
  expect((await remover.against(subject, holds)).map(({ hold_id }) => hold_id)).toEqual(['tenant', 'subject', 'case'])
})

it('removes what is too old but what is held, drops whole months, and keeps what proves the rest', { timeout: 180_000 }, async () => {
  await fill()
  await fill('other')
  const until = exampleAuditEvent.received_at + MONTH / 2n
  const expiry = { tenant: 'default', class: 'metadata' as const, until }
  expect((await remover.countExpired(expiry, [hold({ kind: 'tenant', value: '' })])).size).toBe(0)
  expect((await remover.expire('r0', expiry, [hold({ kind: 'tenant', value: '' })], () => undefined)).events).toBe(0n)
  // The first month has ten events of the subject, and one that its call saw.
  const held = await remover.expire('r1', expiry, [hold({})], () => undefined)
  expect([held.events, held.tables.get('quarantine_versions')]).toEqual([0n, 0n])
  expect(Object.fromEntries(await remover.countExpired(expiry, []))).toMatchObject({ audit_events: 11n, interaction_versions: 1n })
  const removed = await remover.expire('r2', expiry, [hold({ value: 'nobody' })], () => undefined)
  expect(removed.events).toBe(11n)
  expect((await rowsOf('SELECT tenant, count() AS n FROM watchkeeper.audit_events GROUP BY tenant ORDER BY tenant'))).toEqual([{ tenant: 'default', n: 20n }, { tenant: 'other', n: 31n }])
  expect((await rowsOf("SELECT count() AS n, uniqExact(record_hash) AS hashes FROM watchkeeper.removed_events WHERE removal_id = 'r2' AND how = 'dropped'"))[0]).toEqual({ n: 11n, hashes: 11n })
  await remover.expire('r3', { ...expiry, tenant: 'other' }, [], () => undefined)
  expect((await rowsOf("SELECT DISTINCT _partition_id AS id FROM watchkeeper.audit_events ORDER BY id")).length).toBe(2)
})

it('takes the content away before the rest, and every row still proves itself; who it was can be erased later', { timeout: 180_000 }, async () => {
  await fill()
  const until = exampleAuditEvent.received_at + MONTH / 2n
  const removed = await remover.expire('c1', { tenant: 'default', class: 'content', until }, [], () => undefined)
  expect([removed.events, removed.tables.get('interaction_versions')]).toEqual([11n, 2n])
  expect((await remover.expire('c2', { tenant: 'default', class: 'content', until }, [], () => undefined)).events).toBe(0n)
  const rows = await store.query("SELECT * FROM watchkeeper.audit_events WHERE erasure = 'c1'")
  expect(rows.length).toBe(11)
  for (const row of rows) {
    expect([row['arguments'], (row['attributes'] as Map<string, string>).size, row['salt']]).toEqual(['', 0, ''])
    expect(recordHash(recordFromRow(row))).toBe(row['record_hash'])
  }
  expect((await rowsOf("SELECT count() AS n FROM watchkeeper.audit_events WHERE erasure = 'c1' AND actor != ''"))[0]).toEqual({ n: 10n })
  await remover.erase('r1', subject, () => undefined)
  for (const row of await store.query('SELECT * FROM watchkeeper.audit_events')) expect(recordHash(recordFromRow(row))).toBe(row['record_hash'])
  expect((await rowsOf("SELECT count() AS n FROM watchkeeper.audit_events WHERE erasure = 'r1' AND actor = ''"))[0]).toEqual({ n: 11n })
})

it('takes findings with all that is remembered of them, but what a hold keeps', { timeout: 180_000 }, async () => {
  await fill()
  const expiry = { tenant: 'default', class: 'findings' as const, until: exampleFinding.created_at + 1n }
  const kept = [hold({ value: 'bob' })]
  expect(Object.fromEntries(await remover.countExpired(expiry, kept))).toMatchObject({ finding_versions: 2n, finding_history: 2n })
  await remover.expire('f1', expiry, kept, () => undefined)
  expect(await rowsOf('SELECT finding_id FROM watchkeeper.finding_history')).toEqual([{ finding_id: id(3) }])
  await remover.expire('f2', expiry, [], () => undefined)
  expect(await rowsOf('SELECT count() AS n FROM watchkeeper.finding_history')).toEqual([{ n: 0n }])
})

it('drops no row that comes while others of its month are dropped', { timeout: 180_000 }, async () => {
  await fill()
  const write = store.engine.write.bind(store.engine)
  let came = false
  const racing = new ClickHouseRemover({
    async write(sql, lane = 0) {
      if (sql.includes('DROP PART') && sql.includes('audit_events') && !came) {
        came = true
        await others(3)
      }
      return write(sql, `removal ${lane}`)
    },
    read: (sql, options) => store.engine.read(sql, options),
  }, () => performance.now())
  const removed = await racing.expire('r1', { tenant: 'default', class: 'metadata', until: exampleAuditEvent.received_at + MONTH / 2n }, [], () => undefined)
  expect([came, removed.events]).toEqual([true, 11n])
  expect(await rowsOf("SELECT count() AS n, countIf(startsWith(arguments, 'word')) AS late FROM watchkeeper.audit_events")).toEqual([{ n: 23n, late: 3n }])
})

it('takes rows of version 1 as a whole: blank they could not prove themselves', { timeout: 180_000 }, async () => {
  const canonical = encodeCanonical({ ...exampleAuditEvent, salt: '', principal: NAME })
  await store.insertEvents([{ bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 }], 'old')
  expect((await remover.erase('r1', subject, () => undefined)).events).toBe(1n)
  expect(await rowsOf('SELECT count() AS n FROM watchkeeper.audit_events')).toEqual([{ n: 0n }])
  expect(await rowsOf('SELECT event_id, how FROM watchkeeper.removed_events')).toEqual([{ event_id: exampleAuditEvent.event_id, how: 'dropped' }])
})

it('takes no event that says what an earlier removal took, whatever its age and whoever is called by a word of it', { timeout: 180_000 }, async () => {
  const said = { ...exampleAuditEvent, salt: 'b'.repeat(32), emitter: 'watchkeeper', principal: 'op', actor: 'op', client: '', arguments: '{"events":"7"}', resource: 'removal/r0' }
  const rows = encodeCanonicals(['erasure.begin', 'erasure.done', 'retention.done'].map((action, n) => ({ ...said, event_id: id(n), method: `watchkeeper/${action}` })))
  await store.insertEvents(rows.map((canonical, offset) => ({ bytes: canonical.bytes, partition: 0, offset, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 })), 'said')
  expect((await remover.erase('r1', { tenant: 'default', names: ['events'], mentions: true }, () => undefined)).events).toBe(1n)
  const until = exampleAuditEvent.received_at + MONTH
  for (const kind of ['content', 'metadata'] as const) await remover.expire(`x-${kind}`, { tenant: 'default', class: kind, until }, [], () => undefined)
  expect(await rowsOf('SELECT method, arguments FROM watchkeeper.audit_events ORDER BY method'))
    .toEqual(['erasure.done', 'retention.done'].map((action) => ({ method: `watchkeeper/${action}`, arguments: '{"events":"7"}' })))
})
