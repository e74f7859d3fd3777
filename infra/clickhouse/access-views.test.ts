import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tierOf } from '../../detectors/new-scope/tier.ts'
import { type Attribute, type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { openStore } from './store.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-access-'))
const store = openStore({ directory, readers: 2 })
const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
const FIRST = 1_790_000_000n * SECOND
const FOREVER = Date.UTC(2262, 0, 1)

let calls = 0
const call = (day: number, change: Partial<Interaction>): Interaction => {
  const started = FIRST + BigInt(day) * DAY
  return { ...exampleInteraction, interaction_id: String(++calls).padStart(32, '0'), started_at: started, sort_at: started, principal: 'ann', client: '', agent: '', token_fingerprint: '', server: 'files',
    scopes_trust: 'server_reported', effect: 'read', tool: 'read_file', ...change }
}
const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await store.query(sql)).map((row) => ({ ...row }))
const offered = (tool: string, annotations = ''): Record<string, unknown> => ({
  tenant: 'default', server: 'files', target: '', source: 's', emitter: 'e', vantage: 'server', agent: '', client: '', kind: 'tool', name: tool, definition_hash: tool, seen_on: FIRST, first_seen: FIRST,
  last_seen: FIRST + 3n * DAY, event_id: '', title: '', description: '', description_bytes: -1, input_schema: '', output_schema: '', annotations, hash_form: 'jcs-1', description_hash: '', input_schema_hash: '',
  output_schema_hash: '', annotations_hash: '', notes: [],
})

beforeAll(() => store.migrate())
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

describe('access_granted_and_used', () => {
  const held = (name: string, holder = 'ann'): Promise<Record<string, unknown>[]> => rows(`SELECT access, calls, uses, possible_uses, dateDiff('day', fromUnixTimestamp64Nano(${FIRST}), first_used_at) AS first,
    dateDiff('day', fromUnixTimestamp64Nano(${FIRST}), last_used_at) AS last, toUnixTimestamp64Nano(last_used_at) = 0 AS never FROM watchkeeper.access_granted_and_used WHERE tenant = 'default' AND name = '${name}' AND holder = '${holder}'`)

  beforeAll(async () => {
    const scopes = ['files:read', 'files:write', 'admin:org', 'mail.send']
    await store.insertRows('interactions', [
      call(0, { scopes }), call(1, { scopes, token_fingerprint: 'f1' }), call(2, { scopes, effect: 'write', tool: 'write_file' }), call(5, { scopes, effect: 'unknown', tool: 'odd' }),
      call(6, { scopes, effect: 'write', tool: 'drop_all', outcome: 'denied' }), call(7, { scopes, method: 'tools/list', tool: '', effect: 'unknown' }),
      call(8, { scopes: ['boast'], scopes_trust: 'self_declared' }), call(8, { scopes: ['inner'], server_internal: true }), call(8, { scopes: ['gone'], merged_into: '0'.repeat(32) }),
      call(0, { tenant: 'other', scopes: ['files:read'], principal: 'eve' }),
    ], 'calls')
    await store.insertRows('tool_inventory', [offered('read_file', '{"readOnlyHint":true}'), offered('write_file'), offered('drop_all', '{"destructiveHint":true}'), offered('grant_role')], 'tools')
  })

  it('counts for each scope the calls that needed one of its kind, those that may have, and when', async () => {
    expect(await held('files:read')).toEqual([{ access: 'read', calls: 6n, uses: 2n, possible_uses: 2n, first: 0n, last: 5n, never: 0 }])
    expect(await held('files:write')).toEqual([{ access: 'change', calls: 6n, uses: 1n, possible_uses: 1n, first: 2n, last: 5n, never: 0 }])
    expect(await held('admin:org')).toEqual([{ access: 'admin', calls: 6n, uses: 0n, possible_uses: 2n, first: 2n, last: 5n, never: 0 }])
    expect(await held('files:write', 'f1')).toMatchObject([{ calls: 1n, uses: 0n, possible_uses: 0n, never: 1 }])
  })

  it('passes by what was only claimed, withdrawn or a server of its own accord, and mixes no tenants', async () => {
    expect(await rows("SELECT name FROM watchkeeper.access_granted_and_used WHERE name IN ('boast', 'inner', 'gone')")).toEqual([])
    expect(await rows("SELECT tenant, holder, uses FROM watchkeeper.access_granted_and_used WHERE name = 'files:read' AND holder_kind = 'principal' ORDER BY tenant")).toEqual([
      { tenant: 'default', holder: 'ann', uses: 2n }, { tenant: 'other', holder: 'eve', uses: 1n }])
  })

  it('lists the tools that a server offers beside what its callers called', async () => {
    expect(await rows("SELECT name, access, calls, uses, toUnixTimestamp64Nano(last_used_at) = 0 AS never FROM watchkeeper.access_granted_and_used WHERE kind = 'tool' AND holder = 'ann' AND tenant = 'default' ORDER BY name")).toEqual([
      { name: 'drop_all', access: 'change', calls: 6n, uses: 0n, never: 1 }, { name: 'grant_role', access: 'admin', calls: 6n, uses: 0n, never: 1 },
      { name: 'read_file', access: 'read', calls: 6n, uses: 3n, never: 0 }, { name: 'write_file', access: 'change', calls: 6n, uses: 1n, never: 0 }])
  })

  it('reads names of scopes as the detector of new rights does', async () => {
    const names = ['files:read', 'Mail.ReadWrite', 'repo:admin', 'https://h/auth/drive.file', 'files.*', 'x', 'SecretsVault', 'payments:refund', 'READ', 'user.superuser', 'exportData', 'a-b_c', 'ReadOnly']
    await store.insertRows('interactions', [call(0, { tenant: 'words', scopes: names })], 'words')
    const read = await rows("SELECT name, access FROM watchkeeper.access_granted_and_used WHERE tenant = 'words' AND kind = 'scope'")
    expect(read).toHaveLength(names.length)
    for (const { name, access } of read) expect([name, access]).toEqual([name, ['read', 'change', 'admin'][tierOf(String(name)) - 1]])
  })
})

