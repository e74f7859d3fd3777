/** The API for other machines: TLS of its own, metrics behind a token, and commands that reach it by its address. Certificates are made by the openssl command. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../bench/server-process.ts'

const CLI = join(process.cwd(), 'dist/services/cli.js')
const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0

interface Ended {
  readonly code: number
  readonly out: string
  readonly said: string
}

/** A command in a folder of its own, so that it finds neither configuration nor token of the server. */
const command = (folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => new Promise((resolve) => {
  execFile(process.execPath, [CLI, ...args], { cwd: folder, env: { ...process.env, ...env } }, (error, out, said) => resolve({ code: Number(error?.code ?? 0), out, said }))
})

describe.skipIf(NO_OPENSSL)('API off loopback (needs the openssl command)', () => {
  let folder = ''
  let server: ChildProcess
  let url = ''
  let token = ''
  const ca = (): string => join(folder, 'cert.pem')

  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly body: string }> => {
    const [answer] = await once(get(`${url}${path}`, { ca: readFileSync(ca()), headers, agent: false }), 'response') as [IncomingMessage]
    return { status: answer.statusCode ?? 0, body: await text(answer) }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wk-api-tls-'))
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2',
      '-subj', '/CN=watchkeeper', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'pipe', cwd: folder })
    const [http, grpc, sql, api] = [await freePort(), await freePort(), await freePort(), await freePort()]
    writeFileSync(join(folder, 'server.json'), JSON.stringify({
      data_dir: join(folder, 'data'), otlp: { http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}` }, sql: { listen: `127.0.0.1:${sql}` },
      api: { listen: `0.0.0.0:${api}`, tls: { key: join(folder, 'key.pem'), cert: ca() } },
    }))
    url = `https://localhost:${api}`
    server = spawn(process.execPath, [CLI, 'serve', '--config', join(folder, 'server.json')], { stdio: 'ignore' })
    await vi.waitUntil(async () => await ask('/readyz').then(({ status }) => status, () => 0) === 200, { timeout: 60_000, interval: 100 })
    token = readFileSync(join(folder, 'data/keys/api.token'), 'utf8').trim()
  }, 90_000)
  afterAll(async () => {
    if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  it('speaks TLS alone, and shows metrics to who has a token', async () => {
    await expect(fetch(`${url.replace('https', 'http')}/healthz`)).rejects.toThrow()
    expect((await ask('/healthz')).status).toBe(200)
    expect((await ask('/metrics')).status).toBe(401)
    expect((await ask('/metrics', { authorization: 'Bearer wrong' })).status).toBe(401)
    const told = await ask('/metrics', { authorization: `Bearer ${token}` })
    expect([told.status, told.body]).toEqual([200, expect.stringContaining('# TYPE')])
  })

  it('is reached by commands from elsewhere, with its address, a token and the authority of its certificate', async () => {
    const known = { WATCHKEEPER_API_URL: `${url}/`, WATCHKEEPER_API_TOKEN: token, NODE_EXTRA_CA_CERTS: ca() }
    const status = await command(folder, ['status', '--json'], known)
    expect([status.code, JSON.parse(status.out)]).toEqual([0, expect.objectContaining({ healthy: true })])
    const alerts = await command(folder, ['alert', 'list', '--json'], known)
    expect([alerts.code, alerts.said]).toEqual([0, ''])
  })

  it('says what is missing: a token, the authority, TLS', async () => {
    const none = await command(folder, ['alert', 'list'], { WATCHKEEPER_API_URL: url, NODE_EXTRA_CA_CERTS: ca() })
    expect([none.code, none.said]).toEqual([2, expect.stringContaining('WATCHKEEPER_API_TOKEN')])
    const strange = await command(folder, ['alert', 'list'], { WATCHKEEPER_API_URL: url, WATCHKEEPER_API_TOKEN: token })
    expect([strange.code, strange.said]).toEqual([1, expect.stringMatching(/not trusted \(\w+\).*NODE_EXTRA_CA_CERTS/)])
    const plain = await command(folder, ['alert', 'list'], { WATCHKEEPER_API_URL: url.replace('https', 'http'), WATCHKEEPER_API_TOKEN: token })
    expect([plain.code, plain.said]).toEqual([2, expect.stringMatching(/api\.url.*https/)])
    expect(`${none.said}${strange.said}${plain.said}`).not.toContain(token)
  })

  it('is not opened to others without TLS', async () => {
    const open = await command(folder, ['serve', '--data-dir', join(folder, 'other'), '--api', '0.0.0.0:0'])
    expect([open.code, open.said]).toEqual([2, expect.stringContaining('api.tls')])
  })
})
