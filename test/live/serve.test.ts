/** The product as a newcomer runs it: `watchkeeper serve` in a process of its own, recorded requests in, rows and one signed message out. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { createClient } from '@clickhouse/client'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { recordings } from '../../services/demo/recordings.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const run = promisify(execFile)
const CLI = join(process.cwd(), 'dist/services/cli.js')

interface Received {
  readonly id: string
  readonly body: {
    readonly type: string
    readonly data: { readonly title: string; readonly severity: string; readonly what: { readonly detectors: string[] }; readonly sql: string }
  }
}

let folder = ''
let hook: Server
let server: ServerProcess
const received: Received[] = []
let arrived: () => void = () => undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchkeeper-live-'))
  hook = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      // Throws, and so fails the test by silence, when the signature is not right.
      received.push({
        id: headers['webhook-id'] ?? '', body: new Webhook(SECRET).verify(Buffer.concat(chunks).toString(), headers) as Received['body'],
      })
      response.end()
      arrived()
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({
    assembler: { quiet_seconds: 1 },
    alerting: {
      group_wait_seconds: 1,
      webhooks: [{ name: 'test', url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, secret: SECRET, allow_private: true }],
    },
  }))
  server = await startServer({ dataDir: join(folder, 'data'), config })
})
afterAll(async () => {
  await stopServer(server)
  await new Promise((resolve) => hook.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

async function send(emitter: string): Promise<void> {
  for (const { path, contentType, body } of recordings('test/fixtures/otlp').filter((recording) => recording.emitter === emitter)) {
    const response = await fetch(`${server.otlpHttp}${path}`, {
      method: 'POST', body: gzipSync(body), headers: { 'content-type': contentType, 'content-encoding': 'gzip' },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(contentType)
  }
}

/** Asks until the answer is `expected`, and shows the last one when it never is. */
async function eventually(sql: string, expected: string[][]): Promise<void> {
  await expect.poll(() => ask(server, sql), { timeout: 30_000, interval: 100 }).toEqual(expected)
}

const COUNTS = "SELECT (SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), (SELECT count() FROM watchkeeper.interactions)"

