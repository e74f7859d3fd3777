import { execFile } from 'node:child_process'
import { createHash, randomBytes, scryptSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { SqlConfig } from '../../services/sql/config.ts'
import type { AuditedQuery } from '../../services/sql/audited-query.ts'
import { createSqlEndpoint, type SqlEndpoint } from '../../services/sql/endpoint.ts'
import { PUBLISHED_TABLES } from '../../services/sql/published.ts'
import { fillTenants, openBench, statements, type SqlBench } from './sql-engine.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
function scryptOf(text: string): string {
  const salt = randomBytes(16)
  return `scrypt$4096$8$1$${salt.toString('base64')}$${scryptSync(text, salt, 32, { N: 4096, r: 8, p: 1 }).toString('base64')}`
}
const USERS = [
  { name: 'alice', password_sha256: sha256('secret-a'), tenant: 'a' },
  { name: 'bob', password_scrypt: scryptOf('secret-b'), tenant: 'b' },
  { name: 'soc', password_sha256: sha256('secret-s'), tenant: '*' },
]
const LIMITS = { max_execution_seconds: 5, max_memory_bytes: 64 << 20, max_result_rows: 50_000, max_result_bytes: 4 << 20, max_concurrent_queries: 4 }

let bench: SqlBench
const servers: Server[] = []
const audited: AuditedQuery[] = []
let unwritable = false
const failures: unknown[] = []

async function listen(endpoint: SqlEndpoint): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
      const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const peer = request.socket.remoteAddress ?? ''
      const asked = { method: request.method ?? '', path, query, headers, body: Buffer.concat(chunks), peer, signal: gone.signal }
      void endpoint.handle(asked).then((answer) => response.writeHead(answer.status, answer.headers).end(answer.body))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function endpointWith(config: object): SqlEndpoint {
  return createSqlEndpoint(SqlConfig.parse({ ...LIMITS, ...config }), {
    engine: bench.runner, loopback: true, now: () => performance.now(),
    audited(query) {
      if (unwritable) throw new Failure('unavailable', 'log.full', 'no room')
      audited.push(query)
    },
    failed: (error) => failures.push(error),
  })
}

let open: string
let closed: string
beforeAll(async () => {
  bench = await openBench()
  await fillTenants(bench.engine)
  open = await listen(endpointWith({}))
  closed = await listen(endpointWith({ users: USERS }))
})
afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections()
  await bench.close()
  expect(failures).toEqual([])
})

interface Said {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}
async function ask(base: string, query: string, options: { url?: string; init?: RequestInit } = {}): Promise<Said> {
  const answer = await fetch(`${base}/?${options.url ?? ''}`, { method: 'POST', body: query, ...options.init })
  return { status: answer.status, text: Buffer.from(await answer.arrayBuffer()).toString('latin1'), headers: answer.headers }
}
const as = (name: string, password: string): { init: RequestInit } => ({
  init: { headers: { 'X-ClickHouse-User': name, 'X-ClickHouse-Key': password } },
})
const ALICE = as('alice', 'secret-a')
const BOB = as('bob', 'secret-b')
const SOC = as('soc', 'secret-s')

