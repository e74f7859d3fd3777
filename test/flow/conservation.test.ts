/** The account over the real parts. Whatever the mix, it adds up, also over restarts; what is lost, removed or added is found, and said once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openKeyedHash } from '../../infra/keys/key-file.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { WINDOW_NS } from '../../schemas/conservation.ts'
import type { Bus, Keyed, Log, Row, Service, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import { EventRecord, events, metrics, type Topic } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import type { DataPoint, Metrics, Span, Traces } from '../../services/collector/otlp/model.ts'
import { createPipeline } from '../../services/collector/pipeline.ts'
import { createReceipts } from '../../services/collector/receipts.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { type ConservationJob, createConservation } from '../../services/conservation/service.ts'

const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const SECOND = 1_000_000_000n
const START = 1_795_225_800n * SECOND - ((1_795_225_800n * SECOND) % WINDOW_NS)

/** What the wrapped bus does to events on their way: the faults of this test. */
interface Fault {
  /** Acknowledged and not written: so many events. */
  swallow: number
  /** Their bytes become no record of ours: so many events. */
  spoil: number
  /** The envelope is not delivered to the archiver, and no gap is said: so many envelopes. */
  skip: number
  /** The archiver dies between its rows and its commit. */
  loseCommit: boolean
  /** Acknowledged and not written: so many metric points. */
  swallowPoints: number
}

function faulty(bus: EmbeddedLog, fault: Fault): Bus {
  const spoiled = (): EventRecord => EventRecord.of(Buffer.from('no record of ours'))
  return {
    async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]) {
      if (topic.name === metrics.name) {
        const points = batch.slice(Math.min(fault.swallowPoints, batch.length))
        fault.swallowPoints -= batch.length - points.length
        return bus.publish(topic, points)
      }
      if (topic.name !== events.name) return bus.publish(topic, batch)
      const kept = batch.slice(Math.min(fault.swallow, batch.length))
      fault.swallow -= batch.length - kept.length
      await bus.publish(topic, kept.map(({ key, record }) => ({ key, record: fault.spoil-- > 0 ? (spoiled() as unknown as T) : record })))
      fault.spoil = Math.max(0, fault.spoil)
    },
    broadcast: (topic, record) => bus.broadcast(topic, record),
    async subscribe<T>(topic: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription> {
      if (topic.name === metrics.name) {
        const inner = await bus.subscribe(topic, options)
        return { commit: (partition, next) => (fault.loseCommit ? Promise.reject(new Error('killed')) : inner.commit(partition, next)), stop: () => inner.stop() }
      }
      if (topic.name !== events.name) return bus.subscribe(topic, options)
      const inner = await bus.subscribe(topic, {
        ...options,
        async handle(envelopes, signal) {
          const delivered = envelopes.filter(({ records }) => {
            const isTick = records.every((record) => (record as unknown as EventRecord).bytes === undefined)
            return isTick || fault.skip-- <= 0
          })
          fault.skip = Math.max(0, fault.skip)
          if (delivered.length > 0) await options.handle(delivered, signal)
        },
      })
      const kept = new Map<number, number>()
      return {
        async commit(partition, next) {
          // Where a batch begins is said before it is stored.
          if (fault.loseCommit && next > (kept.get(partition) ?? 0)) throw new Error('killed')
          kept.set(partition, next)
          await inner.commit(partition, next)
        },
        stop: () => inner.stop(),
      }
    },
    lag: () => bus.lag(),
    close: () => bus.close(),
  }
}

let directory = ''
let bus: EmbeddedLog
let store: ClickHouseStore
let services: Service[] = []
let ingest: ReturnType<typeof createPipeline>
let looks: readonly ConservationJob[]
let now = START
const fault: Fault = { swallow: 0, spoil: 0, skip: 0, loseCommit: false, swallowPoints: 0 }

async function open(): Promise<void> {
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 2, clock: { now: () => START } })
  store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), quiet)
  const wrapped = faulty(bus, fault)
  const receipts = createReceipts({ bus: wrapped, log })
  ingest = createPipeline({
    bus: wrapped, normaliser: createNormaliser({ mcpPaths: [] }), redactor: createRedactor(await openKeyedHash(directory)),
    telemetry: receipts.counting({ received: quiet, receivedMetrics: quiet }),
  })
  const limits = { records: 1_000, milliseconds: 5 }
  services = [createArchiver({ events: limits, others: limits }, { bus: wrapped, store, snapshots, log }), receipts]
  for (const service of services) await service.start()
  looks = createConservation({ allowanceNs: 60n * SECOND, recentNs: 600n * SECOND, patienceMs: 10_000 }, { bus: wrapped, store, clock: { now: () => now }, log })
}

