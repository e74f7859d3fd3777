import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { changeTokens, tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import { NEVER } from '../../schemas/credential-record.ts'
import { Config } from '../config/schema.ts'
import { ownCredentials } from './own-credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'wk-own-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const warned: object[] = []
const log = { debug: () => undefined, info: () => undefined, warn: (fields: object) => void warned.push(fields), error: () => undefined }

it('tells of tokens and certificates with their times, and of no secret', async () => {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', '10', '-subj', '/CN=wk.example/O=Example'], { stdio: 'ignore' })
  mkdirSync(join(folder, 'keys'), { mode: 0o700 })
  writeFileSync(join(folder, 'keys', 'api.token'), 'SECRET-TOKEN', { mode: 0o600 })
  const time = '2026-01-02T03:04:05.000Z'
  await changeTokens(tokenFileOf(folder), () => [{ name: 'gw', sha256: 'c'.repeat(64), tenant: 'acme', scopes: ['ingest'], created_at: time, expires_at: null, revoked_at: time }])
  const config = Config.parse({ data_dir: folder, otlp: { tls: { key, cert }, tokens: [{ name: 'old', sha256: 'd'.repeat(64), tenant: 'default' }] }, sql: { tls: { key, cert: join(folder, 'gone.pem') } } })
  const now = 1_795_225_724_000_000_000n
  const found = await ownCredentials(config, log)(now)
  expect(found.map(({ kind, credential, tenant, fingerprint }) => [kind, credential, tenant, fingerprint.length])).toEqual([
    ['watchkeeper_token', 'gw', 'acme', 16], ['watchkeeper_token', 'old', 'default', 16], ['secret', 'api.token', 'default', 0], ['certificate', 'otlp.tls', 'default', 16]])
  const [token, , , certificate] = found
  expect(token).toMatchObject({ issued_at: BigInt(Date.parse(time)) * 1_000_000n, expires_at: NEVER, revoked_at: BigInt(Date.parse(time)) * 1_000_000n, looked_at: now, day: now - (now % 86_400_000_000_000n) })
  expect(certificate?.holder).toMatch(/CN=wk\.example/)
  expect(Number(((certificate?.expires_at ?? 0n) - (certificate?.issued_at ?? 0n)) / 86_400_000_000_000n)).toBe(10)
  expect(JSON.stringify(found, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toMatch(/SECRET|c{17}|d{17}/)
  expect(warned).toMatchObject([{ what: 'sql.tls' }])
})
