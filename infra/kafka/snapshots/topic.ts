/** The compacted topic of snapshots: made as it must be, and checked when it is there already. */
import type { Admin, Kafka } from 'kafkajs'
import { Failure } from '../../../schemas/failure.ts'
import { appearing } from '../appearing.ts'
import { CLIENT_RETRY } from '../client.ts'
import { within } from '../deadline.ts'
import { OVERHEAD } from '../envelopes.ts'
import { failureOf, isType } from '../failures.ts'
import type { Settings } from '../options.ts'

export const INDEX = 0
/** Pieces of different states are written side by side. */
export const PIECE_PARTITIONS = 4
/** A piece of a state, and the most that stands in the index. */
export const PIECE_BYTES = 900_000
export const INLINE_BYTES = 8_192

const TOPIC_RESOURCE = 2
/**
 * Segments are closed often, because only closed ones are compacted and the index is read from its beginning at each start. Tombstones are kept for a
 * day, for readers that were away.
 */
const SHAPE = {
  'cleanup.policy': 'compact', 'max.message.bytes': '1048588', 'segment.ms': '120000', 'segment.bytes': '67108864', 'min.cleanable.dirty.ratio': '0.2',
  'delete.retention.ms': '86400000',
}

/** Throws Failure `misconfigured` where a topic of that name is another kind of topic. */
export async function ensureSnapshotTopic(kafka: Kafka, settings: Settings, topic: string): Promise<void> {
  const admin = kafka.admin({ retry: CLIENT_RETRY })
  const call = async <T>(what: string, work: Promise<T>): Promise<T> => await within(settings.requestTimeoutMs * 4 + 2000, what, work)
  try {
    await call('connecting', admin.connect())
    if (!(await call('asking for topics', exists(admin, topic)))) await call('making a topic', make(admin, topic, settings.replication))
    await appearing(async () => await call('asking for topics', check(admin, topic)))
  } catch (error) {
    throw failureOf(error, `use topic ${topic}`)
  } finally {
    void admin.disconnect().catch(() => undefined)
  }
}

async function exists(admin: Admin, topic: string): Promise<boolean> {
  return await admin.fetchTopicMetadata({ topics: [topic] }).then(() => true, (error: unknown) => {
    if (isType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return false
    throw error
  })
}

async function make(admin: Admin, topic: string, replication: number | undefined): Promise<void> {
  const configEntries = Object.entries(SHAPE).map(([name, value]) => ({ name, value }))
  if (replication !== undefined && replication > 1) configEntries.push({ name: 'min.insync.replicas', value: '2' })
  await admin.createTopics({
    topics: [{ topic, numPartitions: 1 + PIECE_PARTITIONS, replicationFactor: replication ?? -1, configEntries }], waitForLeaders: false,
  }).catch((error: unknown) => {
    if (!isType(error, 'TOPIC_ALREADY_EXISTS')) throw error
  })
}

async function check(admin: Admin, topic: string): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const partitions = topics[0]?.partitions.length ?? 0
  const { resources } = await admin.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: topic }], includeSynonyms: false })
  const setting = (name: string): string | undefined => resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
  const [policy, most] = [setting('cleanup.policy'), Number(setting('max.message.bytes') ?? SHAPE['max.message.bytes'])]
  if (policy === 'compact' && partitions === 1 + PIECE_PARTITIONS && most < PIECE_BYTES + OVERHEAD) {
    throw new Failure('misconfigured', 'kafka.snapshots', `Kafka: topic ${topic} takes ${most} bytes at a time and state is kept in pieces of ${PIECE_BYTES}: ` +
      `set max.message.bytes=${SHAPE['max.message.bytes']} on it`)
  }
  if (policy === 'compact' && partitions === 1 + PIECE_PARTITIONS) return
  throw new Failure('misconfigured', 'kafka.snapshots', `Kafka: topic ${topic} has ${partitions} partitions and cleanup.policy ${policy}; state is kept in one with ` +
    `${1 + PIECE_PARTITIONS} and compact: use another prefix, or remove that topic where nothing of ours is in it`)
}
