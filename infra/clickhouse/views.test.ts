import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-views-'))
const store = openStore({ directory, readers: 2 })
const SECOND = 1_000_000_000n
const start = exampleAuditEvent.started_at

const eventOf = (n: number, change: Partial<AuditEvent>): AuditEvent => ({ ...exampleAuditEvent, event_id: String(n).padStart(32, '0'), started_at: start + BigInt(n) * SECOND, ...change })
const interactionOf = (n: number, change: Partial<Interaction>): Interaction => ({ ...exampleInteraction, interaction_id: String(n).padStart(32, '0'), ...change })

async function insert(token: string): Promise<void> {
  const events = [
    eventOf(1, {}), eventOf(2, {}),
    eventOf(3, { source: 'assistant', emitter: 'pydantic-ai', arguments: '{}', arguments_bytes: 2n, principal: 'ann', actor: 'ann', actor_kind: 'principal', conversation: 'c' }),
    eventOf(4, { tenant: 'other', actor: '', client: '' }),
  ]
  await store.insertEvents(events.map((event, i) => {
    const canonical = encodeCanonical(event)
    return { bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex: i, hashes: writeHashes(canonical), hashesAt: 0 }
  }), token)
  await store.insertRows('interactions', [
    interactionOf(1, { sources: ['files-mcp'], requested_by: 'unknown', arguments: '', arguments_bytes: -1n, result_bytes: 10n }),
    interactionOf(2, { sources: ['assistant'], principal: 'ann', actor: 'ann', outcome: 'denied', result_bytes: -1n }),
    interactionOf(3, { server_internal: true, method: 'tools/list', tool: '' }),
    interactionOf(4, { merged_into: '1'.padStart(32, '0') }),
  ], token)
}
beforeAll(async () => {
  await store.migrate()
  await insert('first')
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})
const rows = async (sql: string): Promise<unknown[]> => (await store.query(sql)).map((row) => ({ ...row }))

describe('views', () => {
  it('say per source what is sent and which detectors are blind without the rest', async () => {
    const facts = 'tenant, source, emitter, events, calls, has_arguments, has_user_turns, has_principal, has_client, has_conversation, blind_detectors'
    const expected = [
      { tenant: 'default', source: 'assistant', emitter: 'pydantic-ai', events: 1n, calls: 1n, has_arguments: true, has_user_turns: true, has_principal: true, has_client: true, has_conversation: true, blind_detectors: [] },
      { tenant: 'default', source: 'files-mcp', emitter: 'fastmcp', events: 2n, calls: 1n, has_arguments: false, has_user_turns: false, has_principal: false, has_client: true, has_conversation: false, blind_detectors: ['unexpected-command', 'unrequested-action'] },
      { tenant: 'other', source: 'files-mcp', emitter: 'fastmcp', events: 1n, calls: 0n, has_arguments: false, has_user_turns: false, has_principal: false, has_client: false, has_conversation: false, blind_detectors: ['off-hours-token', 'unexpected-command', 'unrequested-action', 'unusual-volume'] },
    ]
    expect(await rows(`SELECT ${facts} FROM watchkeeper.sources ORDER BY tenant, source`)).toEqual(expected)
    await insert('first')
    expect(await rows(`SELECT ${facts} FROM watchkeeper.sources ORDER BY tenant, source`)).toEqual(expected)
    expect(await rows("SELECT first_seen, last_seen FROM watchkeeper.sources WHERE source = 'files-mcp' AND tenant = 'default'")).toEqual([{ first_seen: start + SECOND, last_seen: start + 2n * SECOND }])
  })

  it('count sources from what is kept with each merged part, not from all rows', async () => {
    await store.engine.write('OPTIMIZE TABLE watchkeeper.audit_events FINAL')
    expect(String(await store.engine.read('EXPLAIN SELECT * FROM watchkeeper.sources', { format: 'TSVRaw' }))).toContain('by_source')
  })

  it('answer what an auditor asks first, without servers\' own calls and what was withdrawn', async () => {
    expect(await rows('SELECT actor, tool, calls, failed, result_bytes FROM watchkeeper.who_accessed_what ORDER BY actor')).toEqual([
      { actor: 'ann', tool: 'run_command', calls: 1n, failed: 1n, result_bytes: 0n }, { actor: 'claude-desktop', tool: 'run_command', calls: 1n, failed: 0n, result_bytes: 10n }])
    expect(await rows('SELECT actor, outcome FROM watchkeeper.denied_and_failed')).toEqual([{ actor: 'ann', outcome: 'denied' }])
    expect(await rows('SELECT tool, calls, failed FROM watchkeeper.activity_by_tool')).toEqual([{ tool: 'run_command', calls: 2n, failed: 1n }])
    expect(await rows('SELECT server, calls FROM watchkeeper.activity_by_server')).toEqual([{ server: 'files', calls: 2n }])
    expect(await rows('SELECT actor, result_bytes FROM watchkeeper.data_volume ORDER BY result_bytes DESC LIMIT 1')).toEqual([{ actor: 'claude-desktop', result_bytes: 10n }])
    expect(await rows('SELECT client, calls FROM watchkeeper.unknown_principals')).toEqual([{ client: 'claude-desktop', calls: 1n }])
  })

  it('return the types that they are described with', async () => {
    const views = await rows("SELECT name FROM system.tables WHERE database = 'watchkeeper' AND engine = 'View'") as { name: string }[]
    expect(views.length).toBeGreaterThan(10)
    for (const { name } of views) {
      const described = (await rows(`SELECT name, type FROM system.columns WHERE database = 'watchkeeper' AND table = '${name}' ORDER BY position`)) as { name: string; type: string }[]
      const [names, types] = String(await store.engine.read(`SELECT * FROM watchkeeper.${name} LIMIT 0`, { format: 'TSVRawWithNamesAndTypes' })).split('\n').map((line) => line.split('\t'))
      expect(described, name).toEqual(names?.map((column, i) => ({ name: column, type: types?.[i] })))
    }
  })

  it('have a comment on every column, and a tenant, but for rules, which are everybody\'s', async () => {
    expect(await rows("SELECT table, name FROM system.columns WHERE database = 'watchkeeper' AND comment = ''")).toEqual([])
    expect(await rows("SELECT name FROM system.tables WHERE database = 'watchkeeper' AND name NOT IN ('schema_migrations', 'rules', 'rule_versions', 'rule_history', 'checkpoints', 'checkpoint_versions', 'anchors', 'anchor_versions') AND name NOT IN (SELECT table FROM system.columns WHERE database = 'watchkeeper' AND name = 'tenant')")).toEqual([])
  })
})
