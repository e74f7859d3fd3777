import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminAction, AdminDeed } from '../../schemas/admin-action.ts'
import { latestWitness, type TokenRecord } from '../../schemas/token-record.ts'
import { drainSpool, openAdminAudit } from './admin-spool.ts'
import { type LiveTokens, openLiveTokens } from './live-tokens.ts'
import { readSafely } from './safe-file.ts'
import { changeTokens, readTokens, tokenFileOf } from './token-file.ts'
import { type SpoolWatch, watchSpool } from './watch-spool.ts'

let dataDir = ''
let file = ''
const open: (LiveTokens | SpoolWatch)[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'guarded-'))
  file = tokenFileOf(dataDir)
  mkdirSync(join(dataDir, 'keys'), { mode: 0o700 })
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  rmSync(dataDir, { recursive: true, force: true })
})

const record = (name: string, over: Partial<TokenRecord> = {}): TokenRecord => ({
  name, sha256: Buffer.from(name.padEnd(32, '.')).toString('hex'), tenant: 'acme', scopes: ['ingest'], created_at: '2026-11-21T08:00:00.000Z',
  expires_at: null, revoked_at: null, ...over,
})
const written = (content: unknown, mode = 0o600) => {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode })
  chmodSync(file, mode)
}

describe('token file', () => {
  it('is made when first needed, readable by its owner alone, and keeps what it is given', async () => {
    expect(await readTokens(file)).toBeUndefined()
    await changeTokens(file, (tokens) => [...tokens, record('a')])
    await changeTokens(file, (tokens) => [...tokens, record('b', { budget: { requests_per_second: 5 }, scopes: ['api'] })])
    expect((await readTokens(file))?.map(({ name }) => name)).toEqual(['a', 'b'])
    expect([statSync(file).mode & 0o777, readdirSync(join(dataDir, 'keys'))]).toEqual([0o600, ['tokens.json']])
  })

  it('stays as it was when a change is refused or makes something else of it', async () => {
    await changeTokens(file, () => [record('a')])
    await expect(changeTokens(file, () => { throw new Error('no') })).rejects.toThrow('no')
    await expect(changeTokens(file, () => [record('a'), record('a')])).rejects.toMatchObject({ code: 'keys.damaged' })
    await expect(changeTokens(file, () => [record('\u001b[31mred')])).rejects.toMatchObject({ code: 'keys.damaged' })
    expect([(await readTokens(file))?.length, readdirSync(join(dataDir, 'keys'))]).toEqual([1, ['tokens.json']])
  })

  it('is changed by one at a time, and a draft left behind by a killed command does not block it for ever', async () => {
    const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => changeTokens(file, (tokens) => [...tokens, record(name)])))
    const done = all.filter(({ status }) => status === 'fulfilled').length
    expect((await readTokens(file))?.length).toBe(done)
    writeFileSync(`${file}.new`, 'half')
    await expect(changeTokens(file, (tokens) => tokens)).rejects.toMatchObject({ kind: 'unavailable', code: 'keys.busy' })
    utimesSync(`${file}.new`, new Date(0), new Date(0))
    await changeTokens(file, () => [record('z')])
    expect((await readTokens(file))?.map(({ name }) => name)).toEqual(['z'])
  })

  it.each([
    ['no JSON', '{"version":1,', /not JSON/],
    ['another form', { version: 2, tokens: [] }, /form of a token file/],
    ['a name with escapes', { version: 1, tokens: [record('\u001b]0;owned\u0007')] }, /tokens\.0\.name/],
    ['a hash that is none', { version: 1, tokens: [record('a', { sha256: 'x' })] }, /tokens\.0\.sha256/],
    ['no scope', { version: 1, tokens: [record('a', { scopes: [] })] }, /tokens\.0\.scopes/],
    ['unknown keys', { version: 1, tokens: [{ ...record('a'), __proto__pollution: 1 }] }, /form/],
    ['one token twice', { version: 1, tokens: [record('a'), record('a')] }, /twice/],
  ])('is refused when it holds %s, without repeating any of it', async (_what, content, why) => {
    written(content)
    const refusal = await readTokens(file).catch((error: unknown) => error as Error)
    expect(refusal).toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(why) as string })
    expect((refusal as Error).message.replace(dataDir, '')).toMatch(/^[\x20-\x7e]*$/)
  })

  it('is refused when others may read or write it, or its folder', async () => {
    await changeTokens(file, () => [record('a')])
    chmodSync(file, 0o640)
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining(`chmod 600 ${file}`) as string })
    chmodSync(file, 0o600)
    chmodSync(join(dataDir, 'keys'), 0o770)
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('chmod go-w') as string })
  })

  it('is refused when it is a link, a folder, a pipe, or very large', async () => {
    writeFileSync(join(dataDir, 'elsewhere'), JSON.stringify({ version: 1, tokens: [] }), { mode: 0o600 })
    symlinkSync(join(dataDir, 'elsewhere'), file)
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('symbolic link') as string })
    unlinkSync(file)
    mkdirSync(file)
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('ordinary file') as string })
    rmSync(file, { recursive: true })
    execFileSync('mkfifo', ['-m', '600', file])
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('ordinary file') as string })
    unlinkSync(file)
    writeFileSync(file, 'x'.repeat(100), { mode: 0o600 })
    await expect(readSafely(file, 99)).rejects.toMatchObject({ code: 'keys.unsafe' })
  })

  it.skipIf(process.geteuid?.() !== 0)('is refused when it belongs to somebody else (needs root)', async () => {
    await changeTokens(file, () => [record('a')])
    execFileSync('chown', ['65534', file])
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('belongs to user 65534') as string })
    execFileSync('chown', ['0', file])
    execFileSync('chown', ['65534', join(dataDir, 'keys')])
    await expect(readTokens(file)).rejects.toMatchObject({ code: 'keys.unsafe', message: expect.stringContaining('folder belongs to user 65534') as string })
  })

  it('tells what time it must be at least', () => {
    expect(latestWitness([])).toBe(0n)
    expect(latestWitness([record('a'), record('b', { revoked_at: '2026-11-21T09:00:00.000Z' })])).toBe(1_795_251_600_000_000_000n)
  })
})

