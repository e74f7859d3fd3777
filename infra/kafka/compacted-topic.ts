/** A topic of which brokers keep the last record of each key: made as it must be, and checked when it is there already. */
import type { Admin, Kafka } from 'kafkajs'
import type { Failure } from '../../schemas/failure.ts'
import { appearing } from './appearing.ts'
import { CLIENT_RETRY } from './client.ts'
import { checkCompressionOf } from './compression.ts'
import { within } from './deadline.ts'
import { failureOf, isType } from './failures.ts'
import type { Settings } from './options.ts'

/** What is found on the cluster. */
export interface FoundTopic {
  readonly partitions: number
  setting(name: string): string | undefined
}

export interface CompactedTopic {
  readonly topic: string
  readonly partitions: number
  /** Of the topic, where it is made now. */
  readonly settings: Readonly<Record<string, string>>
  /** What is wrong with one that is there. */
  wrong(found: FoundTopic): Failure | undefined
}

const TOPIC_RESOURCE = 2

/** Throws Failure `misconfigured` where a topic of that name is another kind of topic. */
export async function ensureCompactedTopic(kafka: Kafka, settings: Settings, wanted: CompactedTopic): Promise<void> {
  const { topic } = wanted
  await withAdmin(kafka, settings, topic, async (admin, call) => {
    if (!(await call('asking for topics', exists(admin, topic)))) await call('making a topic', make(admin, wanted, settings.replication))
    await appearing(async () => await call('asking for topics', check(admin, wanted)))
  })
}

export async function isThere(kafka: Kafka, settings: Settings, topic: string): Promise<boolean> {
  return await withAdmin(kafka, settings, topic, (admin, call) => call('asking for topics', exists(admin, topic)))
}

type Call = <T>(what: string, work: Promise<T>) => Promise<T>

async function withAdmin<T>(kafka: Kafka, settings: Settings, topic: string, work: (admin: Admin, call: Call) => Promise<T>): Promise<T> {
  const admin = kafka.admin({ retry: CLIENT_RETRY })
  const call: Call = async (what, asked) => await within(settings.requestTimeoutMs * 4 + 2000, what, asked)
  try {
    await call('connecting', admin.connect())
    return await work(admin, call)
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

async function make(admin: Admin, { topic, partitions, settings }: CompactedTopic, replication: number | undefined): Promise<void> {
  const configEntries = Object.entries({ 'cleanup.policy': 'compact', ...settings }).map(([name, value]) => ({ name, value }))
  if (replication !== undefined && replication > 1) configEntries.push({ name: 'min.insync.replicas', value: '2' })
  await admin.createTopics({
    topics: [{ topic, numPartitions: partitions, replicationFactor: replication ?? -1, configEntries }], waitForLeaders: false,
  }).catch((error: unknown) => {
    if (!isType(error, 'TOPIC_ALREADY_EXISTS')) throw error
  })
}

async function check(admin: Admin, { topic, wrong }: CompactedTopic): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const { resources } = await admin.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: topic }], includeSynonyms: false })
  const setting: FoundTopic['setting'] = (name) => resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue
  checkCompressionOf(topic, setting('compression.type'))
  const failure = wrong({ partitions: topics[0]?.partitions.length ?? 0, setting })
  if (failure !== undefined) throw failure
}
