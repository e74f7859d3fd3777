/**
 * 500 half-open and 50 byte-a-second connections beside normal requests, on both OTLP doors: the former are cut off, the latter are answered.
 * Speed is printed, not judged.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bodyTemplate, freshBody } from '../../bench/otlp-body.ts'
import { type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'

const HALF_OPEN = 500
const DRIPPING = 50
const HEAD_SECONDS = 4
/** Normal requests before the slow clients come: the first ones of a process take longer, whoever else is there. On a busy machine fewer will do. */
const WARM_UP = 200
const WARM_UP_MS = 15_000
/** Linux routes all of 127.0.0.0/8 to itself: slow clients come from another address than good ones. */
const SLOW_ADDRESS = '127.0.0.2'
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-slow-'))
const template = bodyTemplate()
let server: ServerProcess

beforeAll(async () => {
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({ otlp: { limits: { head_seconds: HEAD_SECONDS, connections_per_address: 600 } } }))
  server = await startServer({ dataDir: join(folder, 'data'), config })
})
afterAll(async () => {
  await stopServer(server)
  rmSync(folder, { recursive: true, force: true })
})

interface Slow {
  readonly kind: string
  readonly socket: Socket
  closed: boolean
}

/** `begin` is sent at once, then a byte a second where it drips. */
function slowClient(kind: string, address: string, { begin, drips }: { readonly begin: Buffer | string; readonly drips: boolean }): Promise<Slow> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect({ host, port: Number(port), localAddress: SLOW_ADDRESS })
  const slow = { kind, socket, closed: false }
  socket.resume()
  return new Promise((resolve) => {
    socket.on('error', () => resolve(slow))
    socket.once('close', () => (slow.closed = true))
    socket.once('connect', () => {
      if (begin.length > 0) socket.write(begin)
      const timer = setInterval(() => (drips && !slow.closed ? socket.write('x') : clearInterval(timer)), 1_000)
      resolve(slow)
    })
  })
}

/** What an HTTP/2 client begins with: preface and empty SETTINGS. */
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])])

async function openSlow({ otlpHttp, otlpGrpc }: ServerProcess): Promise<readonly Slow[]> {
  const http = new URL(otlpHttp).host
  const quiet = { drips: false }
  const kinds: readonly (() => Promise<Slow>)[] = [
    () => slowClient('http silent', http, { begin: '', ...quiet }),
    () => slowClient('http half head', http, { begin: 'POST /v1/traces HTTP/1.1\r\nhost: x\r\n', ...quiet }),
    () => slowClient('grpc silent', otlpGrpc, { begin: '', ...quiet }),
    () => slowClient('grpc half preface', otlpGrpc, { begin: PREFACE.subarray(0, 10), ...quiet }),
    () => slowClient('grpc no call', otlpGrpc, { begin: PREFACE, ...quiet }),
  ]
  const dripping: readonly (() => Promise<Slow>)[] = [
    () => slowClient('http dripping head', http, { begin: 'POST /v1/traces HTTP/1.1\r\nx-', drips: true }),
    () => slowClient('http dripping body', http, {
      begin: 'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{', drips: true,
    }),
    () => slowClient('http dripping refused', http, { begin: 'POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n', drips: true }),
    () => slowClient('grpc dripping', otlpGrpc, { begin: PREFACE.subarray(0, 5), drips: true }),
  ]
  const made = (count: number, from: readonly (() => Promise<Slow>)[]) => Array.from({ length: count }, (_, index) => from[index % from.length]!())
  return Promise.all([...made(HALF_OPEN, kinds), ...made(DRIPPING, dripping)])
}

interface Load {
  readonly latencies: number[]
  readonly refused: unknown[]
}

/** Sends one request after the other until `over`, on a new connection every few requests as many exporters do. */
async function sendHttp(load: Load, over: () => boolean): Promise<void> {
  for (let count = 0; !over(); count++) {
    const began = performance.now()
    const body = freshBody(template, Date.now())
    const headers = { 'content-type': 'application/x-protobuf', ...(count % 5 === 4 ? { connection: 'close' } : {}) }
    const status = await fetch(`${server.otlpHttp}/v1/traces`, { method: 'POST', body, headers }).then((answer) => answer.status, (error: unknown) => error)
    if (status !== 200) load.refused.push(status)
    load.latencies.push(performance.now() - began)
    await wait(20)
  }
}

async function sendGrpc(load: Load, over: () => boolean): Promise<void> {
  const asSent = (bytes: Buffer) => bytes
  const client = new Client(server.otlpGrpc, credentials.createInsecure())
  while (!over()) {
    const began = performance.now()
    const body = freshBody(template, Date.now())
    await new Promise<void>((resolve) => {
      client.makeUnaryRequest(EXPORT, asSent, asSent, body, { deadline: Date.now() + 60_000 }, (error) => {
        if (error !== null) load.refused.push(error)
        resolve()
      })
    })
    load.latencies.push(performance.now() - began)
    await wait(20)
  }
  client.close()
}

function described(latencies: readonly number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)
  return `${sorted.length} normal requests, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms`
}

/** How many of each kind. */
function stillOpen(slow: readonly Slow[]): ReadonlyMap<string, number> {
  const left = new Map<string, number>()
  for (const { kind, closed } of slow) if (!closed) left.set(kind, (left.get(kind) ?? 0) + 1)
  return left
}

it('cuts off half-open and dripping connections, and answers everybody else', async () => {
  const load: Load = { latencies: [], refused: [] }
  let over = false
  const senders = Promise.all([sendHttp, sendHttp, sendGrpc, sendGrpc].map((send) => send(load, () => over)))
  const enough = performance.now() + WARM_UP_MS
  await expect.poll(() => load.latencies.length > WARM_UP || performance.now() > enough, { timeout: 2 * WARM_UP_MS }).toBe(true)
  const before = load.latencies.splice(0)
  const slow = await openSlow(server)
  try {
    await expect.poll(() => stillOpen(slow), { timeout: 90_000, interval: 200 }).toEqual(new Map())
  } finally {
    over = true
    await senders
  }
  console.log(`alone: ${described(before)}\nbeside ${slow.length} slow clients: ${described(load.latencies)}`)
  expect([slow.length, load.refused]).toEqual([HALF_OPEN + DRIPPING, []])
  expect(load.latencies.length).toBeGreaterThan(20)
  const metrics = await (await fetch(`${server.api}/metrics`)).text()
  expect(metrics).toMatch(/watchkeeper_collector_connections_cut_total\{reason="unproven"/)
  expect(metrics).toMatch(/watchkeeper_collector_connections_cut_total\{reason="slow"/)
}, 180_000)