describe('live tokens', () => {
  async function live() {
    const changes: string[] = []
    const broken: string[] = []
    const tokens = await openLiveTokens(file, {
      changed: (before, after) => void changes.push(`${before.map(({ name }) => name).join()} to ${after.map(({ name }) => name).join()}`),
      broken: (error) => void broken.push((error as Error).message), whole: () => undefined,
    })
    open.push(tokens)
    return { tokens, changes, broken, names: () => tokens.current().map(({ name, revoked_at: at }) => (at === null ? name : `-${name}`)) }
  }

  it('follow the file: made, changed, revoked', async () => {
    const { names, changes } = await live()
    expect(names()).toEqual([])
    await changeTokens(file, () => [record('a')])
    await expect.poll(names, { interval: 10 }).toEqual(['a'])
    await changeTokens(file, () => [record('a', { revoked_at: '2026-11-21T09:00:00.000Z' }), record('b')])
    await expect.poll(names, { interval: 10 }).toEqual(['-a', 'b'])
    expect(changes).toEqual([' to a', 'a to a,b'])
  })

  it('keep the last good ones and say so when the file breaks, is made readable or goes, and come back', async () => {
    await changeTokens(file, () => [record('a')])
    const { names, broken } = await live()
    written('{')
    await expect.poll(() => broken.length, { interval: 10 }).toBe(1)
    chmodSync(file, 0o644)
    await expect.poll(() => broken.length, { interval: 10 }).toBe(2)
    renameSync(file, `${file}.away`)
    await expect.poll(() => broken.length, { interval: 10 }).toBe(3)
    expect([names(), broken[0], broken[1], broken[2]]).toEqual([
      ['a'], expect.stringContaining('not JSON'), expect.stringContaining('mode 644'), expect.stringContaining('stay in force'),
    ])
    await changeTokens(file, () => [record('b')])
    await expect.poll(names, { interval: 10 }).toEqual(['b'])
  })

  it('refuse to start on a broken file', async () => {
    written('{')
    await expect(openLiveTokens(file, { changed: () => undefined, broken: () => undefined, whole: () => undefined })).rejects.toMatchObject({ kind: 'misconfigured' })
  })
})

