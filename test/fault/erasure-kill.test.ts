/** Servers that are killed while they erase a person: the next one goes on by itself, and the log verifies. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody } from '../../bench/otlp-body.ts'
import { endPart, type PartProcess, startPart } from '../live/part-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-erasure-'))
const dataDir = join(folder, 'data')
const orders = join(dataDir, 'keys', 'erasures')
const config = join(folder, 'watchkeeper.yaml')
const SUBJECT = 'client-3'
let server: PartProcess | undefined

interface Removal {
  readonly state: string
  readonly events: number
  readonly progress?: { readonly table: string; readonly done: number }
}

async function api(path: string, body?: object): Promise<unknown> {
  const token = readFileSync(join(dataDir, 'keys', 'api.token'), 'utf8').trim()
  const answer = await fetch(`${server?.door('api')}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

const removal = async (id: string): Promise<Removal> => (await api(`/api/v1/removals/${id}`)) as Removal
async function numberOf(sql: string): Promise<number> {
  const answer = await fetch(`${server?.door('sql')}/?query=${encodeURIComponent(sql)}`)
  return Number(await answer.text())
}
const start = (): Promise<PartProcess> => startPart({ part: 'serve', config, dataDir })
const kept = (): string[] => (existsSync(orders) ? readdirSync(orders) : [])

afterAll(async () => {
  if (server !== undefined) await endPart(server)
  rmSync(folder, { recursive: true, force: true })
})

it('goes on by itself wherever it was killed', { timeout: 600_000 }, async () => {
  writeFileSync(config, 'audit:\n  checkpoint_seconds: 1\n')
  server = await start()
  const template = bodyTemplate()
  const sent = Array.from({ length: 60 }, () => fetch(`${server?.door('otlp_http')}/v1/traces`, {
    method: 'POST', body: freshBody(template, Date.now()), headers: { 'content-type': 'application/x-protobuf' },
  }).then(({ status }) => status))
  expect(new Set(await Promise.all(sent))).toEqual(new Set([200]))
  await expect.poll(() => numberOf(`SELECT count() FROM watchkeeper.interactions WHERE actor = '${SUBJECT}'`), { timeout: 120_000, interval: 500 }).toBeGreaterThan(0)
  const { removal_id: id } = (await api('/api/v1/erasures', { subject: SUBJECT, reason: 'asked for' })) as { readonly removal_id: string }
  // At once; then as soon as it is at the events; then it may end.
  await endPart(server, 'SIGKILL')
  expect(kept()).toEqual([`${id}.order`])
  expect(readFileSync(join(orders, `${id}.order`)).includes(SUBJECT)).toBe(false)
  server = await start()
  await expect.poll(async () => {
    const { state, progress } = await removal(id)
    return state === 'done' || progress?.table === 'audit_events' || progress?.table === 'files'
  }, { timeout: 120_000, interval: 10 }).toBe(true)
  await endPart(server, 'SIGKILL')
  server = await start()
  await expect.poll(async () => (await removal(id)).state, { timeout: 180_000, interval: 500 }).toBe('done')
  expect((await removal(id)).events).toBeGreaterThan(0)
  await expect.poll(kept, { timeout: 30_000 }).toEqual([])
  expect(await numberOf(`SELECT count() FROM watchkeeper.audit_events WHERE client = '${SUBJECT}' OR actor = '${SUBJECT}'`)).toBe(0)
  expect(await numberOf('SELECT count() - uniqExact(event_id) FROM watchkeeper.audit_events')).toBe(0)
  const sql = server.door('sql')
  const verified = await new Promise<number>((resolve) => {
    execFile(process.execPath, [join(process.cwd(), 'dist/services/cli.js'), 'verify', '--url', sql, '--key', join(dataDir, 'keys', 'notary.pub')], (error) => resolve(error === null ? 0 : Number(error.code)))
  })
  expect(verified).toBe(0)
})
