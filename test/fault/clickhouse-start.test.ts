/** What keeps a store on a server from starting: each is said in a sentence that names what to change. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import type { ServerStoreOptions } from '../../infra/clickhouse/server/options.ts'
import { openServerStore, type ServerStore } from '../../infra/clickhouse/server/server-store.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-server-start-'))
const file = (name: string): string => join(directory, name)
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
let engine: Engine
let shim: Shim
let opened: ServerStore | undefined
beforeAll(async () => {
  writeFileSync(file('password'), "s3cret' &%\n")
  writeFileSync(file('wrong'), 'other')
  engine = openEngine({ directory: file('data'), readers: 4 })
  shim = await startShim({ engine, password: "s3cret' &%" })
})
afterEach(async () => {
  shim.faults.clear()
  await opened?.close()
  opened = undefined
})
afterAll(async () => {
  await shim.stop()
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

const open = async (more: Partial<ServerStoreOptions> = {}): Promise<ServerStore> =>
  (opened = await openServerStore({ url: shim.url, user: 'watchkeeper_writer', passwordFile: file('password'), clock, connectWithinMs: 0, ...more }))
const start = async (more?: Partial<ServerStoreOptions>): Promise<void> => (await open(more)).migrate()
const saysOf = (kind: string) => (code: string, words: RegExp): unknown =>
  expect.objectContaining({ name: 'Failure', kind, code, message: expect.stringMatching(words) as unknown })
const says = saysOf('misconfigured')
/** What may pass. */
const saysForNow = saysOf('unavailable')

describe('a start against a server', () => {
  it('takes the password from its file, without the line end', async () => {
    await start()
    expect(opened?.version).toMatch(/^\d+\.\d+\./)
  })

  const badUrls = ['what', 'tcp://localhost:9000', 'http://user:secret@localhost:8123', 'http://localhost:8123/?request_timeout=1']
  it.each(badUrls)('refuses the URL %s', async (url) => {
    await expect(open({ url })).rejects.toEqual(says('store.url', /^(?!.*secret)The URL of ClickHouse/))
  })

  it('names the file that cannot be read', async () => {
    await expect(open({ passwordFile: file('none') })).rejects.toEqual(says('store.file', /password.*none.*ENOENT/))
  })

  it('says that the user or password is wrong, and not which password', async () => {
    await expect(open({ passwordFile: file('wrong') })).rejects.toEqual(says('store.identity', /watchkeeper_writer.*check user and password file/))
  })

  it('says where nothing listens', async () => {
    const url = await unusedUrl()
    const words = /localhost:\d+ cannot be reached \(ECONNREFUSED\): start it, or change store.clickhouse.url/
    await expect(open({ url })).rejects.toEqual(saysForNow('store.unreachable', words))
  })

  it('waits for a server that is only starting', async () => {
    shim.faults.plan(/version\(\)/, { kind: 'answer', status: 503, body: 'starting', when: 'before' }, 2)
    await open({ connectWithinMs: 60_000 })
    expect(shim.faults.done).toHaveLength(2)
  })

  it('says that something else answers', async () => {
    shim.faults.plan(/version\(\)/, { kind: 'answer', status: 404, body: '<html>', when: 'before' }, 9)
    await expect(open()).rejects.toEqual(saysForNow('store.answer', /is not ClickHouse \(HTTP status 404\)/))
  })

  it('gives up connecting where nobody accepts, and answering where nobody answers', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve))
    const { port } = silent.address() as AddressInfo
    const mute = open({ url: `http://localhost:${port}`, requestTimeoutMs: 200 })
    await expect(mute).rejects.toEqual(saysForNow('store.timeout', /did not answer within 200 ms/))
    await expect(open({ url: `https://localhost:${port}`, connectTimeoutMs: 100 })).rejects.toEqual(saysForNow('store.unreachable', /ECONNTIMEOUT/))
    silent.close()
  })

  it.each([['25.8.1.1', false], ['26.5.9.1', false], ['26.6.1.1', true], ['27.1.1.1', true], ['what', false]])('version %s', async (version, ok) => {
    shim.faults.rewrite = (sql) => sql.replace('version()', `'${version}'`)
    if (ok) expect((await open()).version).toBe(version)
    else await expect(open()).rejects.toEqual(says('store.version', /26\.6 is the oldest.*Update the server/))
  })

  const clocks = [['+ toIntervalHour(2)', /7200 s ahead of/], ['- toIntervalMinute(3)', /180 s behind/]] as const
  it.each(clocks)('a clock that is %s off', async (change, words) => {
    shim.faults.rewrite = (sql) => sql.replace('now64(3)', `now64(3) ${change}`)
    await expect(open()).rejects.toEqual(says('store.clock', words))
  })
})

