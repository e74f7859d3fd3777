/**
 * A thousand planted secrets of all kinds, in every place of telemetry and in every wrapping, sent by HTTP (protobuf, JSON) and gRPC to a
 * `watchkeeper serve` of its own; afterwards none may be found in any file of its data directory, any table, its logs, traces, metrics,
 * status and webhooks, raw or encoded. WATCHKEEPER_CANARY_SEED plays a run again.
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { type HttpServer, startHttpServer } from '../../infra/http/server.ts'
import { diceOf } from './canaries/dice.ts'
import { jsonOf, protobufOf, type SignalName } from './canaries/otlp.ts'
import { PLACES, type Place, planted } from './canaries/places.ts'
import { contents, filesBelow, type Needle, needlesOf, Search } from './canaries/search.ts'
import { canaryOf, KINDS } from './canaries/secrets.ts'
import { WRAPPING_NAMES, WRAPPINGS } from './canaries/wrapping.ts'
import { callGrpc, framed } from './otelcol-grpc.ts'

const CANARIES = 1_000
const SEED = Number(process.env['WATCHKEEPER_CANARY_SEED'] ?? randomInt(2 ** 31))
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const dice = diceOf(SEED)
const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-canaries-'))
const said: Buffer[] = []
const received: Buffer[] = []
const needles: Needle[] = []
/** Harmless words planted beside the secrets: where they are found, the secrets would have been. */
const marks: Needle[] = []
let sink: HttpServer
let server: ServerProcess

const RPC: Readonly<Record<SignalName, string>> = {
  traces: 'trace.v1.TraceService', logs: 'logs.v1.LogsService', metrics: 'metrics.v1.MetricsService',
}

beforeAll(async () => {
  console.info(`WATCHKEEPER_CANARY_SEED=${SEED}`)
  sink = await startHttpServer({
    name: 'sink', host: '127.0.0.1', port: 0, maxBodyBytes: 67_108_864,
    async handle({ body, headers }) {
      received.push(body, Buffer.from(JSON.stringify([...headers])))
      return { status: 200, headers: {}, body: '' }
    },
  })
  const url = `http://127.0.0.1:${sink.address.port}`
  const config = join(folder, 'config.yaml')
  writeFileSync(config, JSON.stringify({
    // In clear, so that a search of its files finds what is in them.
    bus: { sealed: false },
    assembler: { quiet_seconds: 0.5 }, telemetry: { traces: { otlp_endpoint: url, sample_ratio: 1, join_callers: true } },
    alerting: { group_wait_seconds: 0, webhooks: [{ name: 'sink', url: `${url}/hook`, secret: SECRET, allow_private: true }] },
  }))
  server = await startServer({ dataDir: join(folder, 'data'), config, env: { WATCHKEEPER_LOG_LEVEL: 'debug', OTEL_BSP_SCHEDULE_DELAY: '100' } })
  server.child.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
})
afterAll(async () => {
  await stopServer(server)
  await sink.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A secret of its own for one place, wrapped; remembered as what must not be found. */
function plantedText(number: number, where: string): string {
  const { kind, text, core } = canaryOf(number, dice)
  const wrapping = WRAPPING_NAMES[dice.roll(WRAPPING_NAMES.length)]!
  needles.push(...needlesOf(`${kind}, ${wrapping}, in ${where}`, core))
  return WRAPPINGS[wrapping]!(text)
}

const post = (path: string, type: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.otlpHttp}${path}`, { method: 'POST', body, headers: { 'content-type': type, ...headers } })

/** Sends one request with records of several places, by one of the three ways. */
async function send(signal: SignalName, places: readonly { readonly place: Place; readonly words: string }[], way: number): Promise<void> {
  const groups = places.map(({ place, words }) => planted(place, words))
  if (way === 0) {
    const answer = await callGrpc(server.otlpGrpc, { name: signal, path: `/opentelemetry.proto.collector.${RPC[signal]}/Export`, body: framed(protobufOf(signal, groups)) })
    expect(answer).toMatch(/OK|success/)
    return
  }
  const [type, body] = way === 1 ? ['application/x-protobuf', protobufOf(signal, groups)] as const : ['application/json', jsonOf(signal, groups)] as const
  const answer = await post(`/v1/${signal}`, type, body)
  expect(answer.status).toBe(200)
}

/** Texts in what surrounds a request, and in requests that are refused. */
async function sendAround(): Promise<void> {
  for (let number = 0; number < KINDS.length; number++) {
    const oneLine = (where: string): string => plantedText(number, where).replace(/[^\x20-\x7e]/g, ' ')
    const good = protobufOf('traces', [planted(PLACES[0]!, `plain ${number}`)])
    const refused = [
      post('/v1/traces', 'application/x-protobuf', good, {
        'user-agent': oneLine('user agent'), tracestate: `vendor=${oneLine('tracestate header')}`, baggage: `x=${oneLine('baggage header')}`,
        traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`, 'x-request-id': oneLine('x-request-id'), cookie: oneLine('cookie header'),
      }),
      post('/v1/traces', 'application/x-protobuf', good, { authorization: oneLine('authorization header') }),
      post(`/v1/${encodeURIComponent(oneLine('path'))}?q=${encodeURIComponent(oneLine('query'))}`, 'application/x-protobuf', good),
      post('/v1/traces', 'application/json', Buffer.from(`{"resourceSpans": [${JSON.stringify(plantedText(number, 'malformed JSON'))}, nonsense`)),
      post('/v1/traces', 'application/json', Buffer.from(JSON.stringify({ resourceSpans: plantedText(number, 'JSON of another shape') }))),
      post('/v1/traces', 'application/x-protobuf', Buffer.concat([good.subarray(0, 40), Buffer.from(plantedText(number, 'malformed protobuf'))])),
      post('/v1/logs', `text/x-${oneLine('content type').replace(/[^\w]/g, '')}`, Buffer.from(plantedText(number, 'a body of another type'))),
    ]
    await Promise.allSettled(refused)
    await callGrpc(server.otlpGrpc, {
      name: 'metadata', body: framed(Buffer.from(plantedText(number, 'malformed gRPC body'))), headers: { 'x-context': oneLine('gRPC metadata'), 'user-agent': oneLine('gRPC user agent') },
    })
  }
}

