/** The contract on a real broker, which one file shares: each test has topics and groups of its own. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import type { KafkaBusOptions } from '../../infra/kafka/options.ts'
import { busContract } from './bus.ts'
import { type OpenBus, PARTITIONS } from './bus-fixture.ts'
import { deleteRecords } from './delete-records.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== '')('kafka', () => {
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  async function open(more: Partial<KafkaBusOptions>): Promise<OpenBus> {
    const prefix = `t${randomUUID().slice(0, 8)}.`
    const start = () => openKafkaBus({ brokers: [broker.bootstrap], prefix, partitions: PARTITIONS, clock, ...more })
    let bus = await start()
    const reopen = async (): ReturnType<typeof start> => {
      await bus.close()
      bus = await start()
      return bus
    }
    return {
      bus, reopen,
      cut: async (topic) => {
        await deleteRecords(broker.bootstrap, `${prefix}${topic}`)
        return await reopen()
      },
      close: async () => bus.close(),
    }
  }

  busContract('kafkajs', () => open({}))
  busContract('kafkajs, gzip', () => open({ compression: 'gzip' }))
})
