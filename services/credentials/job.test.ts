import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../infra/clickhouse/store.ts'
import { type Attribute, type AuditEvent, exampleAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical, writeHashes } from '../../schemas/canonical.ts'
import { type CredentialRecord, NEVER } from '../../schemas/credential-record.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Row } from '../../schemas/ports.ts'
import { createCredentials, troublesOf } from './job.ts'

const DAY = 86_400_000_000_000n
const MINUTE = 60_000_000_000n
const NOW = 1_795_225_724n * 1_000_000_000n
const LIMITS = { maxAgeDays: 365, warnDays: 30 }
const record = (change: Partial<CredentialRecord>): CredentialRecord => ({
  tenant: 'default', kind: 'watchkeeper_token', credential: 'gateway', day: NOW - (NOW % DAY), looked_at: NOW, fingerprint: 'ab', holder: '', scopes: ['ingest'], place: 'f', issued_at: NOW - DAY, expires_at: NEVER, revoked_at: 0n, ...change })

describe('troubles of our own', () => {
  it.each([
    ['a fresh one', {}, []], ['one that nobody knows the age of', { issued_at: 0n, expires_at: 0n }, []], ['an old one', { issued_at: NOW - 366n * DAY }, ['old']],
    ['one that was taken back', { issued_at: NOW - 400n * DAY, revoked_at: NOW - DAY }, []], ['one that ends soon', { expires_at: NOW + 29n * DAY }, ['ends_soon']], ['one that ends later', { expires_at: NOW + 31n * DAY }, []],
    ['an old one that has ended', { issued_at: NOW - 400n * DAY, expires_at: NOW }, ['ended']], ['an old one that ends soon', { issued_at: NOW - 400n * DAY, expires_at: NOW + DAY }, ['ends_soon', 'old']],
  ] as const)('%s', (_, change, troubles) => expect(troublesOf([record(change)], LIMITS, NOW).map(({ trouble }) => trouble)).toEqual(troubles))
})

