/**
 * The broker is stalled for 9 s (requests time out after 3 s) and killed, in turn, while eight senders publish and two members of a group read.
 * `KAFKA_FAULTS=3` runs the long form: three of each. `KAFKA_STALL_MS` makes the stall longer than any session and any delivery.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { type KafkaBus, openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import type { Subscription } from '../../schemas/ports.ts'
import { Oracle, Senders, sentTopic } from './kafka-senders.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const FAULTS = Number(process.env['KAFKA_FAULTS'] ?? 1)
const STALL_MS = Number(process.env['KAFKA_STALL_MS'] ?? 9000)
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== '')('a broker that stalls and dies', () => {
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  const open = (): Promise<KafkaBus> => openKafkaBus({ brokers: [broker.bootstrap], partitions: 4, clock, requestTimeoutMs: 3000, topics: ['sent'] })

  /** A member that keeps its own offsets, as those with snapshots do. */
  async function read(bus: KafkaBus, oracle: Oracle, next: Map<number, number>): Promise<Subscription> {
    const subscription: Subscription = await bus.subscribe(sentTopic, {
      group: 'oracle',
      assigned: async (partition) => next.get(partition) ?? 0,
      handle: async (envelopes) => {
        for (const { partition, offset, records } of envelopes) {
          if (offset < (next.get(partition) ?? 0)) continue
          next.set(partition, offset + 1)
          for (const record of records) oracle.take(record)
        }
      },
      gap: async (gap) => { throw new Error(`gap ${JSON.stringify(gap)}`) },
      failed: (error) => { throw error },
    })
    return subscription
  }

  test('loses nothing that was acknowledged, doubles nothing that was not refused, and readers come back', async () => {
    const [writer, reader, other] = [await open(), await open(), await open()]
    const [oracle, next] = [new Oracle(), new Map<number, number>()]
    for (const bus of [reader, other]) await read(bus, oracle, next)
    const senders = new Senders(writer, 8)
    const back: string[] = []
    for (let fault = 0; fault < FAULTS * 2; fault++) {
      await sleep(3000)
      if (fault % 2 === 0) {
        broker.pause()
        await sleep(STALL_MS)
        broker.resume()
      } else {
        await broker.kill()
        await broker.restart()
      }
      const since = performance.now()
      const [had, sent] = [oracle.records, senders.total]
      while (oracle.records <= had || senders.total <= sent) await sleep(50)
      back.push(`${fault % 2 === 0 ? 'stall' : 'kill'} ${Math.round(performance.now() - since)} ms`)
    }
    await sleep(2000)
    await senders.stop()
    const since = performance.now()
    while (oracle.lost(senders).length > 0 && performance.now() - since < 60_000) await sleep(200)
    const again = [...oracle.counts.values()].filter((count) => count > 1).length
    console.log(`${senders.total} acknowledged, ${senders.refusals} refusals, ${again} again after a refusal; back after ${back.join(', ')}; ` +
      `all read ${Math.round(performance.now() - since)} ms after the end; ${JSON.stringify(writer.stats())}`)
    expect(senders.total).toBeGreaterThan(1000)
    expect(oracle.lost(senders)).toEqual([])
    expect(oracle.twice(senders)).toEqual([])
    expect(oracle.disorder).toEqual([])
    for (const bus of [writer, reader, other]) await bus.close()
  }, 120_000 + FAULTS * 120_000)
})
