/** The contract of snapshots on a real broker, and what only several processes can do to each other. */
import { randomBytes, randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appearing } from '../../infra/kafka/appearing.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaSnapshots, openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import { type Claim, decodeClaim, encodeClaim, outranks, pieceKey, type Pieces } from '../../infra/kafka/snapshots/records.ts'
import { snapshotsContract } from './snapshots.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== '')('kafka snapshots', () => {
  let broker: Broker
  beforeAll(async () => {
    // Compaction as eager as a broker can be: what it may take away is gone soon.
    broker = await startBroker({ settings: { 'log.cleaner.enable': 'true', 'log.cleaner.backoff.ms': '100', 'log.cleaner.min.compaction.lag.ms': '0' } })
  }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  const opened: KafkaSnapshots[] = []
  async function open(prefix: string, damaged: string[] = []): Promise<KafkaSnapshots> {
    const options = { brokers: [broker.bootstrap], prefix, partitions: 1, clock }
    const snapshots = await openKafkaSnapshots(options, ({ name }) => damaged.push(name))
    opened.push(snapshots)
    return snapshots
  }
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()))
  })

  const admin = (): ReturnType<Kafka['admin']> => new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()

  /** Of the index. kafkajs asks for all partitions of a topic, and a broker may not have heard yet that it leads those which nothing was written to. */
  async function endOf(topic: string): Promise<number> {
    const asked = admin()
    await asked.connect()
    const ends = await appearing(() => asked.fetchTopicOffsets(topic))
    await asked.disconnect()
    return Number(ends.find(({ partition }) => partition === 0)?.high)
  }

  interface Found {
    readonly key: Buffer
    /** Null = the key is gone. */
    readonly value: Buffer | null
  }

  /** What is in the index now, by offset, read by a consumer that is not ours. It may hand out a record twice, or an earlier one after a later one. */
  async function indexOf(topic: string): Promise<Map<number, Found>> {
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
    const end = await endOf(topic)
    const consumer = kafka.consumer({ groupId: randomUUID() })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const found = new Map<number, Found>()
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      void consumer.run({
        eachMessage: async ({ partition, message: { key, value, offset } }) => {
          const at = Number(offset)
          if (partition !== 0) return
          if (at < end) found.set(at, { key: key!, value })
          if (at >= end - 1) resolve()
        },
      })
    })
    await consumer.disconnect()
    return found
  }

  interface Held {
    readonly key: Buffer
    readonly claim: Claim
  }

  /** What holds of that name. */
  async function holding(topic: string, name: string): Promise<Held> {
    let best: Held | undefined
    for (const { key, value } of (await indexOf(topic)).values()) {
      const claim = value === null ? undefined : decodeClaim(value)
      if (claim?.name === name && outranks(claim, best?.claim)) best = { key, claim }
    }
    return best!
  }

  /**
   * Its writer may have sent it twice, because an answer was late, and the second comes whenever it comes: so the damaged one is put between this word of its
   * writer and the next.
   */
  async function damageNewest(topic: string, name: string): Promise<void> {
    const { key, claim } = await holding(topic, name)
    const [newest, ...rest] = claim.heads
    const state = Buffer.from(newest!.state as Buffer)
    state[0]! ^= 1
    const damaged = { ...claim, serial: claim.serial + 0.5, heads: [{ ...newest!, state }, ...rest] }
    await produce(topic, { partition: 0, key, value: encodeClaim(damaged) })
  }

  snapshotsContract('kafka', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const damaged: string[] = []
    return {
      snapshots: await open(prefix, damaged), damaged,
      reopen: () => open(prefix, damaged),
      damageNewest: (name) => damageNewest(`${prefix}snapshots`, name),
      close: () => Promise.resolve(),
    }
  })

  it('keeps states larger than a message, and lets go of what they were', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const first = await open(prefix)
    const states = Array.from({ length: 4 }, (_, at) => randomBytes(2_500_000 + at))
    for (const [at, state] of states.entries()) await first.save('large', { version: 1, nextOffset: at, state })
    const loaded = await (await open(prefix)).load('large')
    expect(loaded?.nextOffset).toBe(3)
    expect(loaded?.state.equals(states[3]!)).toBe(true)
  })

  it('falls back to the snapshot before when a piece is damaged', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const topic = `${prefix}snapshots`
    const damaged: string[] = []
    const first = await open(prefix)
    const whole = randomBytes(1_000_000)
    await first.save('large', { version: 1, nextOffset: 1, state: whole })
    await first.save('large', { version: 1, nextOffset: 2, state: randomBytes(1_000_000) })
    const [newest, before] = (await holding(topic, 'large')).claim.heads.map(({ state }) => state as Pieces)
    const spoil = ({ id, partition }: Pieces) => produce(topic, { partition, key: pieceKey(id, 0), value: randomBytes(900_000) })
    await spoil(newest!)
    const second = await open(prefix, damaged)
    const loaded = await second.load('large')
    expect([loaded?.nextOffset, loaded?.state.equals(whole), damaged]).toEqual([1, true, ['large']])
    await spoil(before!)
    expect(await second.load('large')).toBeUndefined()
    expect(damaged).toEqual(['large', 'large', 'large'])
    await second.save('large', { version: 1, nextOffset: 3, state: randomBytes(20_000) })
    expect((await second.load('large'))?.nextOffset).toBe(3)
  })

  async function produce(topic: string, message: Message): Promise<void> {
    const producer = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    await producer.send({ topic, messages: [message] })
    await producer.disconnect()
  }

  it('does not look at what an earlier owner saves later', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const [stalled, heir, third] = [await open(prefix), await open(prefix), await open(prefix)]
    await stalled.save('worker-0', { version: 1, nextOffset: 10, state: Buffer.from('ten') })
    expect((await heir.load('worker-0'))?.nextOffset).toBe(10)
    await heir.save('worker-0', { version: 1, nextOffset: 20, state: Buffer.from('twenty') })
    // It has not heard that it lost the partition.
    await stalled.save('worker-0', { version: 1, nextOffset: 11, state: randomBytes(50_000) })
    expect((await third.load('worker-0'))?.nextOffset).toBe(20)
    // Back in its hands, it goes on from where the others were.
    expect((await stalled.load('worker-0'))?.nextOffset).toBe(20)
    await stalled.save('worker-0', { version: 1, nextOffset: 30, state: Buffer.from('thirty') })
    expect((await heir.load('worker-0'))?.nextOffset).toBe(30)
  })

  it('has one owner when many want a name at once', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const several = await Promise.all(Array.from({ length: 6 }, () => open(prefix)))
    await several[0]!.save('w', { version: 1, nextOffset: 1, state: Buffer.from('one') })
    const loaded = await Promise.all(several.map((each) => each.load('w')))
    expect(loaded.map((snapshot) => snapshot?.nextOffset)).toEqual(Array(6).fill(1))
    await Promise.all(several.map((each, at) => each.save('w', { version: 1, nextOffset: 100 + at, state: Buffer.from(String(at)) })))
    const [a, b] = [await (await open(prefix)).load('w'), await (await open(prefix)).load('w')]
    expect(a).toEqual(b)
    expect(a?.nextOffset).toBeGreaterThanOrEqual(100)
  })

  it('is read as it was after the broker has compacted it', async () => {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const topic = `${prefix}snapshots`
    const first = await open(prefix)
    await first.save('early', { version: 1, nextOffset: 7, state: Buffer.from('early') })
    const asked = admin()
    await asked.connect()
    // A segment for every tenth of a second, so that all but the last can be compacted.
    await asked.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: [
      { name: 'cleanup.policy', value: 'compact' }, { name: 'segment.ms', value: '100' }, { name: 'min.cleanable.dirty.ratio', value: '0.01' },
      { name: 'max.message.bytes', value: '1048588' }, { name: 'delete.retention.ms', value: '0' },
    ] }] })
    await asked.disconnect()
    const state = randomBytes(30_000)
    for (let at = 0; at < 40; at++) {
      await first.save('w', { version: 1, nextOffset: at, state })
      await first.save('small', { version: 1, nextOffset: at, state: Buffer.from('small') })
    }
    await expect.poll(async () => {
      await first.save('tick', { version: 1, nextOffset: 0, state: Buffer.alloc(0) })
      // Records of the index that a reader still gets.
      return (await indexOf(topic)).size
    }, { timeout: 60_000, interval: 500 }).toBeLessThan(60)
    const again = await open(prefix)
    expect((await again.load('early'))?.nextOffset).toBe(7)
    expect((await again.load('small'))?.nextOffset).toBe(39)
    const loaded = await again.load('w')
    expect([loaded?.nextOffset, loaded?.state.equals(state)]).toEqual([39, true])
  }, 90_000)
})