/** `crash`: the collector's last receipt is not told. */
async function close(crash = false): Promise<void> {
  for (const service of [...services].reverse()) if (!crash || service.name !== 'receipts') await service.stop()
  await bus.close()
  await store.close()
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-conservation-'))
  await open()
})
afterAll(async () => {
  await close()
  await rm(directory, { recursive: true, force: true })
})

let nextSpan = 1
const MCP: Span['attributes'] = new Map([['mcp.method.name', 'tools/call'], ['gen_ai.tool.name', 'read_file']])
const span = (change: Partial<Span> = {}): Span => ({
  traceId: '7'.repeat(32), spanId: (nextSpan++).toString(16).padStart(16, '0'), parentSpanId: '', traceState: '', name: 'tools/call read_file', kind: 2,
  startedAt: START, endedAt: START + 5n, attributes: MCP, events: [], links: [], statusCode: 0, statusMessage: '', ...change,
})
const from = (source: string, ...items: Span[]): Traces =>
  [{ resource: { attributes: new Map([['service.name', source]]) }, scope: { name: 'test', version: '', attributes: new Map() }, items }]
const send = (traces: Traces) => ingest.traces(traces, { tenant: 'default', transport: 'test', peer: '', receivedAt: now })

let nextPoint = 0n
const point = (): DataPoint => ({ attributes: new Map(), startedAt: START, at: START + nextPoint++, value: 1.5, count: 3n })
const measured = (source: string, points: readonly DataPoint[], name = 'mcp.server.operation.duration'): Metrics => [{
  resource: { attributes: new Map([['service.name', source]]) }, scope: { name: 'test', version: '', attributes: new Map() },
  items: [{ name, unit: 's', kind: 'histogram', temporality: 1, points }],
}]
const sendPoints = (sent: Metrics) => ingest.metrics(sent, { tenant: 'default', transport: 'test', peer: '', receivedAt: now++ })

/** Tells receipts and waits until the archiver has done everything. */
async function settle(): Promise<void> {
  const receipts = services.at(-1) as Service
  await receipts.stop()
  await receipts.start()
  for (;;) {
    const lags = await bus.lag()
    if (lags.filter(({ group }) => group === 'archiver').every(({ committed, end }) => committed === end)) return
    await new Promise(setImmediate)
  }
}

/** Two looks behind the allowance, as the scheduler would make them. */
async function look(times = 3): Promise<void> {
  await settle()
  now += 2n * WINDOW_NS
  for (let i = 0; i < times; i++) {
    await looks[0]?.run()
    now += SECOND
  }
  await settle()
}

const rows = async (sql: string): Promise<Row[]> => (await store.query(sql)).map((row) => ({ ...row }))
const findings = () => rows("SELECT title, reasons, observed FROM watchkeeper.findings WHERE detector = 'conservation' ORDER BY created_at")
const account = async (source: string, points = false) => (await rows(`SELECT toInt64(sum(received)) AS received, toInt64(sum(unconfirmed)) AS unconfirmed, toInt64(sum(stored)) AS stored,
  toInt64(sum(duplicate)) AS duplicate, toInt64(sum(conflict)) AS conflict, toInt64(sum(quarantined)) AS quarantined, toInt64(sum(rejected)) AS rejected,
  toInt64(sum(skipped)) AS skipped, toInt64(sum(in_flight)) AS in_flight, toInt64(sum(difference)) AS difference
  FROM watchkeeper.conservation WHERE source = '${source}' AND points = ${points}`)).map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])))[0]
const NOTHING = { received: 0, unconfirmed: 0, stored: 0, duplicate: 0, conflict: 0, quarantined: 0, rejected: 0, skipped: 0, in_flight: 0, difference: 0 }

const mix = fc.record({ stored: fc.integer({ min: 1, max: 5 }), again: fc.nat(4), forged: fc.nat(4), notMcp: fc.nat(4), noIds: fc.nat(4), spoiled: fc.nat(2) })

