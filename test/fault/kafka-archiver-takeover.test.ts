/** An archiver whose connections went silent in the middle of a batch: the group gives its partition away, and every event is stored once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaBus, openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { type KafkaSnapshots, openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import type { Log, Service, Snapshots } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { Gate } from '../flow/archiver-takeover/gate.ts'
import { type SilentProxy, startSilentProxy } from './kafka-silent-proxy.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
/** The least that a broker allows. */
const SESSION_MS = 6_000
const PER_ENVELOPE = 10

describe.skipIf(missing !== '')('an archiver that is taken for dead', () => {
  let directory = ''
  let proxy: SilentProxy
  let broker: Broker
  let store: ClickHouseStore
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wk-archiver-takeover-'))
    proxy = await startSilentProxy()
    broker = await startBroker({ settings: ([plain, apart, , controller]) => ({
      'listeners': `PLAINTEXT://127.0.0.1:${plain},APART://127.0.0.1:${apart},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},APART://127.0.0.1:${proxy.port}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,APART:PLAINTEXT,CONTROLLER:PLAINTEXT',
    }) })
    proxy.target(broker.ports[1]!)
    store = openStore({ directory: join(directory, 'tables'), readers: 4 })
    await store.migrate()
  }, 120_000)
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
    await store.close()
    await broker.stop()
    await proxy.close()
    await rm(directory, { recursive: true, force: true })
  }, 60_000)

  const options = { partitions: 1, clock, sessionTimeoutMs: SESSION_MS, requestTimeoutMs: 2_000 } as const
  async function archiver(address: string, records: number, around: (own: KafkaSnapshots) => Snapshots = (own) => own): Promise<{ bus: KafkaBus; service: Service }> {
    const bus = await openKafkaBus({ ...options, brokers: [address] })
    const snapshots = await openKafkaSnapshots({ ...options, brokers: [address] }, quiet)
    const service = createArchiver({ events: { records, milliseconds: 300 }, others: { records, milliseconds: 300 } }, { bus, store, snapshots: around(snapshots), log })
    await service.start()
    closing.push(() => bus.close(), () => snapshots.close(), () => service.stop())
    return { bus, service }
  }

  test('stores nothing beside its successor', async () => {
    const [gate, written] = [new Gate(), new Gate()]
    written.open()
    const first = await archiver(`127.0.0.1:${proxy.port}`, 2 * PER_ENVELOPE, (own) => ({
      load: (name) => own.load(name),
      async save(name, snapshot) {
        await gate.pass()
        await own.save(name, snapshot)
        await written.pass()
      },
    }))
    const sender = await openKafkaBus({ ...options, brokers: [broker.bootstrap] })
    closing.push(() => sender.close())
    let sent = 0
    const send = async (bus: KafkaBus): Promise<void> => {
      const made = Array.from({ length: PER_ENVELOPE }, () => ({ ...exampleAuditEvent, event_id: (sent++).toString(16).padStart(32, '0') }))
      await bus.publish(events, EventRecord.together(made).map((record) => ({ key: 'k', record })))
    }
    for (let i = 0; i < 2; i++) await send(sender)
    await gate.reached
    // Nothing comes through any more, nor do new connections.
    expect(proxy.mute()).toBeGreaterThan(0)
    proxy.target(1)
    const second = await archiver(broker.bootstrap, 1_000)
    for (let i = 0; i < 3; i++) await send(second.bus)
    const isStored = async (): Promise<boolean> => (await second.bus.lag()).some(({ topic, committed, end }) => topic === 'events' && end === 5 && committed === end)
    await expect.poll(isStored, { timeout: 60_000, interval: 200 }).toBe(true)
    proxy.target(broker.ports[1]!)
    gate.open()
    // It goes through with its batch as far as it gets.
    await written.reached
    await send(second.bus)
    await first.service.stop()
    const lag = async (): Promise<number> => (await second.bus.lag()).filter(({ topic }) => topic === 'events').reduce((sum, { committed, end }) => sum + end - committed, 0)
    await expect.poll(lag, { timeout: 60_000, interval: 200 }).toBe(0)
    const [row] = await store.query('SELECT count() AS n, uniqExact(event_id) AS ids FROM watchkeeper.audit_events')
    expect({ ...row }).toEqual({ n: BigInt(sent), ids: BigInt(sent) })
  }, 150_000)
})