describe('watchkeeper serve', () => {
  it('raises one alert for the command that nobody asked for, and tells it once', async () => {
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    await send('pydantic-ai')
    await first
    await eventually(COUNTS, [['19', '6']])
    await eventually(
      "SELECT detector, count(), uniqExact(alert_id), countIf(alert_id = '') FROM watchkeeper.findings GROUP BY detector ORDER BY detector",
      [['unexpected-command', '1', '1', '0'], ['unrequested-action', '1', '1', '0']],
    )
    await eventually(
      "SELECT detector, notEmpty(lineage), notEmpty(sample_events), notEmpty(benign), notEmpty(runbook), notEmpty(attack_19) FROM watchkeeper.findings ORDER BY detector",
      [['unexpected-command', '1', '1', '1', '1', '1'], ['unrequested-action', '1', '1', '1', '1', '1']],
    )
    await eventually('SELECT count(), any(arraySort(detectors)) FROM watchkeeper.alerts', [['1', "['unexpected-command','unrequested-action']"]])
    expect(received.map(({ body }) => body.type)).toEqual(['alert.open'])
    expect(await ask(server, `SELECT count() > 0 FROM (${received[0]?.body.data.sql})`)).toEqual([['1']])
    await eventually('SELECT outcome, count() FROM watchkeeper.deliveries GROUP BY outcome', [['delivered', '1']])
  })

  it('changes nothing when the same bodies come again', async () => {
    await send('pydantic-ai')
    await send('fastmcp')
    await eventually(COUNTS, [['85', '34']])
    expect(received.length).toBe(1)
  })

  it('accuses nobody where the telemetry says too little, and says that it is blind there', async () => {
    await eventually("SELECT count() FROM watchkeeper.findings WHERE detector IN ('unexpected-command', 'unrequested-action')", [['2']])
    const blind = await ask(server, "SELECT source, arraySort(blind_detectors) FROM watchkeeper.sources WHERE source = 'desktop-agent'")
    expect(blind[0]?.[1]).toContain('unexpected-command')
    expect(blind[0]?.[1]).toContain('unrequested-action')
  })

  it('reads JSON from Node and keeps its metrics as points', async () => {
    await send('shinzo-ts')
    await eventually(COUNTS, [['87', '36']])
    await eventually(
      "SELECT tool, outcome, client_address FROM watchkeeper.interactions WHERE tool IN ('export_all', 'search_customers') ORDER BY tool",
      [['export_all', 'tool_error', '192.0.2.2'], ['search_customers', 'ok', '192.0.2.2']],
    )
    const points = Number((await ask(server, 'SELECT count() FROM watchkeeper.mcp_metrics'))[0]?.[0])
    await send('shinzo-ts')
    await eventually('SELECT count() FROM watchkeeper.mcp_metrics', [[String(points)]])
    expect(points).toBeGreaterThan(0)
  })

  it('is read by the ClickHouse client and refuses to be written', async () => {
    const client = createClient({ url: server.sql, database: 'watchkeeper' })
    const rows = await (await client.query({
      query: 'SELECT tool, count() AS calls FROM interactions WHERE tool = {tool:String} GROUP BY tool', query_params: { tool: 'read_file' },
      format: 'JSONEachRow',
    })).json()
    expect(rows).toEqual([{ tool: 'read_file', calls: expect.anything() }])
    await expect(client.command({ query: 'DROP TABLE audit_events' })).rejects.toThrow()
    await client.close()
  })

  it('says how it is', async () => {
    expect(await (await fetch(`${server.api}/healthz`)).json()).toEqual({ alive: true })
    expect(await (await fetch(`${server.api}/readyz`)).json()).toMatchObject({ ready: true })
    expect(await (await fetch(`${server.api}/metrics`)).text()).toContain('watchkeeper_collector_records')
    expect((await fetch(`${server.api}/api/v1/lag`)).status).toBe(401)
  })

  it('answers rubbish as OTLP says, and lives', async () => {
    const post = async (body: string | Buffer, headers: Record<string, string>) =>
      (await fetch(`${server.otlpHttp}/v1/traces`, { method: 'POST', body, headers })).status
    expect(await post('\u0001\u0002\u0003', { 'content-type': 'application/x-protobuf' })).toBe(400)
    expect(await post('{"resourceSpans":', { 'content-type': 'application/json' })).toBe(400)
    expect(await post('x', { 'content-type': 'text/plain' })).toBe(415)
    expect(await post(gzipSync('abc').subarray(0, 10), { 'content-type': 'application/json', 'content-encoding': 'gzip' })).toBe(400)
    expect(await post(gzipSync(Buffer.alloc(100 * 1024 * 1024)), { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' })).toBe(413)
    expect((await fetch(`${server.otlpHttp}/v1/traces`)).status).toBe(405)
    expect(await (await fetch(`${server.api}/healthz`)).json()).toEqual({ alive: true })
  })

  it('starts again with everything still there', async () => {
    await stopServer(server)
    server = await startServer({ dataDir: server.dataDir, config: join(folder, 'config.yaml') })
    await eventually(COUNTS, [['87', '36']])
  })
})

describe('a start that cannot be', () => {
  const serve = (...args: string[]) => run(process.execPath, [CLI, 'serve', ...args], { timeout: 30_000 }).then(
    () => ({ code: 0, said: '' }),
    (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }),
  )
  const elsewhere = ['--otlp-http', '127.0.0.1:0', '--otlp-grpc', '127.0.0.1:0', '--sql', '127.0.0.1:0', '--api', '127.0.0.1:0']

  it('ends with 2 and a sentence: port in use', async () => {
    const { code, said } = await serve('--data-dir', join(folder, 'other'), ...elsewhere, '--otlp-http', new URL(server.otlpHttp).host)
    expect([code, said]).toEqual([2, expect.stringMatching(/OTLP\/HTTP.*127\.0\.0\.1/)])
  })

  it('ends with 2 and a sentence: data directory in use, or no directory at all', async () => {
    const used = await serve('--data-dir', server.dataDir, ...elsewhere)
    expect([used.code, used.said]).toEqual([2, expect.stringContaining(server.dataDir)])
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const none = await serve('--data-dir', join(file, 'data'), ...elsewhere)
    expect([none.code, none.said]).toEqual([2, expect.stringContaining(file)])
  })

  it('ends with 2 and names all: broken configuration, doors open to strangers', async () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, 'colour: red\ndetectors: {no-such: {}}\notlp: {http: here}\n')
    const bad = await serve('--config', broken)
    expect([bad.code, bad.said]).toEqual([2, expect.stringMatching(/otlp\.http[\s\S]*colour|colour[\s\S]*otlp\.http/)])
    const open = await serve('--data-dir', join(folder, 'other'), '--otlp-http', '0.0.0.0:0')
    expect([open.code, open.said]).toEqual([2, expect.stringMatching(/TLS/)])
  })
})
