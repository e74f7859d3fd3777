/** What retention does, without its wait. */
import { Kafka, logLevel } from 'kafkajs'
import { appearing } from '../../infra/kafka/appearing.ts'

/** Lets go of everything that is on the topic now. `bootstrap`: a broker's address. */
export async function deleteRecords(bootstrap: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const ends = await appearing(() => admin.fetchTopicOffsets(topic))
  await admin.deleteTopicRecords({ topic, partitions: ends.map(({ partition, high }) => ({ partition, offset: high })) })
  await admin.disconnect()
}