describe('conservation', () => {
  it('adds up for any mix of new, repeated, contradicting, foreign, refused and unreadable records, over restarts and kills', async () => {
    let run = 0
    await fc.assert(fc.asyncProperty(fc.array(mix, { minLength: 1, maxLength: 4 }), fc.constantFrom('go on', 'restart', 'kill'), async (requests, then) => {
      const source = `mix-${run++}`
      const expected = { ...NOTHING }
      for (const { stored, again, forged, notMcp, noIds, spoiled } of requests) {
        const first = Array.from({ length: stored }, () => span())
        await send(from(source, ...first))
        await send(from(
          source,
          ...Array.from({ length: again }, (_, i) => first[i % stored] as Span),
          ...Array.from({ length: forged }, (_, i) => ({ ...(first[0] as Span), endedAt: START + 100n + BigInt(i) })),
          ...Array.from({ length: notMcp }, () => span({ attributes: new Map(), name: 'GET /' })),
          ...Array.from({ length: noIds }, () => span({ spanId: '' })),
        ))
        fault.spoil = spoiled
        const spoilable = Array.from({ length: spoiled }, () => span())
        if (spoiled > 0) await send(from(source, ...spoilable))
        expected.received += stored + again + forged + notMcp + noIds + spoiled
        expected.stored += stored
        expected.duplicate += again
        expected.conflict += forged
        expected.skipped += notMcp
        expected.rejected += noIds
        expected.quarantined += spoiled
        now += 7n * SECOND
      }
      if (then === 'restart') {
        await close()
        await open()
      }
      if (then === 'kill') {
        // What was told before the kill is exact; nothing is sent behind it.
        await settle()
        await close(true)
        await open()
      }
      await look()
      expect(await account(source)).toEqual(expected)
      expect(await findings()).toEqual([])
    }), { numRuns: 5 })
  }, 120_000)

  it('counts a batch once that the archiver stored and could not commit before it died', async () => {
    await send(from('uncommitted', span()))
    await settle()
    fault.loseCommit = true
    const first = span()
    fault.spoil = 1
    await send(from('uncommitted', span()))
    await send(from('uncommitted', first, span(), { ...first, endedAt: START + 99n }, first))
    const [archiver] = services as [Service]
    await expect.poll(() => archiver.notReady()).toContain('killed')
    await close()
    fault.loseCommit = false
    await open()
    await look()
    expect(await account('uncommitted')).toEqual({ ...NOTHING, received: 6, stored: 3, duplicate: 1, conflict: 1, quarantined: 1 })
    expect(await findings()).toEqual([])
  }, 60_000)

  it('takes the log\'s word for what a killed collector could not tell', async () => {
    await send(from('killed', span()))
    await settle()
    await send(from('killed', span(), span()))
    const [archiver] = services as [Service]
    // The timer of a killed process tells nothing more.
    await archiver.stop()
    await close(true)
    await open()
    await look()
    const { received, stored, difference } = (await account('killed')) as typeof NOTHING
    expect({ received, stored, difference }).toEqual({ received: 3, stored: 3, difference: 0 })
    expect(await findings()).toEqual([])
  }, 60_000)

  it('finds rows that were removed from the table, says it once, also after a restart', async () => {
    const sent = Array.from({ length: 10 }, () => span())
    await send(from('removed', ...sent))
    await look()
    const gone = sent.slice(0, 3).map(({ spanId }) => `'${spanId}'`).join()
    // Named, not asked for in the mutation: each part would ask anew, after others have lost theirs.
    await store.engine.write(`ALTER TABLE watchkeeper.audit_events DELETE WHERE source = 'removed' AND span_id IN (${gone}) SETTINGS mutations_sync = 1`)
    await look(4)
    const told = [{
      title: '3 records of removed are missing from the log', reasons: ['in the table: 3 records stored and not in audit_events'],
      observed: 'received 10, stored 7, duplicate 0, conflict 0, quarantined 0, rejected 0, skipped 0, in flight 0: 3 left over in 1 minute',
    }]
    expect(await findings()).toEqual(told)
    expect(await account('removed')).toEqual({ ...NOTHING, received: 10, stored: 7, difference: 3 })
    await close()
    await open()
    await look(4)
    expect(await findings()).toEqual(told)
  }, 60_000)

  it('finds them however old their minute is', async () => {
    const sent = now
    await send(from('old', span(), span()))
    await look()
    now = sent + 10n * 3_600n * SECOND
    await store.engine.write("ALTER TABLE watchkeeper.audit_events DELETE WHERE source = 'old' SETTINGS mutations_sync = 1")
    await look()
    expect((await findings()).map(({ title }) => title)).not.toContain('2 records of old are missing from the log')
    // The hour comes.
    await looks[1]?.run()
    await look()
    expect((await findings()).map(({ title }) => title)).toContain('2 records of old are missing from the log')
  }, 60_000)

  it('finds an envelope that was acknowledged and is not on the bus', async () => {
    fault.swallow = 2
    await send(from('swallowed', span(), span()))
    await send(from('swallowed', span()))
    await look()
    expect((await findings()).at(-1)).toMatchObject({
      title: '2 records of swallowed are missing from the log', reasons: ['on the bus: 2 records acknowledged and never read by the archiver'],
    })
  }, 60_000)

  it('finds an envelope that the bus left out without a word, and keeps its place in quarantine', async () => {
    await send(from('skipped', span()))
    await settle()
    fault.skip = 1
    await send(from('skipped', span(), span(), span()))
    await send(from('skipped', span()))
    await look()
    expect((await findings()).at(-1)).toMatchObject({ title: '3 records of skipped are missing from the log' })
    expect(await rows("SELECT count() AS n FROM watchkeeper.quarantine WHERE reason = 'missing_group' AND topic = 'events'")).toEqual([{ n: 1n }])
  }, 60_000)

  it('finds rows that nobody stored', async () => {
    await send(from('added', span()))
    await look()
    await store.engine.write("INSERT INTO watchkeeper.audit_events SELECT * REPLACE ('0' AS event_id) FROM watchkeeper.audit_events WHERE source = 'added'")
    await look()
    expect((await findings()).at(-1)).toMatchObject({
      title: '1 record of added is in the log and never arrived', reasons: ['in the table: 1 record in audit_events that the archiver did not store'],
    })
  }, 60_000)

  it('adds up for any mix of new, repeated and foreign metric points beside spans of the same source, over restarts and kills', async () => {
    const told = await findings()
    let run = 0
    const pointMix = fc.record({ stored: fc.integer({ min: 1, max: 5 }), again: fc.nat(4), twice: fc.nat(3), notMcp: fc.nat(4), spans: fc.nat(2) })
    await fc.assert(fc.asyncProperty(fc.array(pointMix, { minLength: 1, maxLength: 4 }), fc.constantFrom('go on', 'restart', 'kill', 'lose commits'), async (requests, then) => {
      const source = `points-${run++}`
      const expected = { ...NOTHING }
      let spans = 0
      for (const { stored, again, twice, notMcp, spans: more } of requests) {
        const first = Array.from({ length: stored }, point)
        await sendPoints(measured(source, [...first, ...first.slice(0, twice)]))
        fault.loseCommit = then === 'lose commits'
        await sendPoints([...measured(source, first.slice(0, again)), ...measured(source, Array.from({ length: notMcp }, point), 'http.server.duration')])
        if (more > 0) await send(from(source, ...Array.from({ length: more }, () => span())))
        spans += more
        expected.received += stored + Math.min(twice, stored) + Math.min(again, stored) + notMcp
        expected.stored += stored
        expected.duplicate += Math.min(again, stored)
        expected.skipped += Math.min(twice, stored) + notMcp
        now += 7n * SECOND
      }
      if (then === 'kill') await settle()
      if (then === 'lose commits') await expect.poll(() => (services[0] as Service).notReady()).toContain('killed')
      if (then !== 'go on') {
        await close(then === 'kill')
        fault.loseCommit = false
        await open()
      }
      await look()
      expect(await account(source, true)).toEqual(expected)
      expect(await account(source)).toEqual({ ...NOTHING, received: spans, stored: spans })
      expect(await rows(`SELECT count() AS n FROM watchkeeper.mcp_metrics WHERE source = '${source}'`)).toEqual([{ n: BigInt(expected.stored) }])
      expect(await findings()).toEqual(told)
    }), { numRuns: 6 })
  }, 120_000)

  it('finds metric points that are lost on the bus, gone from the table, or added to it', async () => {
    fault.swallowPoints = 2
    await sendPoints(measured('lost', [point(), point(), point()]))
    const gone = point()
    await sendPoints(measured('gone', [point(), gone]))
    await sendPoints(measured('more', [point()]))
    await look()
    await store.engine.write(`ALTER TABLE watchkeeper.mcp_metric_versions DELETE WHERE source = 'gone' AND at = fromUnixTimestamp64Nano(${gone.at}) SETTINGS mutations_sync = 1`)
    await store.engine.write("INSERT INTO watchkeeper.mcp_metric_versions SELECT * REPLACE ('0' AS point_id) FROM watchkeeper.mcp_metric_versions WHERE source = 'more'")
    await look(4)
    const said = (await rows("SELECT title, reasons, actor FROM watchkeeper.findings WHERE detector = 'conservation' AND actor IN ('lost', 'gone', 'more') ORDER BY actor"))
    expect(said).toEqual([
      { actor: 'gone', title: '1 metric point of gone is missing from the log', reasons: ['in the table: 1 metric point stored and not in mcp_metrics'] },
      { actor: 'lost', title: '2 metric points of lost are missing from the log', reasons: ['on the bus: 2 metric points acknowledged and never read by the archiver'] },
      { actor: 'more', title: '1 metric point of more is in the log and never arrived', reasons: ['in the table: 1 metric point in mcp_metrics that the archiver did not store'] },
    ])
  }, 60_000)
})
