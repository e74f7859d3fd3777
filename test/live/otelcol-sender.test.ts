/** The official Collector in front of us, with a persistent queue: what it was given arrives, whatever we answer and however often either is ended. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { otelcolPrograms, startOtelcol, stopOtelcol } from '../../bench/otelcol-process.ts'
import type { Otelcol } from '../../bench/otelcol-process.ts'
import { ask, removeData, type ServerProcess, startServer, stopServer } from '../../bench/server-process.ts'
import { Failure } from '../../schemas/failure.ts'
import { Budgets } from '../../services/collector/budget.ts'
import { plain } from './otlp-plain.ts'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig, OtlpRigOptions } from './otlp-rig.ts'
import { RECORDINGS } from './otelcol-recordings.ts'
import { WIRE_BODIES } from './otelcol-wire-cases.ts'

const programs = await otelcolPrograms()
if (typeof programs === 'string') console.warn(`skipped: ${programs}`)
const { otelcol: OTELCOL, telemetrygen: TELEMETRYGEN } = programs as Exclude<typeof programs, string>

const run = promisify(execFile)
const WAIT = { timeout: 30_000, interval: 50 }
const [RECORDED] = RECORDINGS
const TRACES = RECORDINGS.filter(({ signal }) => signal === 'traces')
const KINDS = ['otlp_http', 'otlp_grpc'] as const
type Kind = (typeof KINDS)[number]
const TAKEN = { accepted: 1, own: false, rejected: 0, message: '' }

/** What a test opened is ended after it, last first. */
const open: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function rigged(options?: OtlpRigOptions): Promise<OtlpRig> {
  const rig = await openOtlp(options)
  open.push(() => rig.stop())
  return rig
}

async function started(): Promise<ServerProcess> {
  const server = await startServer()
  open.push(() => removeData(server), () => stopServer(server, 'SIGKILL'))
  return server
}

function queueFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-queue-'))
  open.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Front {
  readonly kind: Kind
  readonly to: { readonly http: string; readonly grpc: string }
  readonly queue: string
  /** Requests on their way at a time. */
  readonly consumers?: number
  readonly inPlaceOf?: Otelcol
}

/** A Collector that would come again after 50 ms if nobody told it when. */
async function front({ kind, to, queue, consumers = 4, inPlaceOf }: Front): Promise<Otelcol> {
  const exporter = {
    ...(kind === 'otlp_http' ? { endpoint: to.http } : { endpoint: to.grpc, tls: { insecure: true } }),
    sending_queue: { storage: 'file_storage', num_consumers: consumers, queue_size: 10_000 },
    retry_on_failure: { initial_interval: '50ms', max_interval: '200ms', max_elapsed_time: '0s' },
  }
  const pipeline = { exporters: [kind] }
  const portOf = (address: string): number => Number(address.split(':').at(-1))
  const collector = await startOtelcol(OTELCOL, {
    exporters: { [kind]: exporter }, extensions: { file_storage: { directory: queue, fsync: true } },
    pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
    ...(inPlaceOf === undefined ? {} : { ports: [portOf(inPlaceOf.http), portOf(inPlaceOf.grpc)] as const }),
  })
  open.push(() => stopOtelcol(collector))
  return collector
}

async function post(base: string, { signal, type, body }: { readonly signal: string; readonly type: string; readonly body: Buffer }): Promise<number> {
  return (await fetch(`${base}/v1/${signal}`, { method: 'POST', headers: { 'content-type': type }, body: Uint8Array.from(body) })).status
}

/** Makes `traces` × 5 spans of MCP and waits until all are acknowledged; rejects where one is not. */
async function generate({ http, grpc }: Otelcol, { kind, traces, rate }: { readonly kind: Kind; readonly traces: number; readonly rate: number }): Promise<void> {
  const to = kind === 'otlp_http' ? ['--otlp-http', '--otlp-endpoint', http.slice('http://'.length)] : ['--otlp-endpoint', grpc]
  const shape = ['--traces', String(traces), '--child-spans', '4', '--rate', String(rate), '--batch-size', '20']
  const attributes = ['mcp.method.name="tools/call"', 'gen_ai.tool.name="read_file"'].flatMap((one) => ['--telemetry-attributes', one])
  await run(TELEMETRYGEN, ['traces', '--otlp-insecure', ...to, ...shape, ...attributes], { timeout: 60_000 })
}

const spanIds = (rig: OtlpRig): string[] => rig.spans().map(({ spanId }) => spanId).toSorted()
const everything = (rig: OtlpRig): unknown[] => [...rig.traces, ...rig.metrics].flatMap(({ data }) =>
  data.flatMap(({ resource, scope, items }) => items.map((item) => JSON.stringify([resource, scope, item].map(plain))))).toSorted()

