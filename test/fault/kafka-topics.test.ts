/** Topics of another shape, records that are too large, names that are taken, bytes that rot on the broker's disk, and connections that go silent. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaBus, openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import type { KafkaBusOptions } from '../../infra/kafka/options.ts'
import { Failure } from '../../schemas/failure.ts'
import { type Item, itemTopic, items, range } from '../contract/bus-fixture.ts'
import { Recorder } from '../contract/bus-recorder.ts'
import { joinAndFallSilent, stateOf } from './kafka-killed-joiner.ts'
import { withAdmin } from './kafka-rights.ts'
import { type SilentProxy, startSilentProxy } from './kafka-silent-proxy.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
const TOPIC_RESOURCE = 2

describe.skipIf(missing !== '')('a broker whose topics were made by others', () => {
  let broker: Broker
  let proxy: SilentProxy
  let dataDir = ''
  const buses: KafkaBus[] = []
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'wk-kafka-'))
    proxy = await startSilentProxy()
    broker = await startBroker({ dataDir, settings: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } })
    proxy.target(broker.ports[0]!)
  }, 120_000)
  afterAll(async () => {
    for (const bus of buses) await bus.close()
    await broker.stop()
    await proxy.close()
    rmSync(dataDir, { recursive: true, force: true })
  }, 60_000)

  async function open(more: Partial<KafkaBusOptions> = {}): Promise<KafkaBus> {
    const bus = await openKafkaBus({ brokers: [broker.bootstrap], partitions: 2, clock, ...more })
    buses.push(bus)
    return bus
  }

  async function refusal(more: Partial<KafkaBusOptions>): Promise<string> {
    const error = await open(more).then(() => undefined, (reason: unknown) => reason)
    expect(error).toBeInstanceOf(Failure)
    expect((error as Failure).kind).toBe('misconfigured')
    return (error as Failure).message
  }

  test('is made once by many that start together, and taken by those of the same shape', async () => {
    const retention = { shared: { bytes: 1_000_001, ageMs: 3_600_000 } }
    await Promise.all(range(0, 4).map(async () => open({ topics: ['shared'], retention, replication: 1 })))
    const { resources } = await withAdmin(broker.bootstrap, (admin) =>
      admin.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: 'watchkeeper.shared' }], includeSynonyms: false }))
    const configs = new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]))
    expect([configs.get('retention.ms'), configs.get('retention.bytes'), configs.get('cleanup.policy')]).toEqual(['3600000', '500001', 'delete'])
  })

  test('of another shape it stops the start', async () => {
    await open({ topics: ['shaped'], retention: { shaped: { bytes: 1e6, ageMs: 1000 } } })
    expect(await refusal({ topics: ['shaped'], partitions: { shaped: 3 } })).toContain('watchkeeper.shaped has 2 partitions and 3 are configured: set bus.kafka.partitions to 2')
    expect(await refusal({ topics: ['shaped'], retention: { shaped: { bytes: 1e6, ageMs: 2000 } } })).toContain('retention.ms 1000 and 2000 is configured: set retention.ms=2000 on the topic, or change bus.kafka.retention_hours')
    expect(await refusal({ topics: ['shaped'], retention: { shaped: { bytes: 4e6, ageMs: 1000 } } })).toContain('retention.bytes 500000 and 2000000 is configured')
    expect(await refusal({ topics: ['shaped'], replication: 3 })).toContain('1 copies of each partition and replication 3')
    expect(await refusal({ topics: ['new'], replication: 3 })).toContain('fewer brokers than copies')
    expect(await refusal({ topics: ['bad name'] })).toContain('no name for a topic')
    expect(await refusal({ topics: ['shaped'], partitions: 0 })).toContain('whole number from 1')
    await withAdmin(broker.bootstrap, (admin) => admin.createTopics({
      topics: [{ topic: 'watchkeeper.compacted', numPartitions: 2, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
    }))
    expect(await refusal({ topics: ['compacted'] })).toContain('cleanup.policy compact')
    // Not named in the configuration: taken as it is.
    await open({ topics: ['shaped'], partitions: {} })
  })

  test('a record larger than the topic takes is rejected by name, also when the limit was lowered behind our back', async () => {
    const bus = await open({ maxMessageBytes: 100_000 })
    const topic = itemTopic('small')
    const large = (bytes: number) => [{ key: 'k', record: { key: 'x'.repeat(bytes), number: 0 } }]
    const among = [...items(2, 0, 5), ...large(200_000), ...items(2, 5, 10), ...large(300_000)]
    const recorder = new Recorder()
    await bus.subscribe(topic, recorder.options('g'))
    await expect(bus.publish(topic, among)).rejects.toMatchObject({
      name: 'RefusedRecords', kind: 'rejected', code: 'kafka.record_too_large', records: [among[5]!.record, among[11]!.record],
    })
    await recorder.until(() => recorder.items.length >= 10)
    expect(recorder.numbers).toEqual(range(0, 10))
    // Many that are small enough by themselves are cut to what the topic takes.
    await bus.publish(topic, Array.from({ length: 6 }, () => large(30_000)).flat())
    await bus.publish(topic, large(50_000))
    const resource = { type: TOPIC_RESOURCE, name: 'watchkeeper.small', configEntries: [{ name: 'max.message.bytes', value: '20000' }] }
    await withAdmin(broker.bootstrap, (admin) => admin.alterConfigs({ validateOnly: false, resources: [resource] }))
    const mixed = [...items(1, 20, 21), ...large(50_000)]
    const [bad, good] = [bus.publish(topic, mixed), bus.publish(topic, items(2, 10, 20))]
    await expect(bad).rejects.toMatchObject({ name: 'RefusedRecords', code: 'kafka.record_too_large', records: [mixed[1]!.record] })
    await good
    await recorder.until(() => recorder.numbers.includes(20))
  })

  test('a record of some MiB goes through, and holds up nobody on other partitions', async () => {
    const bus = await open()
    const topic = itemTopic('large')
    const recorder = new Recorder()
    await bus.subscribe(topic, recorder.options('g'))
    const large = { key: 'x'.repeat(5_000_000), number: 1000 }
    await Promise.all([bus.broadcast(topic, large), bus.publish(topic, items(9, 0, 100)), bus.broadcast(topic, large), bus.publish(topic, items(9, 100, 200))])
    await recorder.until(() => recorder.items.length >= 204)
    expect(recorder.items.filter(({ number, key }) => number === 1000 && key.length === 5_000_000)).toHaveLength(4)
    expect(recorder.gaps).toEqual([])
  })

  test('two living processes of one instance name: the newcomer is refused, the first goes on', async () => {
    const topic = itemTopic('named')
    const [first, second] = [new Recorder(), new Recorder()]
    const one = await open({ instance: 'assembler-1' })
    await one.subscribe(topic, first.options('g'))
    await first.until(() => first.assigned.length === 2)
    await (await open({ instance: 'assembler-1' })).subscribe(topic, second.options('g'))
    await second.until(() => second.errors.length > 0)
    expect(second.errors[0]).toMatchObject({ kind: 'misconfigured', code: 'kafka.same_instance' })
    await one.publish(topic, items(8, 0, 80))
    await first.until(() => first.items.length === 80)
    expect([first.errors, second.items]).toEqual([[], []])
  })

  test('a process that was killed while it joined is not taken for a living one of its name', async () => {
    const topic = itemTopic('joined')
    const recorder = new Recorder()
    const bus = await open({ instance: 'assembler-1', sessionTimeoutMs: 6_000, topics: ['joined'] })
    const joiner = { broker: broker.bootstrap, groupId: 'watchkeeper.g:joined', topic: 'watchkeeper.joined', sessionTimeoutMs: 6_000 }
    await expect.poll(() => stateOf(broker.bootstrap, joiner.groupId).catch(() => 'no coordinator yet')).toBe('Dead')
    // While the group waits for one that says nothing, the next joins are held.
    await joinAndFallSilent({ ...joiner, instance: 'assembler-2' }, 'silent')
    const killed = joinAndFallSilent({ ...joiner, instance: 'assembler-1' }, 'killed')
    await expect.poll(() => stateOf(broker.bootstrap, joiner.groupId)).toBe('PreparingRebalance')
    await bus.subscribe(topic, recorder.options('g'))
    await killed
    await recorder.until(() => recorder.assigned.length === 2 || recorder.errors.length > 0)
    expect(recorder.errors).toEqual([])
  })

  test('connections that go silent are made anew: publishes go on, and nothing is missed', async () => {
    const quick = { requestTimeoutMs: 1000, deliveryTimeoutMs: 3000, stallMs: 3000, partitions: 1 }
    const [writer, reader] = [await open(quick), await open(quick)]
    const topic = itemTopic('silent')
    const recorder = new Recorder()
    const subscription = await reader.subscribe(topic, recorder.options('g'))
    await writer.publish(topic, items(1, 0, 10))
    await recorder.until(() => recorder.items.length === 10)
    expect(proxy.mute()).toBeGreaterThan(4)
    const since = performance.now()
    const publish = async (from: number): Promise<void> => {
      await writer.publish(topic, items(1, from, from + 10)).catch(async (error: unknown) => {
        expect(error).toMatchObject({ kind: 'unavailable' })
        await publish(from)
      })
    }
    await publish(10)
    const published = performance.now() - since
    await recorder.until(() => new Set(recorder.numbers).size === 20)
    await subscription.commit(0, recorder.envelopes.at(-1)!.offset + 1)
    console.log(`published after ${Math.round(published)} ms, read and committed after ${Math.round(performance.now() - since)} ms, ${reader.stats().renewals} renewals`)
    expect(new Set(recorder.numbers)).toEqual(new Set(range(0, 20)))
  }, 120_000)

  test('bytes that rot on the disk are gaps, and what is around them is served', async () => {
    const bus = await open({ partitions: 1 })
    const topic = itemTopic('rotten')
    for (const at of range(0, 6)) await bus.publish(topic, items(1, at * 3, at * 3 + 3))
    await broker.stop()
    const file = join(dataDir, 'logs', 'watchkeeper.rotten-0', '00000000000000000000.log')
    writeFileSync(file, rotten(readFileSync(file)))
    await broker.restart()
    const recorder = new Recorder()
    await (await open({ partitions: 1 })).subscribe(topic, recorder.options('g'))
    await recorder.until(() => recorder.items.length === 12 && recorder.gaps.length === 2)
    expect(recorder.gaps.map(({ first, next, cause }) => ({ first, next, cause }))).toEqual([
      { first: 1, next: 2, cause: 'damaged' }, { first: 4, next: 5, cause: 'damaged' },
    ])
    expect(recorder.items.map(({ number }: Item) => number)).toEqual([0, 1, 2, 6, 7, 8, 9, 10, 11, 15, 16, 17])
  }, 120_000)
})

/** In the second record batch a letter of the value changes; in the fifth the record's own lengths do, so that it cannot be taken apart. */
function rotten(log: Buffer): Buffer {
  const starts: number[] = []
  for (let at = 0; at + 12 <= log.length && log.readInt32BE(at + 8) > 0; at += 12 + log.readInt32BE(at + 8)) starts.push(at)
  expect(starts).toHaveLength(6)
  const value = log.indexOf('key-0', starts[1])
  log[value] = log[value]! ^ 1
  log.fill(0xff, starts[4]! + 61, starts[4]! + 75)
  return log
}
