/** Topics on the cluster: made with the configured shape, and checked when they are there already. */
import type { Admin, ITopicConfig } from 'kafkajs'
import { Failure } from '../../schemas/failure.ts'
import { appearing } from './appearing.ts'
import { checkCompressionOf } from './compression.ts'
import { within } from './deadline.ts'
import { failureOf, isType } from './failures.ts'
import type { KafkaRetention, Settings } from './options.ts'

export interface TopicShape {
  /** Our own name, and the one on the cluster. */
  readonly name: string
  readonly full: string
  readonly partitions: number
  /** Largest record batch that the broker takes. */
  readonly maxMessageBytes: number
}

/** `ConfigResourceTypes.TOPIC`, which an ES module cannot import from kafkajs by name. */
const TOPIC_RESOURCE = 2
const MOST_PARTITIONS = 1024

export class Topics {
  readonly #settings: Settings
  readonly #admin: () => Promise<Admin>
  readonly #known = new Map<string, Promise<TopicShape>>()

  constructor(settings: Settings, admin: () => Promise<Admin>) {
    this.#settings = settings
    this.#admin = admin
  }

  /** Asks the cluster once for each topic. Failure `misconfigured` names the setting to change. */
  async shape(name: string): Promise<TopicShape> {
    const known = this.#known.get(name)
    if (known !== undefined) return await known
    const asked = this.#ensure(name)
    this.#known.set(name, asked)
    asked.catch(() => this.#known.delete(name))
    return await asked
  }

  /** The same as it is now. */
  async shapeNow(name: string): Promise<TopicShape> {
    this.#known.delete(name)
    return await this.shape(name)
  }

  async #ensure(name: string): Promise<TopicShape> {
    const full = `${this.#settings.prefix}${name}`
    try {
      const admin = await this.#admin()
      if (!(await this.#exists(admin, full))) await this.#make(admin, name, full)
      return await appearing(async () => await this.#checked(admin, name, full))
    } catch (error) {
      throw failureOf(error, `use topic ${full}`)
    }
  }

  async #exists(admin: Admin, full: string): Promise<boolean> {
    return await this.#call(admin.fetchTopicMetadata({ topics: [full] }).then(() => true, (error: unknown) => {
      if (isType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return false
      throw error
    }))
  }

  async #make(admin: Admin, name: string, full: string): Promise<void> {
    const numPartitions = this.#partitions(name) ?? 1
    const retention = own(this.#settings.retention, name)
    const configEntries = [{ name: 'max.message.bytes', value: String(this.#settings.maxMessageBytes) }, { name: 'cleanup.policy', value: 'delete' }]
    if (retention !== undefined) configEntries.push(...retentionEntries(retention, numPartitions))
    const { replication } = this.#settings
    // One copy may be away without stopping writes where there are three; with fewer, all are needed for acks=all to mean more than one disk.
    if (replication !== undefined && replication > 1) configEntries.push({ name: 'min.insync.replicas', value: '2' })
    const topic: ITopicConfig = { topic: full, numPartitions, replicationFactor: replication ?? -1, configEntries }
    // Another process may be first: what it made is checked like any other.
    await this.#call(admin.createTopics({ topics: [topic], waitForLeaders: false }).catch((error: unknown) => {
      if (!isType(error, 'TOPIC_ALREADY_EXISTS')) throw error
    }))
  }

  async #checked(admin: Admin, name: string, full: string): Promise<TopicShape> {
    const { topics } = await this.#call(admin.fetchTopicMetadata({ topics: [full] }))
    const found = topics[0]?.partitions ?? []
    const asked = this.#partitions(name)
    if (asked !== undefined && found.length !== asked) {
      throw misconfigured('partitions', `topic ${full} has ${found.length} partitions and ${asked} are configured: set bus.kafka.partitions to ` +
        `${found.length}, or ${found.length < asked ? 'raise them on the cluster, which moves keys' : 'use another prefix'}`)
    }
    const copies = found[0]?.replicas.length ?? 0
    const { replication } = this.#settings
    if (replication !== undefined && copies !== replication) {
      throw misconfigured('replication', `topic ${full} has ${copies} copies of each partition and replication ${replication} is configured: ` +
        `set replication to ${copies}, or reassign the topic's replicas`)
    }
    const configs = await this.#configs(admin, full)
    checkCompressionOf(full, configs.get('compression.type'))
    this.#checkRetention(name, full, configs, found.length)
    return { name, full, partitions: found.length, maxMessageBytes: Number(configs.get('max.message.bytes') ?? 1_048_588) }
  }

  #checkRetention(name: string, full: string, configs: ReadonlyMap<string, string>, partitions: number): void {
    const policy = configs.get('cleanup.policy') ?? 'delete'
    if (policy !== 'delete') {
      throw misconfigured('cleanup', `topic ${full} has cleanup.policy ${policy}, which drops records by key: set it to delete, or use another prefix`)
    }
    const retention = own(this.#settings.retention, name)
    if (retention === undefined) return
    for (const { name: key, value } of retentionEntries(retention, partitions)) {
      const found = configs.get(key)
      if (found === undefined || found === value) continue
      throw misconfigured('retention', `topic ${full} has ${key} ${found} and ${value} is configured${key === 'retention.bytes' ? ' (bytes by partitions)' : ''}: ` +
        `set ${key}=${value} on the topic, or change bus.kafka.${key === 'retention.ms' ? 'retention_hours' : 'retention_bytes'}`)
    }
  }

  async #configs(admin: Admin, full: string): Promise<ReadonlyMap<string, string>> {
    const asked = { resources: [{ type: TOPIC_RESOURCE, name: full }], includeSynonyms: false }
    const { resources } = await this.#call(admin.describeConfigs(asked))
    return new Map((resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]))
  }

  #partitions(name: string): number | undefined {
    const { partitions } = this.#settings
    const asked = typeof partitions === 'number' ? partitions : own(partitions, name)
    if (asked !== undefined && (!Number.isInteger(asked) || asked < 1 || asked > MOST_PARTITIONS)) {
      throw misconfigured('partitions', `topic ${name}: ${asked} partitions; it must be a whole number from 1 to ${MOST_PARTITIONS}`)
    }
    return asked
  }

  async #call<T>(call: Promise<T>): Promise<T> {
    return await within(this.#settings.requestTimeoutMs * 4 + 2000, 'asking for topics', call)
  }
}

const retentionEntries = ({ bytes, ageMs }: KafkaRetention, partitions: number): { name: string; value: string }[] => [
  { name: 'retention.ms', value: String(ageMs) },
  { name: 'retention.bytes', value: String(Math.ceil(bytes / partitions)) },
]

const misconfigured = (word: string, sentence: string): Failure => new Failure('misconfigured', `kafka.${word}`, `Kafka: ${sentence}`)

const own = <V>(record: Readonly<Record<string, V>> | undefined, name: string): V | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