describe('tables and rights', () => {
  const denied = { kind: 'exception', code: 497, symbol: 'ACCESS_DENIED' } as const

  it('says who must migrate when the writer may not', async () => {
    await engine.write('DROP DATABASE IF EXISTS watchkeeper SYNC')
    shim.faults.plan(/^CREATE DATABASE/, denied)
    await expect(start()).rejects.toEqual(says('store.rights', /watchkeeper_writer.*Run `watchkeeper migrate` as a user with role watchkeeper_owner/))
  })

  it('needs no right to change tables when there is nothing to change', async () => {
    await start()
    shim.faults.plan(/^(CREATE|ALTER|DROP)/, denied, 99)
    await (await open()).migrate()
  })

  it('names the right that is missing', async () => {
    shim.faults.rewrite = (sql) => (sql.startsWith('CHECK GRANT INSERT ON watchkeeper.alert_versions') ? 'SELECT 0' : sql)
    await expect(start()).rejects.toEqual(says('store.rights', /missing: INSERT ON watchkeeper.alert_versions\)/))
  })

  it('asks one who only reads for no right to insert', async () => {
    shim.faults.rewrite = (sql) => (sql.startsWith('CHECK GRANT INSERT') ? 'SELECT 0' : sql)
    await (await open({ access: 'read' })).migrate()
    shim.faults.rewrite = (sql) => (sql.startsWith('CHECK GRANT') ? 'SELECT 0' : sql)
    await expect(opened?.migrate()).rejects.toEqual(says('store.rights', /missing: SELECT ON watchkeeper/))
  })

  it.each([
    ['ALTER TABLE watchkeeper.alert_versions MODIFY COLUMN title LowCardinality(String)', /column 7 is title LowCardinality\(String\), not title/],
    ['ALTER TABLE watchkeeper.delivery_versions ADD COLUMN extra String', /delivery_versions.*a column more, extra/],
    ['ALTER TABLE watchkeeper.alert_versions MODIFY SETTING non_replicated_deduplication_window = 0', /alert_versions.*remembers no insert tokens/],
    ['DROP TABLE watchkeeper.quarantine_versions SYNC', /quarantine_versions.*is missing/],
  ])('%s', async (sql, words) => {
    await engine.write('DROP DATABASE IF EXISTS watchkeeper SYNC')
    await start()
    await engine.write(sql)
    await expect(opened?.migrate()).rejects.toEqual(says('store.shape', words))
  })
})

const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0
describe.skipIf(NO_OPENSSL)('TLS (needs the openssl command)', () => {
  const openssl = (...args: readonly string[]): Buffer => execFileSync('openssl', args, { stdio: 'pipe', cwd: directory })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  let secure: Shim
  beforeAll(async () => {
    for (const name of ['ca', 'stranger']) {
      openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`)
    }
    for (const name of ['server', 'client']) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:db.internal')
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy']
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signing)
    }
    const read = (name: string): Buffer => readFileSync(file(name))
    secure = await startShim({ engine, tls: { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem') } })
  })
  afterAll(() => secure.stop())
  const files = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key'), serverName: 'db.internal' }
  const openTls = (tls: ServerStoreOptions['tls'], more: Partial<ServerStoreOptions> = {}): Promise<ServerStore> =>
    open({ url: secure.url, ...(tls === undefined ? {} : { tls }), ...more })

  it('with a certificate of ours and theirs checked', async () => {
    await openTls(files)
    expect(secure.seen.at(-1)).toMatchObject({ user: 'watchkeeper_writer', password: "s3cret' &%" })
  })

  it('by certificate alone where no password file is given', async () => {
    opened = await openServerStore({ url: secure.url, user: 'by_certificate', tls: files, clock, connectWithinMs: 0 })
    expect(secure.seen.at(-1)).toMatchObject({ user: 'by_certificate', password: '' })
  })

  it('refuses a stranger, another name, no authority, and half a pair', async () => {
    await expect(openTls({ ...files, ca: file('stranger.pem') })).rejects.toEqual(says('store.tls', /cannot be spoken to over TLS \(/))
    await expect(openTls({ ca: files.ca, cert: files.cert, key: files.key })).rejects.toEqual(says('store.tls', /ERR_TLS_CERT_ALTNAME_INVALID/))
    await expect(openTls(undefined)).rejects.toEqual(says('store.tls', /ca, cert and key/))
    await expect(openTls({ ca: files.ca, cert: files.cert })).rejects.toEqual(says('store.tls', /both cert and key/))
    await expect(openTls(files, { url: shim.url })).rejects.toEqual(says('store.tls', /write https/))
  })

  it('says that the port speaks no TLS', async () => {
    await expect(openTls(files, { url: shim.url.replace('http:', 'https:') })).rejects.toEqual(says('store.tls', /check the scheme and port/))
  })
})

/** A port that was free a moment ago. */
async function unusedUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return `http://localhost:${port}`
}
