/** The topics of a log: those found on disk and those that are used for the first time, with their configuration. */
import { Failure } from '../../schemas/failure.ts'
import type { Gap } from '../../schemas/ports.ts'
import { commitsKey } from './keys.ts'
import type { Recovered } from './recovery.ts'
import { type GroupOffsets, PartitionLog, type Retention, TopicLog } from './topic-log.ts'

export interface CatalogOptions {
  readonly partitions: number | Readonly<Record<string, number>>
  readonly retention?: Readonly<Record<string, Retention>>
  readonly maxBytes: number
  readonly recovered: Recovered
  /** First offset of partitions that are new. */
  readonly base: number
}

const WEEK_MS = 7 * 24 * 3600 * 1000
const MOST_PARTITIONS = 1024

export class Catalog {
  readonly topics = new Map<string, TopicLog>()
  readonly #options: CatalogOptions

  /** Failure `misconfigured` for a partition count that is no count, or below what is stored. */
  constructor(options: CatalogOptions) {
    this.#options = options
    const { topics, commits } = options.recovered
    for (const name of new Set([...topics.keys(), ...commits.keys()])) {
      const topic = this.topic(name)
      for (const [group, offsets] of commits.get(name) ?? []) this.#register(topic, group, offsets)
    }
  }

  topic(name: string): TopicLog {
    const known = this.topics.get(name)
    if (known !== undefined) return known
    const made = this.#make(name)
    this.topics.set(name, made)
    return made
  }

  /** The offsets of a consumer group, registered if it is new. */
  offsets(topic: TopicLog, group: string): GroupOffsets {
    return topic.groups.get(group) ?? this.#register(topic, group, [])
  }

  /** The holes that were found at open. */
  missing(): Gap[] {
    return [...this.topics.values()].flatMap(({ partitions }) =>
      partitions.flatMap((partition) => partition.holes.map(({ first, next }) => partition.gap(first, next, 'missing'))))
  }

  #register(topic: TopicLog, group: string, stored: readonly number[]): GroupOffsets {
    const durable = topic.partitions.map(({ partition }) => stored[partition] ?? -1)
    const offsets = { topic: topic.name, group, key: commitsKey(topic.name, group), wanted: [...durable], durable }
    topic.groups.set(group, offsets)
    return offsets
  }

  #make(name: string): TopicLog {
    const { recovered, base, maxBytes } = this.#options
    const found = recovered.topics.get(name)
    const stored = found?.bounds.partitions ?? []
    const partitions = Array.from({ length: this.#partitions(name, stored.length) }, (_, partition) => {
      const log = new PartitionLog(name, partition, stored[partition] ?? { first: base, next: base })
      log.holes = found?.holes[partition] ?? []
      return log
    })
    const retention = own(this.#options.retention, name) ?? { bytes: maxBytes / 4, ageMs: WEEK_MS }
    const topic = new TopicLog(name, partitions, retention, found?.bounds ?? { firstGroup: 0, nextGroup: 0 })
    topic.bytes = found?.bytes ?? 0
    topic.serial = found?.serial ?? 0
    return topic
  }

  #partitions(name: string, stored: number): number {
    const { partitions } = this.#options
    const asked = typeof partitions === 'number' ? partitions : (own(partitions, name) ?? Math.max(1, stored))
    if (!Number.isInteger(asked) || asked < 1 || asked > MOST_PARTITIONS) {
      throw refused(`topic ${name}: ${asked} partitions; it must be a whole number from 1 to ${MOST_PARTITIONS}`)
    }
    if (asked < stored) {
      throw refused(`topic ${name} has ${stored} partitions on disk, and ${asked} are configured: the number can only grow`)
    }
    return asked
  }
}

const refused = (sentence: string): Failure => new Failure('misconfigured', 'log.partitions', sentence)

const own = <V>(record: Readonly<Record<string, V>> | undefined, name: string): V | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
