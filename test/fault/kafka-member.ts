/**
 * A member of a group that works until it is killed: prints `assigned PARTITION` and, for each envelope that it handled, `PARTITION OFFSET`. It commits
 * every third.
 */
import { writeSync } from 'node:fs'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { sentTopic } from './kafka-senders.ts'

const [broker, instance] = process.argv.slice(2)
if (broker === undefined || instance === undefined) throw new Error('usage: kafka-member BROKER INSTANCE')

const bus = await openKafkaBus({ brokers: [broker], partitions: 4, instance, sessionTimeoutMs: 6000, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
const subscription = await bus.subscribe(sentTopic, {
  group: 'killed',
  assigned: async (partition) => {
    writeSync(1, `assigned ${partition}\n`)
    return undefined
  },
  handle: async (envelopes) => {
    for (const { partition, offset } of envelopes) writeSync(1, `${partition} ${offset}\n`)
    const { partition, offset } = envelopes.at(-1)!
    if (offset % 3 === 0) await subscription.commit(partition, offset + 1)
  },
  gap: async (gap) => { throw new Error(JSON.stringify(gap)) },
  failed: (error) => { throw error },
})