describe.skipIf(typeof programs === 'string').each(KINDS)('through the official Collector, %s', (kind) => {
  it('everything of telemetrygen arrives once', async () => {
    const rig = await rigged()
    await generate(await front({ kind, to: rig, queue: queueFolder() }), { kind, traces: 200, rate: 0 })
    await vi.waitFor(() => expect(rig.spans().length).toBe(1_000), WAIT)
    expect([new Set(spanIds(rig)).size, rig.untaken]).toEqual([1_000, []])
  })

  it('what was recorded arrives as it was sent', async () => {
    const [direct, rig] = [await rigged(), await rigged()]
    const collector = await front({ kind, to: rig, queue: queueFolder() })
    for (const one of RECORDINGS) expect([await post(direct.http, one), await post(collector.http, one)]).toEqual([200, 200])
    await vi.waitFor(() => expect(everything(rig).length).toBe(everything(direct).length), WAIT)
    expect(everything(rig)).toEqual(everything(direct))
  })

  it('comes again when we say so after trouble of ours, and not before', async () => {
    const attempts: number[] = []
    const rig = await rigged({ answer: () => {
      attempts.push(performance.now())
      if (attempts.length === 1) throw new Failure('unavailable', 'log.full', 'full', { retryAfterSeconds: 2 })
      if (attempts.length === 2) throw new Error('a defect of ours')
      return TAKEN
    } })
    const collector = await front({ kind, to: rig, queue: queueFolder() })
    expect(await post(collector.http, RECORDED!)).toBe(200)
    await vi.waitFor(() => expect(rig.traces.length).toBe(1), WAIT)
    expect(attempts.length).toBe(3)
    expect(attempts[1]! - attempts[0]!).toBeGreaterThanOrEqual(1_990)
    expect(rig.untaken.map(({ status }) => status)).toEqual(kind === 'otlp_http' ? [503, 503] : [14, 14])
  })

  it('keeps to its budget when it is told that it sends too much', async () => {
    const clock = { now: () => process.hrtime.bigint() }
    const budgets = new Budgets({ requests_per_second: 1, burst_requests: 1 }, clock, { taken: () => {}, refused: () => {} })
    const rig = await rigged({ budgets })
    const collector = await front({ kind, to: rig, queue: queueFolder(), consumers: 1 })
    for (const one of TRACES.slice(0, 4)) expect(await post(collector.http, one)).toBe(200)
    await vi.waitFor(() => expect(rig.traces.length).toBe(4), WAIT)
    // Each is refused at most twice: it waits as long as it was told. At 50 ms it would have come some twenty times.
    expect(rig.untaken.length).toBeGreaterThan(0)
    expect(rig.untaken.length).toBeLessThanOrEqual(8)
    expect(new Set(rig.untaken.map(({ status }) => status))).toEqual(new Set([kind === 'otlp_http' ? 429 : 8]))
  })

  it('does not send again what was taken in part, and says so', async () => {
    const rig = await rigged({ answer: () => ({ accepted: 1, own: false, rejected: 1, message: 'Span: has no ids' }) })
    const collector = await front({ kind, to: rig, queue: queueFolder() })
    expect(await post(collector.http, RECORDED!)).toBe(200)
    await vi.waitFor(() => expect(collector.said()).toMatch(/Partial success.*Span: has no ids/), WAIT)
    await stopOtelcol(collector)
    expect([rig.traces.length, rig.untaken.length]).toEqual([1, 0])
  })

  it('drops what is refused for good, with our words in its log, and goes on', async () => {
    const rig = await rigged()
    const collector = await front({ kind, to: rig, queue: queueFolder(), consumers: 1 })
    const deep = WIRE_BODIES.find(({ name }) => name === 'values nested 60 deep')!
    expect(await post(collector.http, { signal: 'logs', type: 'application/x-protobuf', body: deep.body })).toBe(200)
    expect(await post(collector.http, RECORDED!)).toBe(200)
    await vi.waitFor(() => expect([rig.traces.length, rig.untaken.length]).toEqual([1, 1]), WAIT)
    expect(collector.said()).toMatch(/nested deeper than 32 levels/)
    expect(rig.untaken[0]!.status).toBe(kind === 'otlp_http' ? 400 : 3)
  })

  it('loses nothing when we are away and the Collector is killed meanwhile', async () => {
    const [direct, away] = [await rigged(), await openOtlp()]
    const ports = { http: Number(away.http.split(':').at(-1)), grpc: Number(away.grpc.split(':').at(-1)) }
    await away.stop()
    const queue = queueFolder()
    const first = await front({ kind, to: away, queue })
    for (const one of TRACES) expect([await post(direct.http, one), await post(first.http, one)]).toEqual([200, 200])
    await stopOtelcol(first, 'SIGKILL')
    await front({ kind, to: away, queue, inPlaceOf: first })
    const back = await rigged({ ports })
    await vi.waitFor(() => expect(new Set(spanIds(back))).toEqual(new Set(spanIds(direct))), WAIT)
  })
})

describe.skipIf(typeof programs === 'string').each(KINDS)('the product behind the official Collector, %s', (kind) => {
  const counted = (rows: string[][]): number[] => rows[0]!.map(Number)
  const EVENTS = "SELECT count(), uniqExact(event_id) FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'"

  it('stores every span once, though it is killed and comes back after seconds', async () => {
    let server = await started()
    open.push(() => stopServer(server, 'SIGKILL'))
    const collector = await front({ kind, to: { http: server.otlpHttp, grpc: server.otlpGrpc }, queue: queueFolder() })
    const generating = generate(collector, { kind, traces: 300, rate: 300 })
    await vi.waitFor(async () => expect(counted(await ask(server, EVENTS))[0]).toBeGreaterThan(0), WAIT)
    await stopServer(server, 'SIGKILL')
    await wait(2_000)
    server = await startServer({ dataDir: server.dataDir, inPlaceOf: server })
    await generating
    await vi.waitFor(async () => expect(counted(await ask(server, EVENTS))).toEqual([1_500, 1_500]), WAIT)
  })

  it('knows what came through the Collector as what came directly', async () => {
    const [server, direct] = await Promise.all([started(), started()])
    const collector = await front({ kind, to: { http: server.otlpHttp, grpc: server.otlpGrpc }, queue: queueFolder() })
    for (const one of TRACES) expect(await post(collector.http, one)).toBe(200)
    const ids = "SELECT event_id FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper' ORDER BY event_id"
    for (const one of TRACES) expect(await post(direct.otlpHttp, one)).toBe(200)
    await vi.waitFor(async () => expect((await ask(direct, ids)).length).toBeGreaterThan(30), WAIT)
    await vi.waitFor(async () => expect(await ask(server, ids)).toEqual(await ask(direct, ids)), WAIT)
  })
})
