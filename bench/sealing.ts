/**
 * Kafka with sealed records and without, in turn, on a real broker of this machine: CPU of our process alone, for publishing and for one group of readers.
 * `npm run bench -- sealing [EVENTS] [ROUNDS]`. Events of 600 bytes in envelopes of 100, as they are under load, and of 4, as one call makes them.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { startBroker } from '../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../infra/kafka/kafka-bus.ts'
import { openKafkaKeys } from '../infra/kafka/keys/kafka-keys.ts'
import { KeyRing } from '../infra/sealing/key-ring.ts'
import { localWrapper } from '../infra/sealing/local-wrapper.ts'
import { sealedBus } from '../infra/sealing/sealed-bus.ts'
import type { Bus } from '../schemas/ports.ts'
import { EventRecord, events } from '../schemas/topics.ts'

const EVENTS = Number(process.argv[2] ?? 100_000)
const ROUNDS = Number(process.argv[3] ?? 5)
const AT_ONCE = 8
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

async function cpuOf(count: number, work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

async function publish(bus: Bus, group: number): Promise<void> {
  const payload = randomBytes(596)
  const batch = Array.from({ length: group }, () => ({ key: 'k', record: EventRecord.of(payload) }))
  let left = Math.ceil(EVENTS / group)
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await bus.publish(events, batch)
  }))
}

async function read(bus: Bus): Promise<void> {
  let seen = 0
  let stop = (): Promise<void> => Promise.resolve()
  await new Promise<void>((resolve, reject) => {
    void bus.subscribe(events, {
      group: randomUUID(), gap: () => Promise.resolve(), failed: reject,
      async handle(envelopes) {
        for (const { records } of envelopes) seen += records.length
        if (seen >= EVENTS) resolve()
      },
    }).then((subscription) => { stop = () => subscription.stop() }, reject)
  })
  await stop()
}

const median = (values: readonly number[]): string => [...values].sort((a, b) => a - b)[values.length >> 1]!.toFixed(2)

const broker = await startBroker()
const costs = new Map<string, number[]>()
const note = (what: string, cost: number): void => void costs.set(what, [...(costs.get(what) ?? []), cost])
for (let round = 0; round <= ROUNDS; round++) {
  for (const group of [100, 4]) {
    for (const sealed of round % 2 === 0 ? [false, true] : [true, false]) {
      const options = { brokers: [broker.bootstrap], prefix: `b${randomUUID().slice(0, 8)}.`, partitions: 1, clock }
      const keys = await openKafkaKeys(options, true)
      if (keys === undefined) throw new RangeError('no topic of keys')
      const ring = await KeyRing.open({ store: keys, wrapper: localWrapper(randomBytes(32), ''), shared: { staleMs: Infinity, elapsed: () => 0 } }, Date.now())
      const plain = await openKafkaBus(options)
      const bus = sealed ? sealedBus(plain, ring, new Set()) : plain
      const [written, taken] = [await cpuOf(EVENTS, () => publish(bus, group)), await cpuOf(EVENTS, () => read(bus))]
      // The first round warms the compiler up.
      if (round > 0) for (const [what, cost] of [['publish', written], ['read', taken]] as const) note(`${what}, envelopes of ${group}, ${sealed ? 'sealed' : 'in clear'}`, cost)
      await bus.close()
      await keys.close()
    }
  }
}
await broker.stop()
for (const [what, all] of [...costs].sort()) console.log(`  ${what.padEnd(44)} median ${median(all).padStart(6)} µs CPU an event (${all.map((cost) => cost.toFixed(2)).join(', ')})`)
