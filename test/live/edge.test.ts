/** Who may come in, on a running server: tokens made and revoked while it runs, budgets, and administrators in the audit log itself. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyTemplate, freshBody } from '../../bench/otlp-body.ts'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { referenceDecode } from '../otlp/reference-schema.ts'

const CLI = join(process.cwd(), 'dist/services/cli.js')
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const WAIT = { timeout: 15_000, interval: 50 }
const run = promisify(execFile)
const template = bodyTemplate()
const asSent = (bytes: Buffer) => bytes

let folder = ''
let config = ''
let server: ServerProcess
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watchkeeper-edge-'))
  config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({ assembler: { quiet_seconds: 1 } }))
  server = await startServer({ dataDir: join(folder, 'data'), config })
})
afterAll(async () => {
  await stopServer(server)
  rmSync(folder, { recursive: true, force: true })
})

interface Made {
  readonly name: string
  readonly token: string
}
async function token(...args: readonly string[]): Promise<Made> {
  const { stdout } = await run(process.execPath, [CLI, 'token', ...args, '--data-dir', server.dataDir, '--json'])
  return JSON.parse(stdout) as Made
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
}
async function post(bearer?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/x-protobuf', ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }) }
  const answer = await fetch(`${server.otlpHttp}/v1/traces`, { method: 'POST', body: freshBody(template, Date.now()), headers })
  return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
}
function call(bearer: string): Promise<ServiceError | null> {
  const client = new Client(server.otlpGrpc, credentials.createInsecure())
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${bearer}`)
  return new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(EXPORT, asSent, asSent, freshBody(template, Date.now()), metadata, { deadline: Date.now() + 10_000 }, resolve)
  }).finally(() => client.close())
}
const statusOf = async (bearer?: string) => (await post(bearer)).status
const eventually = (sql: string, expected: string[][]) => expect.poll(() => ask(server, sql), { timeout: 30_000, interval: 100 }).toEqual(expected)

describe('tokens on a running server', () => {
  let gateway: Made

  it('close the door that was open on loopback, and open it for their tenant', async () => {
    expect(await statusOf()).toBe(200)
    gateway = await token('create', '--name', 'gateway', '--tenant', 'acme')
    await expect.poll(() => statusOf(), WAIT).toBe(401)
    expect([await statusOf(gateway.token), (await call(gateway.token))?.code, (await call('wrong'))?.code]).toEqual([200, undefined, status.UNAUTHENTICATED])
    await eventually("SELECT count() > 0 FROM watchkeeper.audit_events WHERE tenant = 'acme' AND emitter != 'watchkeeper'", [['1']])
  })

  it('have budgets: over them 429 and RESOURCE_EXHAUSTED, each with a time to come again', async () => {
    const narrow = await token('create', '--name', 'narrow', '--tenant', 'acme', '--requests-per-second', '0.2')
    await expect.poll(() => statusOf(narrow.token), WAIT).not.toBe(401)
    await expect.poll(() => statusOf(narrow.token), { ...WAIT, interval: 1 }).toBe(429)
    expect((await post(narrow.token)).retryAfter).toMatch(/^[1-3]$/)
    const error = await call(narrow.token)
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED)
    const { details } = referenceDecode('RpcStatus', error!.metadata.get('grpc-status-details-bin')[0] as Buffer) as { details: { value: string }[] }
    expect(referenceDecode('RetryInfo', Buffer.from(details[0]!.value, 'base64'))).toMatchObject({ retryDelay: { seconds: expect.stringMatching(/^[1-3]$/) as string } })
    expect(await statusOf(gateway.token)).toBe(200)
    const metrics = await (await fetch(`${server.api}/metrics`)).text()
    expect(metrics).toMatch(/watchkeeper_collector_token_over_budget_total\{token="narrow",what="requests"/)
    expect(metrics).toMatch(/watchkeeper_collector_token_bytes_total\{token="gateway"/)
  })

  it('of scope api use the API by name, and send nothing', async () => {
    const { token: operator } = await token('create', '--name', 'operator', '--tenant', 'acme', '--scope', 'api')
    const receiver = { name: 'night', url: 'http://127.0.0.1:9/secret-path', secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`, ttl_seconds: 60 }
    const api = (method: string, path: string, bearer: string) => fetch(`${server.api}/api/v1/receivers${path}`, {
      method, headers: { authorization: `Bearer ${bearer}` }, ...(method === 'POST' ? { body: JSON.stringify(receiver) } : {}),
    }).then((answer) => answer.status)
    // Of the other tenants' alerts a receiver hears too: that is for who is trusted with all of them.
    const own = readFileSync(join(server.dataDir, 'keys', 'api.token'), 'utf8').trim()
    await expect.poll(() => api('POST', '', operator), WAIT).toBe(403)
    expect([await api('POST', '', own), await api('DELETE', '/night', own), await api('DELETE', '/night', own), await api('POST', '', gateway.token), await statusOf(operator)])
      .toEqual([201, 204, 404, 401, 403])
    const known = await fetch(`${server.api}/api/v1/alerts`, { headers: { authorization: `Bearer ${operator}` } })
    expect([known.status, await known.json()]).toEqual([200, { alerts: [], next: null }])
  })

  it('are refused as soon as they are revoked', async () => {
    await token('revoke', 'gateway')
    await expect.poll(() => statusOf(gateway.token), WAIT).toBe(401)
    expect((await call(gateway.token))?.code).toBe(status.UNAUTHENTICATED)
    expect(await (await fetch(`${server.api}/metrics`)).text()).toMatch(/token_refused_total\{token="gateway",reason="revoked"/)
  })

  it('stay as they are when their file breaks', async () => {
    const { token: lasting } = await token('create', '--name', 'lasting', '--tenant', 'acme')
    await expect.poll(() => statusOf(lasting), WAIT).toBe(200)
    const file = join(server.dataDir, 'keys', 'tokens.json')
    const good = readFileSync(file)
    writeFileSync(file, '{')
    const broken = async () => /^watchkeeper_collector_token_file_broken(?:\{[^}]*\})? ([01])/m.exec(await (await fetch(`${server.api}/metrics`)).text())?.[1]
    await expect.poll(broken, WAIT).toBe('1')
    expect([await statusOf(lasting), await statusOf()]).toEqual([200, 401])
    writeFileSync(file, good)
    await expect.poll(broken, WAIT).toBe('0')
  })
})

describe('administrators', () => {
  it('are in the audit log by name, once each, and are no MCP calls', async () => {
    await eventually(
      "SELECT method, resource, tenant, outcome, count() FROM watchkeeper.audit_events WHERE emitter = 'watchkeeper' AND method NOT IN ('watchkeeper/token.reload', 'watchkeeper/sql.query', 'watchkeeper/api.refused') AND NOT has(JSONExtractKeys(arguments), 'repeated') " +
        'GROUP BY ALL ORDER BY ALL', [
        ['watchkeeper/alert.list', '/api/v1/alerts', 'acme', 'ok', '1'],
        ['watchkeeper/receiver.add', '/api/v1/receivers', 'acme', 'tool_error', '1'],
        ['watchkeeper/receiver.add', 'receiver/night', 'default', 'ok', '1'],
        ['watchkeeper/receiver.remove', 'receiver/night', 'default', 'ok', '1'],
        ['watchkeeper/receiver.remove', 'receiver/night', 'default', 'tool_error', '1'],
        ['watchkeeper/token.create', 'token/gateway', 'acme', 'ok', '1'],
        ['watchkeeper/token.create', 'token/lasting', 'acme', 'ok', '1'],
        ['watchkeeper/token.create', 'token/narrow', 'acme', 'ok', '1'],
        ['watchkeeper/token.create', 'token/operator', 'acme', 'ok', '1'],
        ['watchkeeper/token.revoke', 'token/gateway', 'acme', 'ok', '1'],
      ],
    )
    expect(await ask(server, "SELECT DISTINCT actor, principal_source, client_address FROM watchkeeper.audit_events WHERE resource = 'receiver/night' OR method LIKE 'watchkeeper/alert%'"))
      .toEqual(expect.arrayContaining([['operator', 'api.token', '127.0.0.1'], ['api.token', 'api.token', '127.0.0.1']]))
    expect(await ask(server, "SELECT count() FROM watchkeeper.audit_events WHERE method = 'watchkeeper/token.reload' AND arguments LIKE '%gateway%'"))
      .toEqual([['2']])
    expect(await ask(server, "SELECT countIf(arguments LIKE '%wkt_%' OR arguments LIKE '%secret-path%') FROM watchkeeper.audit_events WHERE emitter = 'watchkeeper' AND method != 'watchkeeper/sql.query'"))
      .toEqual([['0']])
    // Who asked what is there too: that query itself by the next one.
    await ask(server, "SELECT 'asked by nobody in particular'")
    await eventually("SELECT actor, principal_source, principal_trust, outcome, JSONExtractString(arguments, 'query') FROM watchkeeper.audit_events WHERE method = 'watchkeeper/sql.query' AND " +
      "JSONExtractString(arguments, 'query') = concat('SELECT ', char(39), 'asked by nobody in particular', char(39))", [
      ['default', 'sql.anyone', 'self_declared', 'ok', "SELECT \\'asked by nobody in particular\\'"],
    ])
    expect(await ask(server, "SELECT count() FROM watchkeeper.interactions WHERE has(emitters, 'watchkeeper') OR method LIKE 'watchkeeper/%'")).toEqual([['0']])
    expect(await ask(server, "SELECT count() FROM watchkeeper.sources WHERE emitter = 'watchkeeper'")).toEqual([['0']])
  })

  it('are there too when they acted while the server was stopped', async () => {
    await stopServer(server)
    const { token: later } = await token('create', '--name', 'later', '--tenant', 'acme')
    server = await startServer({ dataDir: server.dataDir, config })
    expect([await statusOf(later), await statusOf()]).toEqual([200, 401])
    await eventually("SELECT method, outcome FROM watchkeeper.audit_events WHERE emitter = 'watchkeeper' AND resource = 'token/later'", [['watchkeeper/token.create', 'ok']])
  })

  it('hear at the start that the token file cannot be used', async () => {
    await stopServer(server)
    chmodSync(join(server.dataDir, 'keys', 'tokens.json'), 0o644)
    await expect(startServer({ dataDir: server.dataDir, config })).rejects.toThrow(/chmod 600 /)
    chmodSync(join(server.dataDir, 'keys', 'tokens.json'), 0o600)
    server = await startServer({ dataDir: server.dataDir, config })
  })
})
