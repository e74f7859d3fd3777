/** A receiver that is away for ten minutes of the alerter's clock, while the alerter is killed between detection, storage and sending. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlertMessage } from '../../schemas/alert-message.ts'
import { compile } from './compile.ts'

const SPEED = 60
const AWAY_MS = (10 * 60_000) / SPEED
const EACH = 40

let script: { file: string; directory: string }
let directory = ''
let server: Server
let away = false
/** Bodies by webhook-id. */
const received = new Map<string, Set<string>>()
let attempts = 0
/** Killed when a message has arrived, before it is answered. */
let doomed: ChildProcess | undefined

beforeAll(async () => {
  script = await compile('test/fault/alerter-process.ts')
  directory = await mkdtemp(join(tmpdir(), 'wk-alerter-kill-'))
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (away) return void request.socket.destroy()
      const id = String(request.headers['webhook-id'])
      received.set(id, (received.get(id) ?? new Set()).add(Buffer.concat(chunks).toString()))
      attempts++
      if (doomed === undefined) return void response.writeHead(200).end()
      doomed.kill('SIGKILL')
      doomed = undefined
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
}, 60_000)
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  for (const each of [script.directory, directory]) await rm(each, { recursive: true, force: true })
})

const toldOf = (): ReadonlySet<string> => new Set([...received.values()].flatMap((bodies) => [...bodies]).flatMap((body) => (JSON.parse(body) as AlertMessage).data.why.map(({ title }) => title)))

test('every alert arrives, and what arrives twice has the same id and body', { timeout: 120_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  console.log(`seed ${seed}`)
  let state = seed
  const draw = (most: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % most
  }
  const epoch = Date.now()
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const acknowledged = new Set<number>()
  const start = (first: number, count: number): ChildProcess => {
    const child = spawn(process.execPath, [script.file, directory, url, secret, String(epoch), String(SPEED), String(first), String(count)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let rest = ''
    child.stdout.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line !== 'up') acknowledged.add(Number(line))
    })
    return child
  }
  const goneAt = epoch + 1_500
  let run = 0
  for (; Date.now() < goneAt + AWAY_MS; run++) {
    away = Date.now() >= goneAt && Date.now() < goneAt + AWAY_MS
    const child = start(run * EACH, EACH)
    await once(child.stdout!, 'data')
    await sleep(20 + draw(900))
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  away = false
  for (const until = run + 4; run < until; run++) {
    doomed = start(run * EACH, EACH)
    await once(doomed, 'close')
  }
  const last = start(run * EACH, EACH)
  const expected = (): string[] => [...acknowledged].map((number) => `number ${number}`)
  const isComplete = (): boolean => acknowledged.has((run + 1) * EACH - 1) && expected().every((title) => toldOf().has(title))
  while (!isComplete() && Date.now() < epoch + 90_000) await sleep(100)
  last.kill('SIGKILL')
  await once(last, 'close')
  console.log(`${run} kills, ${acknowledged.size} findings, ${attempts} arrivals of ${received.size} messages`)
  expect(expected().filter((title) => !toldOf().has(title))).toEqual([])
  expect([...received.values()].filter((bodies) => bodies.size > 1)).toEqual([])
  // One message an alert: a repetition is the same message.
  expect(received.size).toBe(toldOf().size)
  expect(attempts).toBeGreaterThanOrEqual(received.size + 4)
  expect(acknowledged.size).toBeGreaterThan(80)
})
