/** Records sealed on a real broker: what several processes that share keys can do to each other, and what is left when a key is destroyed. */
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { type KafkaKeys, openKafkaKeys } from '../../infra/kafka/keys/kafka-keys.ts'
import { type KafkaSnapshots, openKafkaSnapshots } from '../../infra/kafka/snapshots/kafka-snapshots.ts'
import { Forgetting } from '../../infra/sealing/forgetting.ts'
import { KeyRing } from '../../infra/sealing/key-ring.ts'
import { localWrapper } from '../../infra/sealing/local-wrapper.ts'
import { sealedBus } from '../../infra/sealing/sealed-bus.ts'
import { sealedUnder, SealedSnapshots } from '../../infra/sealing/sealed-snapshots.ts'
import type { Bus, Gap } from '../../schemas/ports.ts'
import { busContract } from './bus.ts'
import { itemTopic, PARTITIONS } from './bus-fixture.ts'
import { deleteRecords } from './delete-records.ts'
import { filesWith } from './files-with.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

const NAME = 'ursula.vandermeer-47@example.org'
const SETTLE_MS = 50
const topic = itemTopic('people')
const item = (key: string) => ({ key, record: { key, number: 1 } })

interface Process {
  readonly plain: Bus
  readonly bus: Bus
  readonly keys: KafkaKeys
  readonly ring: KeyRing
  readonly forgetting: Forgetting
  readonly snapshots: KafkaSnapshots
  readonly states: SealedSnapshots
  /** Moves the clock by which the process knows how long it has heard nothing. */
  silent(ms: number): void
}

