/** Compression: what we write, and what brokers make of it on their own where a topic says so. */
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaBus, openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { openKafkaKeys } from '../../infra/kafka/keys/kafka-keys.ts'
import type { KafkaBusOptions } from '../../infra/kafka/options.ts'
import { itemTopic, items, range } from '../contract/bus-fixture.ts'
import { Recorder } from '../contract/bus-recorder.ts'
import { withAdmin } from './kafka-rights.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)
const hasZstd = 'zstdCompress' in zlib
const TOPIC_RESOURCE = 2

describe.skipIf(missing !== '')('compression', () => {
  let broker: Broker
  const buses: KafkaBus[] = []
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => {
    for (const bus of buses) await bus.close()
    await broker.stop()
  }, 60_000)

  async function open(more: Partial<KafkaBusOptions> = {}): Promise<KafkaBus> {
    const bus = await openKafkaBus({ brokers: [broker.bootstrap], partitions: 1, clock, ...more })
    buses.push(bus)
    return bus
  }
  const make = (topic: string, codec: string, policy = 'delete') => withAdmin(broker.bootstrap, (admin) => admin.createTopics({ topics: [{
    topic: `watchkeeper.${topic}`, numPartitions: 1, configEntries: [{ name: 'compression.type', value: codec }, { name: 'cleanup.policy', value: policy }],
  }] }))
  const alter = (topic: string, codec: string) => withAdmin(broker.bootstrap, (admin) => admin.alterConfigs({
    validateOnly: false, resources: [{ type: TOPIC_RESOURCE, name: `watchkeeper.${topic}`, configEntries: [{ name: 'compression.type', value: codec }] }],
  }))

  /** Publishes some, and waits until they are read. */
  async function thereAndBack(bus: KafkaBus, name: string): Promise<Recorder> {
    const recorder = new Recorder()
    await bus.subscribe(itemTopic(name), recorder.options('g'))
    await bus.publish(itemTopic(name), items(3, 0, 300))
    await recorder.until(() => recorder.items.length >= 300 || recorder.gaps.length > 0 || recorder.errors.length > 0)
    return recorder
  }
  const whole = { numbers: range(0, 300), gaps: [], errors: [] }

  test.each(['none', 'gzip'] as const)('%s is written and read', async (compression) => {
    expect(await thereAndBack(await open({ compression }), `written-${compression}`)).toMatchObject(whole)
  })

  test('zstd is written and read where Node has it, and refused in a sentence where not', async () => {
    if (hasZstd) expect(await thereAndBack(await open({ compression: 'zstd' }), 'written-zstd')).toMatchObject(whole)
    else await expect(open({ compression: 'zstd' })).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining('Node 22.15') as string })
  })

  test.each(['gzip', 'uncompressed', ...(hasZstd ? ['zstd'] : [])])('what a broker compresses itself with %s is read', async (codec) => {
    await make(`by-${codec}`, codec)
    expect(await thereAndBack(await open({ topics: [`by-${codec}`] }), `by-${codec}`)).toMatchObject(whole)
  })

  test.each(['lz4', 'snappy', ...(hasZstd ? [] : ['zstd'])])('a topic of which the broker compresses with %s stops the start', async (codec) => {
    await make(`by-${codec}`, codec)
    await expect(open({ topics: [`by-${codec}`] })).rejects.toMatchObject({
      kind: 'misconfigured', code: 'kafka.compression',
      message: expect.stringContaining(`watchkeeper.by-${codec} has compression.type ${codec}, which this process cannot read: set compression.type=producer`) as string,
    })
    await make(`${codec}.keys`, codec, 'compact')
    const keys = openKafkaKeys({ brokers: [broker.bootstrap], prefix: `watchkeeper.${codec}.`, partitions: 1, clock }, true)
    await expect(keys).rejects.toMatchObject({ kind: 'misconfigured', code: 'kafka.compression' })
  })

  test('records compressed behind our back in a way that cannot be read are no damage: none is passed over', async () => {
    const bus = await open()
    const topic = itemTopic('behind')
    await bus.publish(topic, items(1, 0, 10))
    await alter('behind', 'lz4')
    await bus.publish(topic, items(1, 10, 20))
    await alter('behind', 'producer')
    await bus.publish(topic, items(1, 20, 30))
    const recorder = new Recorder()
    await bus.subscribe(topic, recorder.options('g'))
    await recorder.until(() => recorder.errors.length > 0 || recorder.gaps.length > 0)
    expect(recorder.gaps).toEqual([])
    expect(recorder.errors).toMatchObject([{ kind: 'misconfigured', code: 'kafka.compression', message: expect.stringContaining('compressed with lz4') as string }])
  })
})