async function sendAll(): Promise<void> {
  const bySignal = new Map<SignalName, { place: Place; words: string }[]>()
  for (let number = 0; number < CANARIES; number++) {
    const place = PLACES[number % PLACES.length]!
    const mark = `harmlessmark${String.fromCharCode(97 + (number % 26), 97 + (Math.floor(number / 26) % 26), 97 + Math.floor(number / 676))}`
    const wrapped = plantedText(number + Math.floor(number / PLACES.length), place.name)
    // Text before it makes JSON a part of a text, which is read otherwise.
    const words = dice.roll(2) === 0 ? wrapped : `${mark} ${wrapped}`
    if (words !== wrapped) marks.push({ name: place.name, bytes: Buffer.from(mark) })
    bySignal.set(place.signal, [...(bySignal.get(place.signal) ?? []), { place, words }])
  }
  for (const [signal, all] of bySignal) {
    for (let from = 0, way = 0; from < all.length; from += 20, way = (way + 1) % 3) await send(signal, all.slice(from, from + 20), way)
  }
}

/** Every column of every table, as JSON. */
async function tables(): Promise<Buffer> {
  const names = (await ask(server, "SELECT name FROM system.tables WHERE database = 'watchkeeper'")).map(([name]) => name ?? '')
  expect(names.length).toBeGreaterThan(10)
  const dumps: string[] = []
  for (const name of names) dumps.push(await (await fetch(`${server.sql}/?default_format=JSONEachRow`, { method: 'POST', body: `SELECT * FROM watchkeeper.\`${name}\`` })).text())
  return Buffer.from(dumps.join('\n'))
}

it('leaves nothing of a thousand planted secrets anywhere', { timeout: 240_000 }, async () => {
  await sendAll()
  await sendAround()
  await send('traces', [{ place: PLACES.find(({ name }) => name === 'traces gen_ai.tool.name')!, words: 'thelastcall' }], 1)
  await expect.poll(() => ask(server, "SELECT count() FROM watchkeeper.interactions WHERE tool = 'thelastcall'"), { timeout: 60_000, interval: 250 }).toEqual([['1']])
  await expect.poll(() => received.some((body) => body.includes('alert.open')), { timeout: 60_000 }).toBe(true)

  const search = new Search(needles)
  const leaks = new Set<string>()
  const look = (where: string, bytes: Buffer): void => search.in(bytes).forEach((name) => leaks.add(`${where}: ${name}`))
  const dump = await tables()
  look('tables', dump)
  for (const path of ['/metrics', '/api/status', '/api/v1/lag', '/readyz', '/api/v1/quarantine']) look(path, Buffer.from(await (await fetch(`${server.api}${path}`)).text()))
  await stopServer(server)
  look('log', Buffer.concat(said))
  for (const body of received) look('webhooks and traces', body)
  const found = new Search(marks)
  const marked = new Set<string>()
  for (const path of filesBelow(folder)) {
    const bytes = contents(path)
    look(`file ${path.slice(folder.length)}`, bytes)
    for (const name of found.in(bytes)) marked.add(name)
  }
  expect([...leaks].sort().slice(0, 60), `seed ${SEED}, ${leaks.size} leaks`).toEqual([])

  // What was looked through did hold what was sent.
  expect(marked.size).toBeGreaterThan(PLACES.length / 2)
  expect(found.in(dump).size).toBeGreaterThan(PLACES.length / 2)
  expect(said.length).toBeGreaterThan(0)
  expect(needles.length).toBeGreaterThan(CANARIES * 5)
})

it('would find a secret in any form', () => {
  const core = 'k7QabcDEFghi012JKL'
  const search = new Search(needlesOf('x', core))
  const forms = [
    core, Buffer.from(core).toString('hex'), `%6B%37${core}`, ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${core}tail`).toString('base64')),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${core}tail`, 'utf16le').toString('base64')),
  ]
  for (const form of forms) expect([...search.in(Buffer.from(`some ${form} more`))].length, form).toBeGreaterThan(0)
  expect(search.in(Buffer.from(core, 'utf16le')).size).toBe(1)
  expect(search.in(Buffer.from('nothing of it')).size).toBe(0)
})
