import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { exampleInteraction } from '../../schemas/interaction.ts'
import { openEngine } from './engine.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-upgrade-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const id = (n: number): string => String(n).padStart(32, '0')
const stored = (event: AuditEvent) => {
  const canonical = encodeCanonical(event)
  return { bytes: canonical.bytes, partition: 0, offset: 1, offsetIndex: 0, hashes: writeHashes(canonical), hashesAt: 0 }
}

/** A directory as the first release left it: six migrations, rows in parts that have every index. */
async function makeOld(): Promise<void> {
  const engine = openEngine({ directory, readers: 1 })
  await migrate(engine, readMigrations(new URL('./migrations/', import.meta.url)).filter(({ number }) => number <= 6))
  await engine.write(`INSERT INTO watchkeeper.audit_events (event_id, tenant, source, started_at, arguments, scopes, redacted)
    SELECT leftPad(toString(number), 32, '0'), 'default', 'old', toDateTime64('2026-10-01', 9, 'UTC'), if(number = 7, 'old needle', 'hay'), ['a', 'b'], ['x:y'] FROM numbers(1000)`)
  await engine.write(`INSERT INTO watchkeeper.interaction_versions (interaction_id, version, tenant, started_at, sort_at, arguments, scopes, sources, vantages, event_ids)
    SELECT leftPad(toString(number), 32, '0'), 1, 'default', toDateTime64('2026-10-01', 9, 'UTC'), toDateTime64('2026-10-01', 9, 'UTC'), if(number = 7, 'old needle', 'hay'),
      ['a'], ['files'], ['server', 'client'], [leftPad(toString(number), 32, '0')] FROM numbers(1000)`)
  await engine.write(`INSERT INTO watchkeeper.finding_versions (finding_id, version, tenant, detector, rule_version, title) VALUES ('${id(1)}', 1, 'default', 'old-one', 1, 'said before')`)
  await engine.close()
}

it('opens the directory of the first release, and finds old and new rows before and after merges', { timeout: 60_000 }, async () => {
  await makeOld()
  const store = openStore({ directory, readers: 2 })
  await store.migrate()
  await store.insertEvents([stored({ ...exampleAuditEvent, event_id: id(2000), arguments: 'new needle', scopes: ['c'], redacted: [] })], 'e')
  await store.insertRows('interactions', [{ ...exampleInteraction, interaction_id: id(2000), arguments: 'new needle', scopes: ['c'], sources: ['files'], event_ids: [id(2000)] }], 'i')
  const facts = async (): Promise<unknown> => ({
    events: (await store.query('SELECT count() AS n, sum(length(scopes)) AS scopes, sum(length(redacted)) AS redacted FROM watchkeeper.audit_events'))[0],
    interactions: (await store.query("SELECT count() AS n, sum(length(scopes)) AS scopes, countIf(has(sources, 'files')) AS files FROM watchkeeper.interactions"))[0],
    needles: await store.query("SELECT event_id, arguments, scopes FROM watchkeeper.audit_events WHERE hasToken(arguments, 'needle') ORDER BY event_id"),
    needlesJoined: await store.query("SELECT interaction_id, scopes FROM watchkeeper.interactions WHERE hasToken(arguments, 'needle') ORDER BY interaction_id"),
    byEvent: await store.query('SELECT interaction_id FROM watchkeeper.interactions WHERE has(event_ids, {id:String})', { id: id(2000) }),
    defaults: await store.query('SELECT DISTINCT rounds, attempts, delegation, agent_trust, client_asn FROM watchkeeper.interactions'),
    findings: await store.query('SELECT title, features, baseline_self, lineage, sample_events, part_ids, benign FROM watchkeeper.findings'),
    sources: await store.query('SELECT source, events FROM watchkeeper.sources ORDER BY source'),
  })
  const expected = {
    events: { n: 1001n, scopes: 2001n, redacted: 1000n }, interactions: { n: 1001n, scopes: 1001n, files: 1001n },
    needles: [{ event_id: id(7), arguments: 'old needle', scopes: ['a', 'b'] }, { event_id: id(2000), arguments: 'new needle', scopes: ['c'] }],
    needlesJoined: [{ interaction_id: id(7), scopes: ['a'] }, { interaction_id: id(2000), scopes: ['c'] }],
    byEvent: [{ interaction_id: id(2000) }],
    defaults: [{ rounds: 1, attempts: 1, delegation: [], agent_trust: 'none', client_asn: 0 }],
    findings: [{ title: 'said before', features: [], baseline_self: '', lineage: '', sample_events: [], part_ids: [], benign: [] }],
    sources: [{ source: exampleAuditEvent.source, events: 1n }, { source: 'old', events: 1000n }],
  }
  expect(await facts()).toEqual(expected)
  for (const table of ['audit_events', 'interaction_versions']) await store.engine.write(`OPTIMIZE TABLE watchkeeper.${table} FINAL`)
  expect(await facts()).toEqual(expected)
  const empty = "SELECT table, name FROM system.data_skipping_indices WHERE name IN ('arguments_text', 'event_ids_bloom') AND data_compressed_bytes = 0"
  expect(await store.query(empty)).toEqual([])
  await store.close()
})
