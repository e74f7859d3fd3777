import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Failure } from '../../schemas/failure.ts'
import { coverage } from './coverage.ts'
import { quarantineDecide, quarantineList, timeOf } from './quarantine.ts'
import { status } from './status.ts'

let dataDir = ''
let server: Server
let api = ''
let answer: { readonly status: number; readonly body: string } = { status: 200, body: '{}' }
const asked: { readonly url: string; readonly body: unknown; readonly authorization: string | undefined }[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'wk-status-'))
  mkdirSync(join(dataDir, 'keys'))
  writeFileSync(join(dataDir, 'keys', 'api.token'), 'secret\n')
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString()
      asked.push({ url: request.url ?? '', body: body === '' ? undefined : JSON.parse(body), authorization: request.headers.authorization })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  api = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  vi.restoreAllMocks()
  asked.length = 0
})
afterAll(() => {
  server.close()
  rmSync(dataDir, { recursive: true, force: true })
})

function heard(): { readonly out: string[]; readonly errors: string[] } {
  const [out, errors]: [string[], string[]] = [[], []]
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(text))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void errors.push(text))
  return { out, errors }
}

describe('watchkeeper status', () => {
  it('ends with 0 when healthy and 1 when degraded, and hands the answer on as JSON', async () => {
    const { out } = heard()
    answer = { status: 200, body: '{"healthy":true}' }
    expect(await status({ dataDir, api, json: true })).toBe(0)
    answer = { status: 200, body: '{"healthy":false,"problems":["x"]}' }
    expect(await status({ dataDir, api, json: true })).toBe(1)
    expect(out.map((text) => JSON.parse(text) as unknown)).toEqual([{ healthy: true }, { healthy: false, problems: ['x'] }])
    expect(asked[0]).toMatchObject({ url: '/api/status', authorization: 'Bearer secret' })
  })

  it('ends with 2 and says what to do where nobody answers, the token is another one, or there is none', async () => {
    const { errors } = heard()
    expect(await status({ dataDir, api: '127.0.0.1:1' })).toBe(2)
    answer = { status: 401, body: '{}' }
    expect(await status({ dataDir, api })).toBe(2)
    expect(await status({ dataDir: join(dataDir, 'other'), api })).toBe(2)
    answer = { status: 503, body: '{"error":"ClickHouse is away"}' }
    expect(await status({ dataDir, api })).toBe(2)
    expect(errors).toEqual([
      expect.stringMatching(/Nothing answers at http:\/\/127\.0\.0\.1:1\. Start the server first/), expect.stringContaining('use the --data-dir'),
      expect.stringContaining('cannot be read. Start the server first'), 'ClickHouse is away',
    ])
  })
})

describe('watchkeeper coverage', () => {
  it('ends with 0 when all is covered, 1 when not, 2 where nobody can say', async () => {
    const { out, errors } = heard()
    answer = { status: 200, body: '{"complete":true,"sources":[]}' }
    expect(await coverage({ dataDir, api, json: true })).toBe(0)
    answer = { status: 200, body: '{"complete":false,"looked_at":"","sources":[]}' }
    expect(await coverage({ dataDir, api })).toBe(1)
    answer = { status: 421, body: '{"error":"ask the archiver"}' }
    expect(await coverage({ dataDir, api, json: true })).toBe(2)
    expect(asked[0]?.url).toBe('/api/coverage')
    expect([out[0], out[1], out[2]]).toEqual(['{"complete":true,"sources":[]}\n', expect.stringContaining('Nobody has looked yet'), '{"complete":false,"unreachable":"ask the archiver"}'])
    expect(errors).toEqual(['ask the archiver'])
  })
})

describe('watchkeeper quarantine', () => {
  it('asks for what was asked for', async () => {
    const { out } = heard()
    answer = { status: 200, body: '{"total":0,"entries":[]}' }
    expect(await quarantineList({ dataDir, api, reason: 'refused_row', since: '2026-11-21T00:00:00Z', source: 'a b&c', limit: 5 })).toBe(0)
    expect(new URL(asked[0]?.url ?? '', 'http://x').searchParams).toEqual(new URLSearchParams({ reason: 'refused_row', source: 'a b&c', limit: '5', since: '2026-11-21T00:00:00.000Z' }))
    expect(out).toEqual(['Nothing that matches is waiting in quarantine.'])
  })

  it('decides on nothing by accident', async () => {
    await expect(quarantineDecide('discard', [], { dataDir, api })).rejects.toThrow(/Say which/)
    expect(asked).toEqual([])
  })

  it('says what became of each, and ends with 1 where something could not be done', async () => {
    const { out } = heard()
    answer = { status: 200, body: JSON.stringify({ counts: { replayed: 2, still_unreadable: 1 }, decided: [{ quarantine_id: 'a', outcome: 'still_unreadable', why: 'no\u001b[2J' }] }) }
    expect(await quarantineDecide('replay', [], { dataDir, api, all: true, why: 'fixed' })).toBe(1)
    expect(asked[0]?.body).toMatchObject({ filter: { limit: 10_000 }, why: 'fixed' })
    expect(out).toEqual(['2 put back\n1 still unreadable for this version: nothing was done', '  a  no\\u001b[2J'])
  })

  it('names ids that are not there, and ends with 1', async () => {
    const { out, errors } = heard()
    const [known, unknown] = ['a'.repeat(32), 'b'.repeat(32)]
    answer = { status: 200, body: JSON.stringify({ counts: { discarded: 1 }, decided: [{ quarantine_id: known, outcome: 'discarded', why: '' }] }) }
    expect(await quarantineDecide('discard', [known], { dataDir, api })).toBe(0)
    expect(await quarantineDecide('discard', [known, unknown, unknown], { dataDir, api })).toBe(1)
    expect(errors).toEqual([`Not in quarantine, or not with these filters: ${unknown}. Ids have 32 hex digits: watchkeeper quarantine list shows them.`])
    expect(await quarantineDecide('replay', [known, unknown], { dataDir, api, json: true })).toBe(1)
    expect(JSON.parse(out.at(-1) as string)).toMatchObject({ counts: { discarded: 1 }, not_found: [unknown] })
    expect(errors).toHaveLength(1)
  })

  it('reads times as people write them', () => {
    const now = Date.UTC(2026, 10, 21, 12)
    expect(['30m', '2h', '7d', '2026-11-21T08:00:00+01:00'].map((text) => timeOf(text, now))).toEqual([
      '2026-11-21T11:30:00.000Z', '2026-11-21T10:00:00.000Z', '2026-11-14T12:00:00.000Z', '2026-11-21T07:00:00.000Z'])
    expect(() => timeOf('yesterday-ish', now)).toThrow(Failure)
  })
})