describe('policies', () => {
  const published = (policy: string, version: number, from: number, change: Record<string, unknown> = {}): Record<string, unknown> => ({
    tenant: 'default', policy, version, hash: `h${version}`, action: 'publish', mode: 'enforce', title: '', rules: 1, text: `v${version}`, text_hash: '', members: new Map([['staff', ['ann']]]), file: 'p.yaml',
    published_at: FIRST + BigInt(from) * SECOND, in_force_from: FIRST + BigInt(from + 5) * SECOND, ...change })

  it('say from when until when each version was in force', async () => {
    await store.insertRows('policies', [
      published('p', 1, 0), published('p', 2, 100), published('p', 2, 101), published('p', 2, 200, { action: 'withdraw' }), published('p', 2, 300), published('q', 1, 50, { tenant: 'other' }),
    ], 'policies')
    const at = (column: string): string => `intDiv(toUnixTimestamp64Nano(${column}), 1000000000) - ${FIRST / SECOND} AS ${column}`
    expect(await rows(`SELECT tenant, policy, version, ${at('in_force_from')}, in_force_until = toDateTime64('2262-01-01', 9, 'UTC') AS open, if(open, 0, intDiv(toUnixTimestamp64Nano(in_force_until), 1000000000) - ${FIRST / SECOND}) AS until, in_force
      FROM watchkeeper.policies ORDER BY tenant, policy, watchkeeper.policies.in_force_from`)).toEqual([
      { tenant: 'default', policy: 'p', version: 1, in_force_from: 5n, open: 0, until: 105n, in_force: false },
      { tenant: 'default', policy: 'p', version: 2, in_force_from: 105n, open: 0, until: 205n, in_force: false },
      { tenant: 'default', policy: 'p', version: 2, in_force_from: 305n, open: 1, until: 0n, in_force: true },
      { tenant: 'other', policy: 'q', version: 1, in_force_from: 55n, open: 1, until: 0n, in_force: true },
    ])
    expect(await rows("SELECT DISTINCT members['staff'] AS staff FROM watchkeeper.policies")).toEqual([{ staff: ['ann'] }])
  })
})