describe.skipIf(missing !== '')('records sealed on Kafka', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker({ settings: { 'log.cleaner.enable': 'true', 'log.cleaner.backoff.ms': '100', 'log.cleaner.min.compaction.lag.ms': '0' } })
  }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  let prefix: string
  let now: number
  let closing: (() => Promise<unknown>)[]
  beforeEach(() => {
    prefix = `t${randomUUID().slice(0, 8)}.`
    now = Date.now()
    closing = []
  })
  afterEach(async () => {
    for (const close of closing.reverse()) await close()
  }, 60_000)

  const master = randomBytes(32)
  const options = (of: string) => ({ brokers: [broker.bootstrap], prefix: of, partitions: PARTITIONS, clock })

  async function process(key = master, of = prefix): Promise<Process> {
    const keys = (await openKafkaKeys(options(of), true))!
    closing.push(() => keys.close())
    let elapsed = 0
    const ring = await KeyRing.open({ store: keys, wrapper: localWrapper(key, 'the file'), shared: { staleMs: 1_000, elapsed: () => elapsed } }, now)
    const plain = await openKafkaBus({ ...options(of), partitions: 1 })
    const snapshots = await openKafkaSnapshots(options(of), () => undefined)
    closing.push(() => plain.close(), () => snapshots.close())
    const states = new SealedSnapshots(snapshots, ring, () => false)
    const forgetting = new Forgetting(ring, plain, { readBackMs: 100, settleMs: SETTLE_MS, keptMs: 3_600_000, now: () => now })
    forgetting.neededFor(async (ids) => sealedUnder(await snapshots.beginnings(), ids))
    return { plain, keys, ring, forgetting, snapshots, states, bus: sealedBus(plain, ring, new Set()), silent: (ms) => void (elapsed += ms) }
  }

  /** Keys of the items that come, or causes of gaps, until there are `count`. */
  async function read(bus: Bus, group: string, count: number): Promise<(string | Gap['cause'])[]> {
    const seen: (string | Gap['cause'])[] = []
    let subscription: Awaited<ReturnType<Bus['subscribe']>> | undefined
    await new Promise<void>((resolve, reject) => {
      void bus.subscribe(topic, {
        group,
        async handle(envelopes) {
          for (const { records } of envelopes) for (const { key } of records) seen.push(key)
          const last = envelopes.at(-1)!
          await subscription?.commit(last.partition, last.offset + 1)
          if (seen.length >= count) resolve()
        },
        async gap({ cause, first, next }) {
          for (let at = first; at < next; at++) seen.push(cause)
          if (seen.length >= count) resolve()
        },
        failed: reject,
      }).then((open) => { subscription = open }, reject)
    }).finally(() => subscription?.stop())
    return seen
  }

  const decoded = (ring: KeyRing, text: string): string => ring.open(ring.seal(Buffer.from(text), 'x'), 'x').toString()

  async function destroyAll(process: Process): Promise<void> {
    now += SETTLE_MS + 1
    await process.forgetting.due()
    now += 200
    for (const due of await process.forgetting.due()) await process.forgetting.destroy(due)
  }

  it('are on the disk of no broker in clear, and every process reads them, those from before sealing too', { timeout: 60_000 }, async () => {
    const [first, second] = [await process(), await process()]
    await first.plain.publish(topic, [item('before')])
    await first.bus.publish(topic, [item(NAME)])
    await second.bus.publish(topic, [item(`${NAME} again`)])
    expect(await read(second.bus, 'g', 3)).toEqual(['before', NAME, `${NAME} again`])
    expect(filesWith('before', broker.dataDir).length).toBeGreaterThan(0)
    expect(filesWith(NAME, broker.dataDir)).toEqual([])
  })

  it('are gone for all processes once the key is destroyed, and those after it are not; also for one that starts then', { timeout: 120_000 }, async () => {
    const [api, scheduler, reader] = [await process(), await process(), await process()]
    await reader.bus.publish(topic, [item(NAME)])
    expect(await read(reader.bus, 'g', 1)).toEqual([NAME])
    await api.forgetting.forget()
    // Not told yet, it still writes under the old key: what is destroyed must be behind that.
    await reader.bus.publish(topic, [item('late')])
    await reader.ring.sync()
    await reader.bus.publish(topic, [item('after')])
    // Nobody destroys anything before all have had time to hear of it, and to read.
    expect(await scheduler.forgetting.due()).toEqual([])
    now += SETTLE_MS + 1
    expect(await scheduler.forgetting.due()).toEqual([])
    now += 200
    expect(await scheduler.forgetting.due()).toEqual([])
    expect(await read(reader.bus, 'g', 2)).toEqual(['late', 'after'])
    const [due] = await scheduler.forgetting.due()
    expect(due?.keys.length).toBe(1)
    await scheduler.forgetting.destroy(due!)
    await reader.ring.sync()
    for (const bus of [reader.bus, scheduler.bus, (await process()).bus]) expect(await read(bus, randomUUID(), 3)).toEqual(['undecodable', 'undecodable', 'after'])
    // The broker lets go of the wrapped key in its own time; until then nobody says that it is gone.
    const gone: unknown[] = []
    for (let tries = 0; tries < 300 && gone.length === 0; tries++) {
      gone.push(...await scheduler.forgetting.gone())
      await sleep(500)
    }
    expect(gone).toMatchObject([{ keys: due?.keys }])
    expect(await scheduler.forgetting.gone()).toEqual([])
    expect(scheduler.ring.retiring).toEqual([])
  })

  it('go on being read and written when processes make keys at once', { timeout: 60_000 }, async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => process()))
    await Promise.all(processes.map(({ bus }, at) => bus.publish(topic, [item(`first-${at}`)])))
    await Promise.all(processes.map(({ ring }) => ring.turn(now)))
    await Promise.all(processes.map(({ ring }) => ring.sync()))
    await Promise.all(processes.map(({ bus }, at) => bus.publish(topic, [item(`second-${at}`)])))
    for (const { bus } of processes) expect((await read(bus, randomUUID(), 8)).filter((key) => /^(first|second)-\d$/.test(key)).length).toBe(8)
    // All of them have chosen the same one.
    expect(new Set(processes.map(({ ring }) => ring.seal(Buffer.alloc(1), 'x').toString('hex', 8, 16))).size).toBe(1)
  })

  it('are not written by a process that has not heard of keys for too long', { timeout: 60_000 }, async () => {
    const one = await process()
    one.silent(1_001)
    await expect(one.bus.publish(topic, [item('a')])).rejects.toMatchObject({ kind: 'unavailable', code: 'sealing.stale' })
    expect(one.ring.notReady()).toMatch(/for 1 s/)
    await one.ring.sync()
    expect(one.ring.notReady()).toBe('')
    await one.bus.publish(topic, [item('a')])
    expect(await read(one.bus, 'g', 1)).toEqual(['a'])
  })

  it('wait for a key that the reader has not heard of, and are left where they are without one that nobody has', { timeout: 60_000 }, async () => {
    const [writer, reader] = [await process(), await process()]
    await writer.ring.turn(now)
    await writer.bus.publish(topic, [item('new')])
    expect(await read(reader.bus, 'g', 1)).toEqual(['new'])
    // As after the topic of keys was lost: under the same prefix, keys of another.
    const elsewhere = await process(master, `${prefix}other.`)
    const lost = sealedBus(reader.plain, elsewhere.ring, new Set())
    await expect(read(lost, 'late', 1)).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.key_missing' })
    expect(await read(reader.bus, 'late', 1)).toEqual(['new'])
  })

  it('are refused to a process with another key of keys, which changes nothing', { timeout: 60_000 }, async () => {
    const first = await process()
    const id = localWrapper(master, '').id
    expect(await first.keys.claim(id)).toBe(id)
    expect(await first.keys.claim(localWrapper(randomBytes(32), '').id)).toBe(id)
    await expect(process(randomBytes(32))).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.master', message: expect.stringContaining('the file') })
    expect(decoded((await process()).ring, 'x')).toBe('x')
  })

  it('have one key of keys, whoever came first at the same moment', { timeout: 60_000 }, async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, async () => (await openKafkaKeys(options(prefix), true))!))
    closing.push(...stores.map((store) => () => store.close()))
    const said = await Promise.all(stores.map((store, at) => store.claim(`master-${at}`)))
    expect(new Set(said).size).toBe(1)
    expect(await (await process()).keys.master()).toBe(said[0])
  })

  it('are read again after a broker was killed while a key was made and retired', { timeout: 120_000 }, async () => {
    const one = await process()
    await one.bus.publish(topic, [item('a')])
    await one.forgetting.forget()
    await one.bus.publish(topic, [item('b')])
    await broker.kill()
    const turning = one.ring.turn(now).then(() => 'turned', (error: unknown) => (error as { kind?: string }).kind)
    await broker.restart()
    expect(['turned', 'unavailable']).toContain(await turning)
    const two = await process()
    expect(two.ring.retiring).toHaveLength(1)
    expect(await read(two.bus, 'g', 2)).toEqual(['a', 'b'])
  })

  it('are forgotten all the same where the process that began it was killed in the middle', { timeout: 60_000 }, async () => {
    const first = await process()
    await first.bus.publish(topic, [item(NAME)])
    // Killed before it had written down what is to be destroyed: the erasure is asked for again.
    await first.ring.turn(now)
    const second = await process()
    await second.forgetting.forget()
    expect(second.ring.retiring).toMatchObject([{ keys: { length: 2 } }])
    await read(second.bus, 'g', 1)
    now += SETTLE_MS + 200
    expect(await second.forgetting.due()).toEqual([])
    const [due] = await second.forgetting.due()
    // Killed before it had written down that it was destroyed.
    await second.keys.destroy(due!.keys)
    const third = await process()
    expect(await third.forgetting.due()).toMatchObject([{ keys: due!.keys }])
    await destroyAll(third)
    expect(third.ring.retiring.filter(({ destroyed }) => destroyed !== true)).toEqual([])
    expect(await read(third.bus, randomUUID(), 1)).toEqual(['undecodable'])
  })

  it('keep states of every process sealed, and no key is destroyed that one of them needs', { timeout: 60_000 }, async () => {
    const [worker, scheduler] = [await process(), await process()]
    const small = Buffer.from(`small state of ${NAME}`)
    const large = Buffer.concat([Buffer.from(NAME), randomBytes(1_000_000)])
    await worker.states.save('worker-0', { version: 1, nextOffset: 3, state: small })
    await worker.states.save('worker-1', { version: 1, nextOffset: 4, state: large })
    expect(filesWith(NAME, broker.dataDir)).toEqual([])
    await worker.plain.publish(topic, [item('x')])
    await read(worker.bus, 'g', 1)
    await scheduler.forgetting.forget()
    await destroyAll(scheduler)
    // The worker was away: what it remembers is not taken from it.
    expect(scheduler.ring.retiring).toMatchObject([{ ends: [{ end: 1 }] }])
    expect((await worker.states.load('worker-1'))?.state.equals(large)).toBe(true)
    await worker.ring.sync()
    await worker.states.sealAnew()
    await destroyAll(scheduler)
    expect(scheduler.ring.retiring.filter(({ destroyed }) => destroyed !== true)).toEqual([])
    await worker.ring.sync()
    expect(await worker.states.load('worker-0')).toEqual({ version: 1, nextOffset: 3, state: small })
    expect((await worker.states.load('worker-1'))?.state.equals(large)).toBe(true)
  })

  it('seals anew only what is still its own', { timeout: 60_000 }, async () => {
    const [old, next] = [await process(), await process()]
    await old.states.save('worker-0', { version: 1, nextOffset: 3, state: Buffer.from('old') })
    await next.states.load('worker-0')
    await next.states.save('worker-0', { version: 1, nextOffset: 9, state: Buffer.from('new') })
    await old.states.sealAnew()
    await next.states.save('worker-0', { version: 1, nextOffset: 10, state: Buffer.from('newer') })
    expect(await (await process()).states.load('worker-0')).toEqual({ version: 1, nextOffset: 10, state: Buffer.from('newer') })
  })

  it('are given up for a state that nobody comes for, when nothing is kept from then any more', { timeout: 60_000 }, async () => {
    const one = await process()
    await one.states.save('worker-0', { version: 1, nextOffset: 3, state: Buffer.from(NAME) })
    await one.forgetting.forget()
    await destroyAll(one)
    expect(one.ring.retiring.filter(({ destroyed }) => destroyed !== true)).toHaveLength(1)
    now += 3_600_001
    await destroyAll(one)
    expect(one.ring.retiring.filter(({ destroyed }) => destroyed !== true)).toEqual([])
    expect(await one.states.load('worker-0')).toBeUndefined()
  })

  busContract('kafkajs, sealed', async () => {
    const of = `t${randomUUID().slice(0, 8)}.`
    const keys = (await openKafkaKeys(options(of), true))!
    const ring = await KeyRing.open({ store: keys, wrapper: localWrapper(master, ''), shared: { staleMs: 3_600_000, elapsed: () => 0 } }, Date.now())
    const start = async (): Promise<Bus> => sealedBus(await openKafkaBus(options(of)), ring, new Set())
    let bus = await start()
    const reopen = async (): Promise<Bus> => {
      await bus.close()
      bus = await start()
      return bus
    }
    return {
      bus, reopen,
      cut: async (name) => {
        await deleteRecords(broker.bootstrap, `${of}${name}`)
        return await reopen()
      },
      async close() {
        await bus.close()
        await keys.close()
      },
    }
  })
})
