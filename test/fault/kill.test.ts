/** kill -9 in the middle of full load: what was acknowledged is stored, once. */
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody, SPANS } from '../../bench/otlp-body.ts'
import { ask, removeData, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'

const KILLS = 3
const SENDERS = 8
let server: ServerProcess
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await stopServer(server)
  removeData(server)
})

const template = bodyTemplate()
const traceOf = (body: Buffer): string => body.toString('hex', template.traceAt[0], (template.traceAt[0] ?? 0) + 16)

/** Sends until the server is gone; the traces that were acknowledged. */
async function sender(acknowledged: string[]): Promise<void> {
  for (;;) {
    const body = freshBody(template, Date.now())
    const answer = await fetch(
      `${server.otlpHttp}/v1/traces`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } },
    ).then((response) => response.status, () => 0)
    if (answer === 0) return
    if (answer === 200) acknowledged.push(traceOf(body))
  }
}

it(`loses nothing and doubles nothing over ${KILLS} kills`, async () => {
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const delay = randomInt(800, 2_500)
    console.log(`kill ${kill + 1} after ${delay} ms`)
    const senders = Array.from({ length: SENDERS }, () => sender(acknowledged))
    await wait(delay)
    await stopServer(server, 'SIGKILL')
    await Promise.all(senders)
    server = await startServer({ dataDir: server.dataDir })
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS)
  const missing = async () => {
    const stored = new Map((await ask(server, 'SELECT trace_id, count() FROM watchkeeper.audit_events GROUP BY trace_id')).map(([trace, count]) => [
      trace, Number(count),
    ]))
    return acknowledged.filter((trace) => stored.get(trace) !== SPANS)
  }
  await expect.poll(missing, { timeout: 60_000, interval: 250 }).toEqual([])
  expect(await ask(server, 'SELECT count() - uniqExact(event_id) FROM watchkeeper.audit_events')).toEqual([['0']])
  // Calls are published after their quiet time; none of them may be there twice either.
  const calls = await ask(server, 'SELECT count() - uniqExact(interaction_id), max(length(event_ids)) FROM watchkeeper.interactions')
  expect(calls[0]?.[0]).toBe('0')
}, 180_000)