describe('credentials', () => {
  let sent = 0
  const use = (second: number, change: Partial<AuditEvent>): AuditEvent =>
    ({ ...exampleAuditEvent, event_id: String(++sent).padStart(32, '0'), started_at: FIRST + BigInt(second) * SECOND, client: '', token_fingerprint: 'f1', ...change })
  const claims = (said: Record<string, string>): ReadonlyMap<string, Attribute> => new Map(Object.entries(said).map(([key, text]) => [key, { type: 'string', text }]))

  it('tell of each token who used it where, since when, and uses after its end', async () => {
    const end = Number(FIRST / SECOND) + 60
    const events = [
      use(0, { principal: 'ann', scopes: ['b'], server: 'files', attributes: claims({ 'jwt.exp': String(end), 'jwt.iat': String(end - 3_660) }) }),
      use(100, { principal: 'ann', scopes: ['a'], server: 'mail', attributes: claims({ 'jwt.exp': String(end) }) }), use(500, { principal: 'ann', attributes: claims({ 'jwt.exp': String(end) }) }),
      use(600, { outcome: 'denied', attributes: claims({ 'jwt.exp': String(end) }) }), use(0, { token_fingerprint: 'f2', client: 'app', attributes: claims({ 'watchkeeper.token.expires_at': '2027-01-01T00:00:00Z' }) }),
      use(0, { token_fingerprint: 'f3', attributes: claims({ 'jwt.exp': 'never', 'jwt.iat': '17' }) }), use(0, { token_fingerprint: '' }),
    ]
    await store.insertEvents(events.map((event, offsetIndex) => {
      const canonical = encodeCanonical(event)
      return { bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex, hashes: writeHashes(canonical), hashesAt: 0 }
    }), 'uses')
    expect(await rows(`SELECT credential, holder, holder_kind, scopes, servers, intDiv(toUnixTimestamp64Nano(issued_at), 1000000000) - ${end} AS issued, issued_said, toString(expires_at) AS ends, uses, used_after_end
      FROM watchkeeper.credentials WHERE kind = 'token' ORDER BY credential`)).toEqual([
      { credential: 'f1', holder: 'ann', holder_kind: 'principal', scopes: ['a', 'b', 'files:read'], servers: ['files', 'mail'], issued: -3_660n, issued_said: true, ends: expect.stringMatching(/^2026-09-21/), uses: 4n, used_after_end: 1n },
      { credential: 'f2', holder: 'app', holder_kind: 'client', scopes: ['files:read'], servers: ['files'], issued: -60n, issued_said: false, ends: '2027-01-01 00:00:00.000000000', uses: 1n, used_after_end: 0n },
      { credential: 'f3', holder: '', holder_kind: '', scopes: ['files:read'], servers: ['files'], issued: -60n, issued_said: false, ends: '1970-01-01 00:00:00.000000000', uses: 1n, used_after_end: 0n },
    ])
  })

  it('show the last look at each of our own', async () => {
    const look = (day: number, change: Record<string, unknown>): Record<string, unknown> => ({
      tenant: 'default', kind: 'certificate', credential: 'otlp.tls', day: (FIRST / DAY + BigInt(day)) * DAY, looked_at: FIRST + BigInt(day) * DAY, fingerprint: 'aa', holder: 'CN=x', scopes: [],
      place: 'tls.pem', issued_at: FIRST, expires_at: FIRST + 90n * DAY, revoked_at: 0n, ...change })
    await store.insertRows('credentials', [look(0, {}), look(1, {}), look(1, { kind: 'watchkeeper_token', credential: 't', expires_at: BigInt(FOREVER) * 1_000_000n })], 'looks')
    expect(await rows(`SELECT kind, credential, fingerprint, dateDiff('day', issued_at, looked_at) AS age, toYear(expires_at) AS ends, issued_said FROM watchkeeper.credentials WHERE kind != 'token' ORDER BY kind`)).toEqual([
      { kind: 'certificate', credential: 'otlp.tls', fingerprint: 'aa', age: 1n, ends: 2026, issued_said: true }, { kind: 'watchkeeper_token', credential: 't', fingerprint: 'aa', age: 1n, ends: 2262, issued_said: true }])
  })
})
