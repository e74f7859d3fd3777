import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { drainSpool } from '../../infra/guarded-files/admin-spool.ts'
import { tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import type { AdminAction } from '../../schemas/admin-action.ts'
import type { TokenRecord } from '../../schemas/token-record.ts'
import { type CreateOptions, tokenCreate, tokenList, tokenRevoke, wishOf } from './token.ts'
import { lifetimeOf, stateOf, withoutToken, withToken } from './token-records.ts'

const NOW = Date.parse('2026-11-21T08:00:00.000Z')
const WISH = { name: 'gateway', tenant: 'acme', scopes: ['ingest'], lifetimeMs: 86_400_000 } as const
const made = (name = 'gateway', now = NOW, before: readonly TokenRecord[] = []) => withToken(before, { ...WISH, name }, { token: `secret of ${name}`, now })

describe('token records', () => {
  it.each([['90d', 7_776_000_000], ['12h', 43_200_000], ['30m', 1_800_000], ['2w', 1_209_600_000], ['never', undefined]])('read %s', (text, ms) => {
    expect(lifetimeOf(text)).toBe(ms)
  })

  it.each(['', '0d', '-1d', '1.5d', '90', '90 d', '1e3d', '999999d', 'Never', '90d\u001b[0m'])('refuse %j as a time', (text) => {
    expect(() => lifetimeOf(text)).toThrow(RangeError)
  })

  it('keep the hash and the end, never the token', () => {
    const [record] = made()
    expect(record).toEqual({
      name: 'gateway', sha256: createHash('sha256').update('secret of gateway').digest('hex'), tenant: 'acme', scopes: ['ingest'],
      created_at: '2026-11-21T08:00:00.000Z', expires_at: '2026-11-22T08:00:00.000Z', revoked_at: null,
    })
    expect([stateOf(record!, NOW), stateOf(record!, NOW + 86_399_999), stateOf(record!, NOW + 86_400_000)]).toEqual(['in force', 'in force', 'expired'])
  })

  it('give a name to one token at a time', () => {
    const one = made()
    expect(() => made('gateway', NOW, one)).toThrow(/already/)
    const revoked = withoutToken(one, 'gateway', NOW + 1_000)
    expect([stateOf(revoked[0]!, NOW), made('gateway', NOW, revoked).length]).toEqual(['revoked', 2])
    expect(() => withoutToken(revoked, 'gateway', NOW)).toThrow(/revoked already/)
    expect(() => withoutToken(revoked, 'other', NOW)).toThrow(/no token of that name/)
  })

  it('are not made by a clock that is far off, but are revoked by any', () => {
    for (const now of [0, Date.parse('2300-01-01'), NOW - 301_000]) expect(() => made('b', now, made())).toThrow(/clock says/)
    expect(made('b', NOW - 299_000, made()).length).toBe(2)
    expect(withoutToken(made(), 'gateway', 0)[0]?.revoked_at).toBe('2026-11-21T08:00:00.000Z')
  })
})

describe('watchkeeper token', () => {
  let dataDir = ''
  const said: string[] = []
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'token-'))
    said.length = 0
    vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const create = (over: Partial<CreateOptions> = {}) =>
    tokenCreate({ dataDir, name: 'gateway', tenant: 'acme', scope: ['ingest'], expires: '90d', json: true, ...over })
  const last = <T>(): T => JSON.parse(said.at(-1) ?? '') as T
  async function actions(): Promise<readonly AdminAction[]> {
    const taken: AdminAction[] = []
    await drainSpool(dataDir, { take: async (action) => void taken.push(action), bad: (file) => expect.unreachable(file) }, new Set())
    return taken
  }

  it('shows the token once and keeps its hash alone, for the owner', async () => {
    expect(await create({ json: false })).toBe(0)
    const [, token = ''] = /^(wkt_[A-Za-z0-9_-]{43})$/m.exec(said.join('\n')) ?? []
    const file = readFileSync(tokenFileOf(dataDir), 'utf8')
    expect([file.includes(token.slice(4)), file.includes(createHash('sha256').update(token).digest('hex'))]).toEqual([false, true])
    expect(statSync(tokenFileOf(dataDir)).mode & 0o777).toBe(0o600)
    const spool = readdirSync(join(dataDir, 'admin-spool')).map((name) => readFileSync(join(dataDir, 'admin-spool', name), 'utf8')).join()
    expect([spool.includes('token.create'), spool.includes(token.slice(4))]).toEqual([true, false])
    await tokenList({ dataDir })
    expect(said.at(-1)).toMatch(/^NAME +TENANT +SCOPES +STATE +EXPIRES\ngateway +acme +ingest +in force +20\d\d-/)
    expect(said.at(-1)).not.toContain(createHash('sha256').update(token).digest('hex'))
  })

  it('writes down who did what, and what failed', async () => {
    vi.stubEnv('SUDO_USER', 'maria')
    await create({ scope: ['ingest', 'api', 'api'], requestsPerSecond: '50' })
    expect(last()).toMatchObject({ name: 'gateway', scopes: ['ingest', 'api'], token: expect.stringMatching(/^wkt_/) as string })
    await expect(create()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('already') as string })
    await tokenRevoke('gateway', { dataDir, json: true })
    await expect(tokenRevoke('gateway', { dataDir })).rejects.toMatchObject({ kind: 'misconfigured' })
    expect((await actions()).map(({ action, object, tenant, outcome, details }) => [action, object, tenant, outcome, details['sudo_user']])).toEqual([
      ['token.create', 'token/gateway', 'acme', 'ok', 'maria'], ['token.create', 'token/gateway', 'acme', 'failed', 'maria'],
      ['token.revoke', 'token/gateway', 'acme', 'ok', 'maria'], ['token.revoke', 'token/gateway', 'acme', 'failed', 'maria'],
    ])
    await tokenList({ dataDir, json: true })
    expect(last()).toMatchObject([{ name: 'gateway', state: 'revoked', revoked_at: expect.any(String) as string }])
  })

  it('refuses hostile and wrong options by name, without repeating them', async () => {
    const escape = '\u001b]0;owned\u0007'
    for (const over of [
      { name: escape }, { name: '' }, { name: '../x' }, { tenant: escape }, { tenant: 'Acme' }, { scope: ['root'] }, { scope: [] }, { expires: escape },
      { bytesPerSecond: 'many' }, { requestsPerSecond: '-1' },
    ]) {
      const refusal = await create(over).catch((error: unknown) => error as Error)
      expect(refusal).toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(/^--[\x20-\x7e]*$/) as string })
    }
    await expect(tokenRevoke(escape, { dataDir })).rejects.toMatchObject({ message: expect.stringMatching(/^[\x20-\x7e]*$/) as string })
    expect(await actions()).toEqual([])
  })

  it('leaves a broken or unsafe file as it is', async () => {
    await create()
    chmodSync(tokenFileOf(dataDir), 0o644)
    await expect(create({ name: 'b' })).rejects.toMatchObject({ code: 'keys.unsafe' })
    chmodSync(tokenFileOf(dataDir), 0o600)
    writeFileSync(tokenFileOf(dataDir), '{')
    await expect(create({ name: 'b' })).rejects.toMatchObject({ code: 'keys.damaged' })
    await expect(tokenList({ dataDir })).rejects.toMatchObject({ code: 'keys.damaged' })
    expect(readFileSync(tokenFileOf(dataDir), 'utf8')).toBe('{')
  })

  it('knows those of the configuration, and leaves them to it', async () => {
    const config = join(dataDir, 'config.yaml')
    writeFileSync(config, JSON.stringify({ otlp: { tokens: [{ name: 'old', tenant: 'acme', sha256: 'a'.repeat(64) }] } }))
    await expect(create({ config, name: 'old' })).rejects.toMatchObject({ message: expect.stringContaining('configuration file') as string })
    await expect(tokenRevoke('old', { dataDir, config })).rejects.toMatchObject({ message: expect.stringContaining('remove it there') as string })
    await tokenList({ dataDir, config, json: true })
    expect(last()).toMatchObject([{ name: 'old', from: 'configuration', state: 'in force' }])
  })

  it('says what is missing where there is nothing', async () => {
    await tokenList({ dataDir: join(dataDir, 'not-there') })
    expect(said.at(-1)).toContain('There are no tokens')
    expect(wishOf({ name: 'a', tenant: 'b', scope: ['api'], expires: 'never' })).toMatchObject({ lifetimeMs: undefined })
  })
})