describe('the job', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wk-credentials-'))
  const store = openStore({ directory, readers: 1 })
  let sent = 0
  const use = (minutesAgo: number, claims: Record<string, string>, change: Partial<AuditEvent> = {}): AuditEvent => {
    const at = NOW - BigInt(minutesAgo) * MINUTE
    return { ...exampleAuditEvent, event_id: String(++sent).padStart(32, '0'), started_at: at, received_at: at, token_fingerprint: 'f1', client: 'app', attributes: new Map(Object.entries(claims).map(([key, text]): [string, Attribute] => [key, { type: 'string', text }])), ...change }
  }
  const seconds = (minutesAgo: number): string => String((NOW - BigInt(minutesAgo) * MINUTE) / 1_000_000_000n)
  beforeAll(async () => {
    await store.migrate()
    const events = [
      use(5, { 'jwt.exp': seconds(100) }), use(4, { 'jwt.exp': seconds(100) }, { token_fingerprint: 'f2' }), use(3, { 'jwt.exp': seconds(100) }, { outcome: 'denied' }), use(2, { 'jwt.exp': seconds(4) }), use(2, { 'jwt.exp': seconds(-60) }),
      use(2, { 'watchkeeper.token.expires_at': new Date(Number(NOW / 1_000_000n) - 20 * 60_000).toISOString() }, { server: 'mail', tenant: 'acme' }),
      use(2, { 'jwt.iat': seconds(600 * 1_440), 'jwt.exp': seconds(-1_440) }, { token_fingerprint: 'pat', principal: 'ann' }), use(200, { 'jwt.exp': seconds(900) }, { server: 'long-ago' }), use(2, { 'jwt.exp': 'x', 'jwt.iat': '99' }),
    ]
    await store.insertEvents(events.map((event, offsetIndex) => {
      const canonical = encodeCanonical(event)
      return { bytes: canonical.bytes, partition: 0, offset: 0, offsetIndex, hashes: writeHashes(canonical), hashesAt: 0 }
    }), 'e')
  })
  afterAll(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('writes down what we have, tells what is not in order, and nothing twice', async () => {
    const published: { topic: string; record: Row }[] = []
    let now = NOW
    const open = () => createCredentials(LIMITS, {
      store, clock: { now: () => now }, log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }, marked: (finding) => finding,
      own: async () => [record({}), record({ kind: 'certificate', credential: 'otlp.tls', expires_at: NOW - DAY })],
      bus: { publish: async (topic, batch) => void published.push(...batch.map(({ record: one }) => ({ topic: topic.name, record: one as Row }))), broadcast: async () => undefined },
    })
    const said = () => published.filter(({ topic }) => topic === 'findings').map(({ record: one }) => one as unknown as Finding)
    const job = open()
    await job.run()
    expect(said().map(({ tenant, severity, title, observed, actor }) => [tenant, severity, title, observed, actor])).toEqual([
      ['default', 'high', 'Certificate otlp.tls has ended', 'it ended on 2026-11-20', 'otlp.tls'],
      ['acme', 'low', 'mail takes tokens after their end', '1 uses of 1 token, up to 18 minutes after they had ended', 'mail'],
      ['default', 'medium', 'files takes tokens after their end', '2 uses of 2 tokens, up to 96 minutes after they had ended', 'files'],
      ['default', 'low', 'Token pat is overdue for rotation', 'it is 600 days old', 'ann'],
    ])
    expect(published.filter(({ topic }) => topic === 'credentials')).toHaveLength(2)
    await store.insertRows('findings', said() as unknown as readonly Row[], 'f')
    await store.insertRows('credentials', published.filter(({ topic }) => topic === 'credentials').map(({ record: one }) => one), 'c')
    now += 10n * MINUTE
    await job.run()
    await open().run()
    expect(said()).toHaveLength(4)
    for (const { sql } of said()) await store.query(sql)
    expect((await store.query("SELECT credential FROM watchkeeper.credentials WHERE kind != 'token' ORDER BY credential")).map((row) => row['credential'])).toEqual(['gateway', 'otlp.tls'])
  })

  it('shows when tokens of our own were used: for records of their tenant, and by the API for whomever', async () => {
    const by = (minutesAgo: number, credential: string, change: Partial<AuditEvent> = {}): AuditEvent => use(minutesAgo, {}, { token_fingerprint: '', credential, ...change })
    const events = [
      by(9, 'token:agents'), by(3, 'token:agents'), by(1, 'token:agents', { tenant: 'acme' }), by(7, 'token:desk', { tenant: 'acme', emitter: 'watchkeeper' }), by(5, 'local:api.token', { emitter: 'watchkeeper' }),
      by(1, 'os-user:idle', { emitter: 'watchkeeper' }),
    ]
    await store.insertEvents(events.map((event, offsetIndex) => {
      const canonical = encodeCanonical(event)
      return { bytes: canonical.bytes, partition: 0, offset: 1, offsetIndex, hashes: writeHashes(canonical), hashesAt: 0 }
    }), 'uses')
    const own = [record({ credential: 'agents', tenant: 'default' }), record({ credential: 'desk', tenant: 'beta' }), record({ credential: 'idle', tenant: 'default' }), record({ kind: 'secret', credential: 'api.token' })]
    await store.insertRows('credentials', own as unknown as readonly Row[], 'uses')
    const rows = await store.query(`SELECT credential, uses, first_used_at, last_used_at FROM watchkeeper.credentials WHERE credential IN ('agents', 'desk', 'idle', 'api.token') ORDER BY credential`)
    const ago = (minutes: number): bigint => NOW - BigInt(minutes) * MINUTE
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { credential: 'agents', uses: 2n, first_used_at: ago(9), last_used_at: ago(3) }, { credential: 'api.token', uses: 1n, first_used_at: ago(5), last_used_at: ago(5) },
      { credential: 'desk', uses: 1n, first_used_at: ago(7), last_used_at: ago(7) }, { credential: 'idle', uses: 0n, first_used_at: 0n, last_used_at: 0n },
    ])
  })
})
