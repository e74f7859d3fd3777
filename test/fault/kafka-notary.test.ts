/** A notary whose connections went silent: the group gives its seat away, and what it would sign afterwards is told to nobody. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaBus, openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { bodyOf } from '../../schemas/checkpoint.ts'
import { leafHash, rootOf } from '../../schemas/merkle.ts'
import type { Log, Service } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { createNotary } from '../../services/notary/service.ts'
import { type SilentProxy, startSilentProxy } from './kafka-silent-proxy.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
const SESSION_MS = 6_000

describe.skipIf(missing !== '')('a notary that is taken for dead', () => {
  let directory = ''
  let proxy: SilentProxy
  let broker: Broker
  let store: ClickHouseStore
  const { privateKey } = generateKeyPairSync('ed25519')
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wk-kafka-notary-'))
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
  async function on(address: string, make: (ports: { readonly bus: KafkaBus; readonly snapshots: Awaited<ReturnType<typeof openKafkaSnapshots>> }) => Service): Promise<KafkaBus> {
    const bus = await openKafkaBus({ ...options, brokers: [address] })
    const snapshots = await openKafkaSnapshots({ ...options, brokers: [address] }, quiet)
    const service = make({ bus, snapshots })
    await service.start()
    closing.push(() => bus.close(), () => snapshots.close(), () => service.stop())
    return bus
  }
  const notary = (address: string): Promise<KafkaBus> => on(address, ({ bus, snapshots }) => createNotary(
    { name: 'kafka.example/log', acceptKey: undefined, checkpointSeconds: 1, checkpointEvents: 10_000, anchors: [], lookMs: 100 }, { bus, store, snapshots, clock, log, privateKey },
  ))
  const tops = async () => await store.query('SELECT log_index, size, root, note FROM watchkeeper.checkpoints WHERE partition = -1 ORDER BY size')
  const covers = async (): Promise<number> => Number((await store.query('SELECT max(size) AS n FROM watchkeeper.checkpoints WHERE partition = 0'))[0]?.['n'])

  test('contradicts nothing that its successor signs', async () => {
    const bus = await on(broker.bootstrap, ({ bus: own, snapshots }) =>
      createArchiver({ events: { records: 1_000, milliseconds: 50 }, others: { records: 1_000, milliseconds: 50 } }, { bus: own, store, snapshots, log }))
    let sent = 0
    const send = async (): Promise<void> => {
      const made = Array.from({ length: 10 }, () => ({ ...exampleAuditEvent, event_id: (++sent).toString(16).padStart(32, '0') }))
      await bus.publish(events, EventRecord.together(made).map((record) => ({ key: 'k', record })))
    }
    const signed = async (): Promise<void> => { await expect.poll(covers, { timeout: 60_000, interval: 200 }).toBe(sent) }
    await notary(`127.0.0.1:${proxy.port}`)
    await send()
    await signed()
    expect(proxy.mute()).toBeGreaterThan(0)
    proxy.target(1)
    await send()
    await notary(broker.bootstrap)
    await signed()
    await send()
    await signed()
    // It comes back, and finds its seat taken.
    proxy.target(broker.ports[1]!)
    for (let i = 0; i < 3; i++) {
      await send()
      await signed()
    }
    await expect.poll(async () => Number((await tops()).at(-1)?.['size']) === Number((await store.query('SELECT max(log_index) + 1 AS n FROM watchkeeper.checkpoints'))[0]?.['n']), { timeout: 20_000, interval: 200 }).toBe(true)
    const rows = await store.query('SELECT log_index, note FROM watchkeeper.checkpoints WHERE partition = 0 ORDER BY log_index')
    expect(rows.map((row) => Number(row['log_index']))).toEqual(rows.map((_, i) => i))
    const leaves = rows.map((row) => leafHash(Buffer.from(bodyOf(String(row['note'])))))
    for (const { size, root } of await tops()) expect(rootOf(leaves, 0, Number(size)).toString('hex')).toBe(root)
  }, 200_000)
})
