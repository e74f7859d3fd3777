/** The whole product on a disk that fills up under load: it refuses, keeps what it acknowledged, and goes on by itself when there is room again. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody, SPANS } from '../../bench/otlp-body.ts'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { fillUp } from './fill-up.ts'

const ROOM_MIB = 160
const FULL_MS = 4_000
/** How soon after there is room again requests are taken: what the README promises. */
const RECOVERY_MS = 5_000

const directory = mkdtempSync(join(tmpdir(), 'wk-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_MIB}m`, 'tmpfs', directory]).status === 0
const filler = join(directory, 'filler')
const template = bodyTemplate()
let server: ServerProcess | undefined

beforeAll(async () => {
  if (!mounted) return console.warn('a small tmpfs cannot be mounted here: the full disk is not tested')
  server = await startServer({ dataDir: join(directory, 'data') })
})
afterAll(async () => {
  if (server !== undefined) await stopServer(server)
  if (mounted) spawnSync('umount', [directory])
  rmSync(directory, { recursive: true, force: true })
})

interface Sent {
  readonly status: number
  readonly trace: string
}

async function send({ otlpHttp }: ServerProcess): Promise<Sent> {
  const body = freshBody(template, Date.now())
  const response = await fetch(`${otlpHttp}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } })
  if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^[1-3]$/)
  return { status: response.status, trace: body.toString('hex', template.traceAt[0], (template.traceAt[0] ?? 0) + 16) }
}

it.skipIf(!mounted)('refuses while the disk is full, loses and doubles nothing, and takes requests within five seconds of room', async () => {
  const running = server!
  const sent: Sent[] = []
  const sendUntil = async (enough: (last: Sent) => boolean) => {
    for (;;) {
      const last = await send(running)
      sent.push(last)
      if (enough(last)) return
    }
  }
  for (let count = 0; count < 10; count++) await sendUntil(() => true)
  fillUp(filler)
  await sendUntil(({ status }) => status !== 200)
  for (const until = Date.now() + FULL_MS; Date.now() < until; await wait(50)) {
    await sendUntil(() => true)
    fillUp(filler)
  }
  expect((await fetch(`${running.api}/healthz`)).status).toBe(200)

  rmSync(filler)
  const freed = Date.now()
  while ((await send(running).then((last) => (sent.push(last), last.status))) !== 200) {
    if (Date.now() - freed > RECOVERY_MS) throw new Error('still refusing five seconds after there was room')
    await wait(50)
  }
  for (let count = 0; count < 20; count++) await sendUntil(({ status }) => (expect(status).toBe(200), true))
  expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([200, 503]))
  await expect.poll(async () => (await fetch(`${running.api}/readyz`)).status, { timeout: 15_000 }).toBe(200)

  const acknowledged = sent.filter(({ status }) => status === 200)
  const missing = async () => {
    const stored = new Map((await ask(running, 'SELECT trace_id, count() FROM watchkeeper.audit_events GROUP BY trace_id')).map(([trace, count]) => [
      trace, Number(count),
    ]))
    return acknowledged.filter(({ trace }) => stored.get(trace) !== SPANS).length
  }
  await expect.poll(missing, { timeout: 60_000, interval: 250 }).toBe(0)
  expect(await ask(running, 'SELECT count() - uniqExact(event_id) FROM watchkeeper.audit_events')).toEqual([['0']])
  expect(running.child.exitCode).toBeNull()
}, 180_000)