describe('admin spool', () => {
  const DEED: AdminDeed = { action: 'token.create', object: 'token/a', tenant: 'acme', actor: 'maria', actor_source: 'os.user', details: { scopes: 'ingest' } }
  const spool = () => join(dataDir, 'admin-spool')
  async function drained(take?: (action: AdminAction) => Promise<void>) {
    const taken: AdminAction[] = []
    const bad: string[] = []
    const known = new Set<string>()
    await drainSpool(dataDir, { take: take ?? (async (action) => void taken.push(action)), bad: (path) => void bad.push(path) }, known)
    return { taken, bad }
  }

  it('tells what was done and what failed, once', async () => {
    const audit = openAdminAudit(dataDir)
    expect(await audit.during(DEED, () => 42)).toBe(42)
    await expect(audit.during({ ...DEED, object: 'token/b' }, () => { throw new Error('there is one') })).rejects.toThrow('there is one')
    const { taken } = await drained()
    expect(taken.map(({ object, outcome, reason, actor }) => [object, outcome, reason, actor])).toEqual([
      ['token/a', 'ok', '', 'maria'], ['token/b', 'failed', 'there is one', 'maria'],
    ])
    expect([readdirSync(spool()), (await drained()).taken, statSync(spool()).mode & 0o777]).toEqual([[], [], 0o700])
  })

  it('does nothing that cannot be written down', async () => {
    writeFileSync(spool(), '')
    let done = false
    await expect(openAdminAudit(dataDir).during(DEED, () => { done = true })).rejects.toMatchObject({ kind: 'unavailable', code: 'admin.unwritable' })
    expect(done).toBe(false)
  })

  it('knows of an action while it is done, and tells it as unknown when nobody ended it', async () => {
    await openAdminAudit(dataDir).during(DEED, async () => {
      expect(readdirSync(spool())).toEqual([expect.stringMatching(/\.begun$/)])
      expect((await drained()).taken).toEqual([])
      for (const name of readdirSync(spool())) utimesSync(join(spool(), name), new Date(0), new Date(0))
      expect((await drained()).taken).toMatchObject([{ outcome: 'unknown' }])
    })
    expect((await drained()).taken).toMatchObject([{ outcome: 'ok' }])
  })

  it('keeps what was not taken', async () => {
    await openAdminAudit(dataDir).during(DEED, () => undefined)
    await expect(drained(() => Promise.reject(new Error('bus is away')))).rejects.toThrow('bus is away')
    expect((await drained()).taken.length).toBe(1)
  })

  it('leaves files that are none of ours, and names them', async () => {
    await openAdminAudit(dataDir).during(DEED, () => undefined)
    const [mine = ''] = readdirSync(spool())
    const content = readFileSync(join(spool(), mine), 'utf8')
    const other = `${'0'.repeat(32)}.done`
    writeFileSync(join(spool(), other), content, { mode: 0o600 })
    writeFileSync(join(spool(), `${'1'.repeat(32)}.done`), '{"id":1}', { mode: 0o600 })
    writeFileSync(join(spool(), `${'2'.repeat(32)}.done`), content, { mode: 0o666 })
    symlinkSync(join(spool(), mine), join(spool(), `${'3'.repeat(32)}.done`))
    writeFileSync(join(spool(), 'README'), 'x')
    const { taken, bad } = await drained()
    expect([taken.length, bad.length]).toEqual([1, 4])
    expect(existsSync(join(spool(), other))).toBe(true)
  })

  it('cuts what is too long and keeps escapes as data', async () => {
    await openAdminAudit(dataDir).during({ ...DEED, actor: `\u001b[31m${'x'.repeat(1_000)}`, details: { a: 'y'.repeat(100_000) } }, () => undefined)
    const { taken } = await drained()
    expect([taken[0]?.actor.length, taken[0]?.details['a']?.length]).toEqual([256, 4_096])
  })

  it('is read while the process runs, again when the bus was away', async () => {
    const taken: string[] = []
    const failures: unknown[] = []
    let away = true
    open.push(await watchSpool(dataDir, {
      take: async ({ object }) => {
        if (away) throw new Error('away')
        taken.push(object)
      }, bad: () => undefined, failed: (error) => void failures.push(error),
    }))
    await openAdminAudit(dataDir).during(DEED, () => undefined)
    await expect.poll(() => failures.length, { interval: 10 }).toBeGreaterThan(0)
    away = false
    await openAdminAudit(dataDir).during({ ...DEED, object: 'token/b' }, () => undefined)
    await expect.poll(() => taken, { interval: 10 }).toEqual(['token/a', 'token/b'])
  })
})