describe('ClickHouse over HTTP', () => {
  it('answers health checks and an empty request', async () => {
    for (const path of ['/ping', '/', '/replicas_status']) {
      const answer = await fetch(open + path)
      expect([answer.status, await answer.text()]).toEqual([200, 'Ok.\n'])
    }
    expect((await fetch(`${open}/play`)).status).toBe(404)
    expect((await fetch(open, { method: 'DELETE' })).status).toBe(405)
  })

  it('takes the query from the URL, from the body, and from both', async () => {
    expect((await (await fetch(`${open}/?query=${encodeURIComponent('SELECT 1')}`)).text())).toBe('1\n')
    expect((await ask(open, 'SELECT 2')).text).toBe('2\n')
    expect((await ask(open, '+ 3', { url: 'query=SELECT%202' })).text).toBe('5\n')
  })

  it('answers in the format of the clause, else of the header, else of the URL, else in TabSeparated', async () => {
    expect((await ask(open, 'SELECT 1 AS x FORMAT JSONEachRow', { url: 'default_format=CSV' })).text).toBe('{"x":1}\n')
    expect((await ask(open, "SELECT 'a' AS x", { url: 'default_format=CSV' })).text).toBe('"a"\n')
    const headed = await ask(open, "SELECT 'a' AS x", { url: 'default_format=CSV', init: { headers: { 'X-ClickHouse-Format': 'JSONEachRow' } } })
    expect([headed.text, headed.headers.get('x-clickhouse-format')]).toEqual(['{"x":"a"}\n', 'JSONEachRow'])
    expect(headed.headers.get('content-type')).toBe('application/x-ndjson; charset=UTF-8')
    expect((await ask(open, 'SELECT 1', { url: 'default_format=Template' })).status).toBe(404)
  })

  it('returns binary formats byte for byte', async () => {
    const answer = await ask(open, "SELECT unhex('00ff8041') AS x FORMAT Native")
    expect(Buffer.from(answer.text, 'latin1')).toEqual(Buffer.from([1, 1, 1, 0x78, 6, ...Buffer.from('String'), 4, 0, 0xff, 0x80, 0x41]))
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('says who it is in headers', async () => {
    const answer = await ask(open, 'SELECT number FROM numbers(10)', { url: 'query_id=my-query' })
    expect(answer.headers.get('x-clickhouse-query-id')).toBe('my-query')
    expect(answer.headers.get('x-clickhouse-timezone')).toBeTruthy()
    expect(answer.headers.get('x-clickhouse-server-display-name')).toBe('watchkeeper')
    expect(JSON.parse(answer.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ read_rows: '10', written_rows: '0' })
    expect((await ask(open, 'SELECT 1')).headers.get('x-clickhouse-query-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('reads gzip bodies and writes gzip answers where asked', async () => {
    const zipped = await ask(open, '', { init: { body: gzipSync('SELECT 7'), headers: { 'Content-Encoding': 'gzip' } } })
    expect(zipped.text).toBe('7\n')
    const raw = await endpointWith({}).handle({
      method: 'POST', path: '/', query: 'enable_http_compression=1', headers: new Map([['host', 'localhost:1'], ['accept-encoding', 'gzip']]),
      body: Buffer.from('SELECT 8'), peer: '127.0.0.1',
    })
    expect(raw.headers['Content-Encoding']).toBe('gzip')
    expect(String(gunzipSync(raw.body as Buffer))).toBe('8\n')
    const bomb = await ask(open, '', { init: { body: gzipSync(Buffer.alloc(64 << 20, 32)), headers: { 'Content-Encoding': 'gzip' } } })
    expect(bomb.status).toBe(413)
    expect((await ask(open, 'x', { init: { body: 'x', headers: { 'Content-Encoding': 'gzip' } } })).status).toBe(400)
    expect((await ask(open, 'x', { init: { body: 'x', headers: { 'Content-Encoding': 'br' } } })).status).toBe(415)
  })

  it('binds parameters as data', async () => {
    const bound = (sql: string, ...params: [string, string][]) => ask(open, sql, { url: String(new URLSearchParams(params)) })
    expect((await bound('SELECT {x:String}', ['param_x', "it's; DROP TABLE x --"])).text).toBe("it\\'s; DROP TABLE x --\n")
    expect((await bound('SELECT {x:String} AS v FORMAT JSONEachRow', ['param_x', 'a\\nb\\\\'])).text).toBe('{"v":"a\\nb\\\\"}\n')
    expect((await bound('SELECT {a:Array(String)}, {n:UInt8}', ['param_a', "['x','y']"], ['param_n', '5'])).text).toBe("['x','y']\t5\n")
    expect((await bound('SELECT {x:UInt8}', ['param_x', '1; DROP'])).status).toBe(400)
    expect((await bound('SELECT {x:UInt8}')).text).toMatch(/^Code: 456\. DB::Exception: .*\(UNKNOWN_QUERY_PARAMETER\)/)
  })

  it('says errors as ClickHouse does', async () => {
    const said = async (sql: string, url = ''): Promise<string> => {
      const answer = await ask(open, sql, { url })
      expect(answer.text).toMatch(/^Code: \d+\. DB::Exception: .+ \([A-Z_]+\) \(version [\d.]+\)\n$/s)
      return `${answer.status} ${answer.headers.get('x-clickhouse-exception-code')}`
    }
    expect(await said('SELEC 1')).toBe('400 62')
    expect(await said('SELECT * FROM nothing')).toBe('404 60')
    expect(await said('SELECT no_such_column FROM interactions')).toBe('404 47')
    expect(await said('DROP TABLE interactions')).toBe('403 164')
    expect(await said("SELECT file('/etc/passwd')")).toBe('403 497')
    expect(await said('SELECT 1', 'max_threads=64')).toBe('500 452')
    expect(await said('SELECT 1', 'readonly=0')).toBe('403 164')
    expect(await said('SELECT 1', 'format_schema=x')).toBe('403 164')
    expect(await said('SELECT 1', 'database=system')).toBe('404 81')
    expect(await said('SELECT 1', 'compress=1')).toBe('501 48')
    expect((await ask(open, 'SELECT 1 FROM')).text).not.toContain('formatQuery')
  })

  it('keeps its limits', async () => {
    const code = async (sql: string, url = ''): Promise<string | null> => (await ask(open, sql, { url })).headers.get('x-clickhouse-exception-code')
    expect(await code('SELECT max(sipHash64(number)) FROM numbers(1000000000000)', 'max_execution_time=1')).toBe('159')
    expect(await code('SELECT groupArray(number) FROM numbers(100000000)')).toBe('241')
    expect(await code('SELECT number FROM numbers(60000)')).toBe('396')
    expect(await code("SELECT repeat('x', 1000) FROM numbers(6000)")).toBe('396')
    expect(await code(`SELECT '${'x'.repeat(300_000)}'`)).toBe('229')
    expect(await code(`SELECT ${'('.repeat(2000)}1${')'.repeat(2000)}`)).toBeTruthy()
    expect(await code(`SELECT ${'1+'.repeat(30_000)}1`)).toBeTruthy()
    expect(await code(`SELECT '${'\\\\'.repeat(100_000)}'`)).toBe(null)
    expect((await ask(open, 'SELECT 1')).text).toBe('1\n')
  })

  it('lets no setting or parameter of one query reach the next', async () => {
    const url = 'output_format_json_quote_64bit_integers=1&max_result_rows=1&param_z=5'
    expect((await ask(open, 'SELECT toInt64(1) AS x, NULL AS y FORMAT JSONEachRow', { url })).text).toBe('{"x":"1","y":null}\n')
    expect((await ask(open, 'SELECT toInt64(1) AS x FROM numbers(2) FORMAT JSONEachRow')).text).toBe('{"x":1}\n{"x":1}\n')
    expect((await ask(open, 'SELECT {z:UInt8}')).status).toBe(400)
  })

  it('runs reads in parallel and refuses more than it can hold', async () => {
    const slow = 'SELECT max(sipHash64(number)) FROM numbers(1000000000000)'
    const stop = new AbortController()
    const held = Array.from({ length: 4 }, () => ask(open, slow, { init: { signal: stop.signal } }).catch(() => undefined))
    let refused: Said
    do refused = await ask(open, 'SELECT 1')
    while (refused.status === 200)
    expect([refused.status, refused.headers.get('x-clickhouse-exception-code'), refused.headers.get('retry-after')]).toEqual([503, '202', '1'])
    stop.abort()
    await Promise.all(held)
    while ((await ask(open, 'SELECT 1')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
    const running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"
    expect(String(await bench.engine.read(running, { format: 'TSV' }))).toBe('0\n')
  })

  it('writes down every query before it is answered, and answers nothing that could not be written down', async () => {
    audited.length = 0
    await ask(open, 'SELECT 1')
    await ask(open, 'DROP TABLE interactions')
    await ask(closed, 'SELECT 1', as('alice', 'wrong'))
    expect(audited.map(({ user, tenant, verdict }) => ({ user, tenant, verdict }))).toEqual([
      { user: 'default', tenant: '*', verdict: 'ok' },
      { user: 'default', tenant: '*', verdict: 'READONLY' },
      { user: '', tenant: '', verdict: 'AUTHENTICATION_FAILED' },
    ])
    expect(audited[0]).toMatchObject({ queryHash: sha256('SELECT 1'), text: 'SELECT 1' })
    expect(audited[2]?.text).toBe('')
    unwritable = true
    const held = await ask(open, "SELECT 'not to be seen'")
    unwritable = false
    expect([held.status, held.text.includes('not to be seen'), failures.splice(0).length]).toEqual([500, false, 1])
  })
})

describe('who may ask', () => {
  it('takes Basic, ClickHouse headers and parameters, and refuses the rest alike', async () => {
    const basic = (text: string) => ({ init: { headers: { Authorization: `Basic ${Buffer.from(text).toString('base64')}` } } })
    for (const good of [ALICE, BOB, SOC, BOB, basic('alice:secret-a'), { url: 'user=alice&password=secret-a' }]) {
      expect((await ask(closed, 'SELECT 1', good)).text).toBe('1\n')
    }
    const bad = [as('alice', 'x'), as('nobody', 'secret-a'), as('bob', 'secret-a'), basic('alice'), { url: 'user=alice' }]
    const refusals = await Promise.all(bad.map((wrong) => ask(closed, 'SELECT 1', wrong)))
    expect(new Set(refusals.map((refusal) => `${refusal.status} ${refusal.text}`)).size).toBe(1)
    expect([refusals[0]?.status, refusals[0]?.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516'])
    const nobody = await ask(closed, 'SELECT 1')
    expect([nobody.status, nobody.headers.get('www-authenticate')?.startsWith('Basic')]).toEqual([401, true])
  })

  it('refuses what a web page of elsewhere could send', async () => {
    const endpoint = endpointWith({})
    const get = { method: 'GET', path: '/', query: 'query=SELECT%201', body: Buffer.alloc(0), peer: '127.0.0.1' }
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await endpoint.handle({ ...get, headers: new Map(Object.entries(headers)) })).status
    for (const host of ['localhost', 'localhost:8123', '127.0.0.1:8123', '[::1]:8123', '127.0.0.1']) expect(await status({ host })).toBe(200)
    for (const host of ['evil.example:8123', '', 'localhost.evil.example', '127.0.0.1.nip.io:8123', '169.254.169.254']) {
      expect(await status({ host })).toBe(403)
    }
    expect(await status({ host: 'localhost:8123', origin: 'http://localhost:8123' })).toBe(200)
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) expect(await status({ host: 'localhost:8123', origin })).toBe(403)
    expect(await status({ host: 'localhost:8123', 'sec-fetch-site': 'cross-site' })).toBe(403)
  })
})

describe('a user of one tenant', () => {
  const FORMS = statements('tenant-forms')
  const existing = async (): Promise<string[]> => {
    const listed = String(await bench.engine.read("SELECT name FROM system.tables WHERE database = 'watchkeeper'", { format: 'TSVRaw' })).split('\n')
    const names: string[] = []
    for (const name of PUBLISHED_TABLES.filter((published) => listed.includes(published))) {
      const sql = `SELECT count() FROM system.columns WHERE database = 'watchkeeper' AND table = '${name}' AND name = 'tenant'`
      if (String(await bench.engine.read(sql, { format: 'TSVRaw' })) === '1\n') names.push(name)
    }
    return names
  }

  it('has tables and views to look at', async () => {
    expect((await existing()).length).toBeGreaterThanOrEqual(15)
  })

  it.each(PUBLISHED_TABLES)('sees rows of %s of that tenant only, by whatever form', async (name) => {
    if (!(await existing()).includes(name)) return
    for (const form of FORMS) {
      const sql = form.replaceAll(/\bT\b/g, name)
      const [alice, bob] = await Promise.all([ask(closed, sql, ALICE), ask(closed, sql, BOB)])
      expect(alice.status, `${sql} ${alice.text}`).toBe(200)
      expect(alice.text.replace(/[^ab]/g, ''), sql).toMatch(/^a+$/)
      expect(bob.text.replace(/[^ab]/g, ''), sql).toMatch(/^b+$/)
    }
  })

  it('reads the rules, which are nobody\'s', async () => {
    await bench.engine.write("INSERT INTO watchkeeper.rule_versions (detector, version, title) VALUES ('a-rule', 1, 'of nobody')")
    const answers = await Promise.all([ALICE, BOB, SOC].map((who) => ask(closed, "SELECT detector, title FROM rules WHERE detector = 'a-rule'", who)))
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 3 }, () => 'a-rule\tof nobody\n'))
    expect((await ask(closed, 'SELECT * FROM rule_versions', ALICE)).status).not.toBe(200)
  })

  it('counts the own rows only, while all tenants together are there', async () => {
    for (const name of await existing()) {
      const count = async (who: typeof ALICE, sql = `SELECT count() FROM ${name}`): Promise<number> => Number((await ask(closed, sql, who)).text)
      const [a, b, all] = [await count(ALICE), await count(BOB), await count(SOC)]
      expect(a, name).toBeGreaterThan(0)
      expect(b, name).toBeGreaterThan(0)
      expect(a + b, name).toBe(all)
      expect(await count(ALICE, `SELECT count(*) FROM ${name} WHERE tenant = 'b'`)).toBe(0)
    }
  })

  /** `B` is true on rows of tenant b: each then raises an error. */
  const RAISING = statements('oracle-errors')
  const SHAPES = statements('oracle-shapes')

  it.each(['audit_events', 'interactions', 'findings'])('cannot learn of other rows of %s from errors', { timeout: 240_000 }, async (name) => {
    const leaks: string[] = []
    for (const shape of SHAPES) {
      for (const raising of RAISING) {
        const condition = (tenant: string) => raising.replaceAll(/\bB\b/g, `(t.tenant = '${tenant}')`)
        const sql = (tenant: string) => shape.replaceAll(/\bT\b/g, name).replaceAll(/\bF\b/g, `(${condition(tenant)})`)
        if ((await ask(closed, sql('b'), ALICE)).status !== 200 && (await ask(closed, sql('c'), ALICE)).status === 200) leaks.push(sql('b'))
      }
    }
    expect(leaks).toEqual([])
    expect((await ask(closed, `SELECT count() FROM ${name} WHERE toUInt8(if(tenant = 'b', 'x', '1')) = 1`, SOC)).status).not.toBe(200)
  })

  it('cannot learn of other rows from statistics or the catalogue', async () => {
    const statistics = await ask(closed, 'SELECT count() FROM audit_events FORMAT JSON', { ...ALICE, url: 'output_format_write_statistics=1' })
    expect(JSON.parse(statistics.text).statistics).toBeUndefined()
    expect(JSON.parse(statistics.headers.get('x-clickhouse-summary') ?? '')).toMatchObject({ read_rows: '0' })
    expect((await ask(closed, 'SELECT name FROM system.settings', ALICE)).text).not.toContain('additional_table_filters')
    expect((await ask(closed, 'EXPLAIN SELECT count() FROM audit_events', ALICE)).text).not.toContain("'b'")
  })

  it('cannot be made another by its own name', async () => {
    for (const tenant of ["a' OR '1", "\\' OR 1 --", "a\\', 'b", 'a`', "x') OR (1", '{t:String}', "a'': '1"]) {
      const odd = await listen(endpointWith({ users: [{ name: 'odd', password_sha256: sha256('x'), tenant }] }))
      expect((await ask(odd, 'SELECT count() FROM audit_events', as('odd', 'x'))).text, tenant).toBe('0\n')
    }
  })

  it('has only published names in the catalogue', async () => {
    for (const sql of ['SHOW TABLES', 'SELECT name FROM system.tables', 'SELECT DISTINCT table FROM system.columns']) {
      const names = (await ask(closed, sql, ALICE)).text.trimEnd().split('\n')
      expect(names.filter((name) => !PUBLISHED_TABLES.includes(name)), sql).toEqual([])
      expect(names.length).toBeGreaterThan(5)
    }
    expect((await ask(closed, 'SHOW DATABASES', ALICE)).text).toBe('watchkeeper\n')
  })
})

const python = process.env['WATCHKEEPER_PYTHON']
if (python === undefined) console.warn('clickhouse-connect is not tested: set WATCHKEEPER_PYTHON to a python that has it')

describe('drivers', () => {
  it('@clickhouse/client reads, with parameters and gzip', async () => {
    for (const compression of [{}, { compression: { response: true, request: true } }]) {
      const client = createClient({ log: { level: ClickHouseLogLevel.OFF }, url: closed, username: 'alice', password: 'secret-a',
        database: 'watchkeeper', ...compression })
      expect(await client.ping()).toEqual({ success: true })
      const query = 'SELECT DISTINCT tenant, {q:String} AS q FROM interactions'
      const rows = await client.query({ query, query_params: { q: "it's\n\\" }, format: 'JSONEachRow' })
      expect(await rows.json()).toEqual([{ tenant: 'a', q: "it's\n\\" }])
      await expect(client.query({ query: 'DROP TABLE interactions' })).rejects.toMatchObject({ code: '164', type: 'READONLY' })
      const insert = client.insert({ table: 'audit_events', values: [{ tool: 'x' }], format: 'JSONEachRow' })
      await expect(insert).rejects.toMatchObject({ type: 'READONLY' })
      await client.close()
    }
  })

  it.skipIf(python === undefined)('clickhouse-connect reads (WATCHKEEPER_PYTHON names a python that has it)', async () => {
    const script = `
import clickhouse_connect, json, sys
c = clickhouse_connect.get_client(host='127.0.0.1', port=int(sys.argv[1]), username='bob', password='secret-b', database='watchkeeper')
out = {}
out['tenants'] = c.query('SELECT DISTINCT tenant FROM interactions').result_rows
out['bound'] = c.query('SELECT {x:String} AS x, {n:Array(UInt8)} AS n', parameters={'x': "it's", 'n': [1, 2]}).result_rows
out['named'] = c.query('SELECT tenant, count() AS n FROM audit_events GROUP BY tenant').first_item
out['command'] = c.command('SELECT count() FROM interactions')
out['show'] = 'interactions' in [row[0] for row in c.query('SHOW TABLES').result_rows]
out['describe'] = len(c.query('DESCRIBE TABLE interactions').result_rows) > 10
out['times'] = str(c.query('SELECT min(started_at) FROM interactions').result_rows[0][0].year)
out['raw'] = c.raw_query('SELECT 1', fmt='CSV').decode()
with c.query_rows_stream('SELECT number FROM numbers(3000)') as stream:
    out['stream'] = sum(row[0] for row in stream)
try:
    c.command('DROP TABLE interactions')
except clickhouse_connect.driver.exceptions.DatabaseError as e:
    out['drop'] = 'READONLY' in str(e)
print(json.dumps(out))
`
    const { stdout } = await promisify(execFile)(python ?? '', ['-c', script, new URL(closed).port])
    expect(JSON.parse(stdout)).toEqual({
      tenants: [['b']], bound: [["it's", [1, 2]]], named: { tenant: 'b', n: 1000 }, command: 1000, show: true, describe: true, times: '2026',
      raw: '1\n', stream: 4498500, drop: true,
    })
  })
})
