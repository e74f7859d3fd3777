import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changeTokens, tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import type { AdminAction } from '../../schemas/admin-action.ts'
import type { Log } from '../../schemas/ports.ts'
import type { TokenRecord } from '../../schemas/token-record.ts'
import { Config } from '../config/schema.ts'
import { type Edge, openEdge, usableTokens } from './edge.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const kept = (name: string, over: Partial<TokenRecord> = {}): TokenRecord => ({
  name, sha256: sha256(`token-of-${name}`), tenant: 'acme', scopes: ['ingest'], created_at: '2026-01-01T00:00:00.000Z', expires_at: null, revoked_at: null, ...over,
})
const quiet = () => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

let dataDir = ''
let edge: Edge | undefined
const told: AdminAction[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'edge-'))
  told.length = 0
})
afterEach(async () => {
  await edge?.close()
  edge = undefined
  rmSync(dataDir, { recursive: true, force: true })
})
const configured = (otlp: object = {}) => Config.parse({ data_dir: dataDir, otlp })
const open = async (otlp?: object) => (edge = await openEdge({ config: configured(otlp), log, ingests: true, intake: async (action) => void told.push(action) }))
const sends = (name: string) => edge!.authenticate({ authorization: `Bearer token-of-${name}` })

describe('the edge', () => {
  it('takes tokens of file and configuration, and tells of each change of the file by name', async () => {
    await changeTokens(tokenFileOf(dataDir), () => [kept('a'), kept('b')])
    await open({ tokens: [{ name: 'old', tenant: 'first', sha256: sha256('token-of-old') }] })
    expect([sends('a'), sends('old'), sends('c')]).toMatchObject([{ tenant: 'acme', name: 'a' }, { tenant: 'first' }, { refusal: expect.any(String) as string }])
    await changeTokens(tokenFileOf(dataDir), ([a]) => [{ ...a!, revoked_at: '2026-02-01T00:00:00.000Z' }, kept('c')])
    await expect.poll(() => told, { timeout: 10_000, interval: 20 }).toMatchObject([{
      action: 'token.reload', actor: 'watchkeeper', actor_source: 'watchkeeper', outcome: 'ok', details: { added: 'c', removed: 'b', changed: 'a' },
    }])
    expect([sends('a'), sends('b'), sends('c'), sends('old')]).toMatchObject([{ refusal: expect.any(String) as string }, { refusal: expect.any(String) as string }, { name: 'c' }, { name: 'old' }])
  })

  it('does not bring back what has ended for a clock that is years behind', async () => {
    await changeTokens(tokenFileOf(dataDir), () => [
      kept('ended', { created_at: '2098-01-01T00:00:00.000Z', expires_at: '2099-01-01T00:00:00.000Z' }), kept('new', { created_at: '2099-06-01T00:00:00.000Z' }),
      kept('lasting', { expires_at: '2099-07-01T00:00:00.000Z' }),
    ])
    await open()
    expect([sends('ended'), sends('lasting')]).toMatchObject([{ refusal: expect.any(String) as string }, { name: 'lasting' }])
  })

  it('gives the API to tokens for it alone', async () => {
    await changeTokens(tokenFileOf(dataDir), () => [
      kept('ops', { scopes: ['api'] }), kept('gone', { scopes: ['api'], expires_at: '2026-01-02T00:00:00.000Z' }), kept('sender'),
      kept('desk', { scopes: ['read', 'triage'] }), kept('page', { scopes: ['read'] }), kept('back', { scopes: ['admin'], revoked_at: '2026-01-02T00:00:00.000Z' }),
    ])
    await open()
    expect(['ops', 'gone', 'sender', 'none', 'desk', 'page', 'back'].map((name) => edge!.apiCaller(`token-of-${name}`)?.scope))
      .toEqual(['admin', undefined, undefined, undefined, 'triage', 'read', undefined])
    expect(await usableTokens(configured())).toBe(1)
  })

  it('knows clients by the subject and by the fingerprint as openssl prints it, and their budgets', async () => {
    const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
    await open({ tls: {
      key: 'k', cert: 'c', client_ca: 'a', clients: [
        { name: 'x', tenant: 'acme', subject: 'O=Example, CN=edge', budget: { requests_per_second: 1, burst_requests: 1 } },
        { name: 'y', tenant: 'beta', fingerprint_sha256: fingerprint },
      ],
    } })
    const x = edge!.authenticate({ certificate: { subject: ['CN=edge', 'O=Example'], fingerprintSha256: '' } })
    expect([x, edge!.authenticate({ certificate: { subject: [], fingerprintSha256: 'ab'.repeat(32) } })]).toMatchObject([{ name: 'x' }, { tenant: 'beta' }])
    if ('refusal' in x) throw new Error(x.refusal)
    expect([edge!.budgets.begin(x), edge!.budgets.begin(x)]).toEqual([undefined, { what: 'requests', seconds: 1 }])
  })

  it('does not start on a token file that others may have written', async () => {
    await changeTokens(tokenFileOf(dataDir), () => [kept('a')])
    chmodSync(tokenFileOf(dataDir), 0o666)
    await expect(open()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('chmod 600') as string })
    await expect(usableTokens(configured())).rejects.toMatchObject({ kind: 'misconfigured' })
  })

  it('counts no token where there is no data directory yet', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    for (const where of ['none', 'file/below']) expect(await usableTokens(Config.parse({ data_dir: join(dataDir, where) }))).toBe(0)
  })
})

describe('its configuration', () => {
  const tls = (clients: object[], more: object = {}) => Config.safeParse({ otlp: { tls: { key: 'k', cert: 'c', ...more, clients } } })
  it('names a client by exactly one of subject and fingerprint, and needs an authority', () => {
    const client = { name: 'x', tenant: 'acme' }
    const ca = { client_ca: 'a' }
    expect(tls([{ ...client, subject: 'CN=edge' }], ca).success).toBe(true)
    for (const refused of [
      tls([client], ca), tls([{ ...client, subject: 'CN=a', fingerprint_sha256: 'ab'.repeat(32) }], ca), tls([{ ...client, subject: 'edge' }], ca),
      tls([{ ...client, fingerprint_sha256: 'ab' }], ca), tls([{ ...client, subject: 'CN=a' }]),
    ]) expect(refused.success).toBe(false)
  })
})
